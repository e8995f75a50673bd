import { connect } from "node:net";
import { stat } from "node:fs/promises";
import { SeededRandom, makeTemporaryDirectory, openStore, removeFile } from "@firn/core";
import type { LogStore } from "@firn/core";
import { NbdClient, printLine, rotFiles, testBudgetMs, testSeed } from "@firn/testing";
import { Volumes } from "@firn/volumes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NbdServer } from "./nbd-server.ts";
import { NbdError, Transmission } from "./protocol.ts";

const MIB = 1024 * 1024;
const [READ, WRITE, FLUSH, TRIM, WRITE_ZEROES, BLOCK_STATUS] = [0, 1, 3, 4, 6, 7];

let directory: string;
let store: LogStore;
let volumes: Volumes;
let server: NbdServer;
let volumeId: string;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  await start();
  const made = await volumes.createVolume({ sizeGiB: 1, availabilityZone: "us-east-1a" });
  ({ volumeId } = made);
});

afterEach(stop);

async function start(): Promise<void> {
  store = await openStore({ directory });
  volumes = await Volumes.open({ store });
  server = await NbdServer.listen({ volumes, socketPath: `${directory}/nbd.sock`, port: 0 });
}

async function stop(): Promise<void> {
  await server.close();
  await volumes.close();
  await store.close();
}

const client = (
  exportName = volumeId,
  structured = false,
  contexts?: readonly string[],
): Promise<NbdClient> =>
  NbdClient.connect({ at: { path: `${directory}/nbd.sock` }, exportName, structured, contexts });

test("what was written is read back, over unix sockets and over loopback", async () => {
  const first = await client();
  expect(first.sizeBytes).toBe(1024 * MIB);
  const bytes = Buffer.from(new SeededRandom(testSeed()).bytes(100_000));
  await first.write(12_345, bytes);
  const port = server.port ?? 0;
  const second = await NbdClient.connect({
    at: { host: "127.0.0.1", port },
    exportName: volumeId,
    structured: true,
  });
  expect((await second.read(12_345, bytes.length)).equals(bytes)).toBe(true);
  await Promise.all([first.close(), second.close()]);
});

test("the socket belongs to its owner, and one that was left behind is replaced", async () => {
  expect((await stat(`${directory}/nbd.sock`)).mode & 0o777).toBe(0o600);
  const other = await NbdServer.listen({ volumes, socketPath: `${directory}/nbd.sock` });
  await other.close();
  await removeFile(`${directory}/nbd.sock`);
});

test("a flush on one connection covers what others had completed, across a restart", async () => {
  const [first, second] = [await client(), await client()];
  expect(first.flags & Transmission.canMultiConn).not.toBe(0);
  await first.write(0, Buffer.alloc(4096, 1));
  await second.flush();
  await second.write(MIB, Buffer.alloc(4096, 2), { fua: true });
  await Promise.all([first.close(), second.close()]);
  await stop();
  await start();
  const again = await client();
  expect((await again.read(0, 4096)).every((byte) => byte === 1)).toBe(true);
  expect((await again.read(MIB, 4096)).every((byte) => byte === 2)).toBe(true);
  await again.close();
});

test("block status tells data, holes and zeroes that keep their room", async () => {
  const one = await client(volumeId, true);
  await one.write(0, Buffer.alloc(16_384, 7));
  await one.call({ command: TRIM, offset: 4096, length: 4096 });
  await one.call({ command: WRITE_ZEROES, flags: 2, offset: 8192, length: 4096 });
  const { data } = await one.call({ command: BLOCK_STATUS, offset: 0, length: 32_768 });
  const extents: number[][] = [];
  for (let at = 0; at < data.length; at += 8) {
    extents.push([data.readUInt32BE(at), data.readUInt32BE(at + 4)]);
  }
  expect(extents).toEqual([
    [4096, 0],
    [4096, 3],
    [4096, 2],
    [4096, 0],
    [16_384, 3],
  ]);
  const first = await one.call({ command: BLOCK_STATUS, flags: 8, offset: 0, length: 32_768 });
  expect(first.data.length).toBe(8);
  await one.close();
});

test("a snapshot is exported read-only and stays as it was", async () => {
  const live = await client();
  await live.write(0, Buffer.alloc(4096, 1));
  const { snapshotId } = await volumes.createSnapshot({ volumeId });
  await live.write(0, Buffer.alloc(4096, 2));
  const frozen = await client(snapshotId);
  expect(frozen.flags & Transmission.readOnly).not.toBe(0);
  expect((await frozen.read(0, 4096))[0]).toBe(1);
  const refused = { command: WRITE, length: 1, payload: Buffer.alloc(1) };
  expect((await frozen.call(refused)).error).toBe(NbdError.EPERM);
  await Promise.all([live.close(), frozen.close()]);
});

test("a moment of a volume's history is exported read-only, under the volume's id and the time", async () => {
  await volumes.setRetention({ volumeId, seconds: 600 });
  const live = await client();
  await live.write(0, Buffer.alloc(4096, 1), { fua: true });
  const time = store.clock.now();
  const { snapshotId } = await volumes.createSnapshot({ volumeId });
  await nextMillisecond(time);
  await live.write(0, Buffer.alloc(4096, 2), { fua: true });
  for (const moment of [String(time), new Date(time).toISOString()]) {
    const past = await client(`${volumeId}@${moment}`, true);
    expect(past.flags & Transmission.readOnly).not.toBe(0);
    expect((await past.read(0, 4096))[0]).toBe(1);
    await past.close();
  }
  expect((await live.read(0, 4096))[0]).toBe(2);
  const past = await client(`${volumeId}@${time}`, true, [`firn:changed-since:${snapshotId}`]);
  const { data } = await past.call({ command: BLOCK_STATUS, offset: 0, length: 8192 });
  expect(data.readUInt32BE(4)).toBe(0);
  for (const none of [`${volumeId}@`, `${volumeId}@soon`, `${volumeId}@${time - 86_400_000}`]) {
    await expect(client(none)).rejects.toThrow();
  }
  await expect(client(`${snapshotId}@${time}`)).rejects.toThrow();
  await Promise.all([live.close(), past.close()]);
});

/** Resolves when the store's clock is behind that time. */
async function nextMillisecond(time: number): Promise<void> {
  while (store.clock.now() <= time) await new Promise((resolve) => setImmediate(resolve));
}

test("a block that rotted on the disk is an I/O error, and the connection lives on", async () => {
  const bytes = Buffer.alloc(4096, "about to rot ");
  for (const structured of [false, true]) {
    const one = await client(volumeId, structured);
    await one.write(0, Buffer.concat([bytes, Buffer.alloc(4096, 2)]), { fua: true });
    expect(await rotFiles(directory, bytes)).toBe(1);
    expect((await one.call({ command: READ, length: 4096 })).error).toBe(NbdError.EIO);
    expect((await one.call({ command: READ, length: 8192 })).error).toBe(NbdError.EIO);
    const part = { command: WRITE, offset: 1, length: 1, payload: Buffer.alloc(1) };
    expect((await one.call(part)).error).toBe(NbdError.EIO);
    expect((await one.read(4096, 4096)).every((byte) => byte === 2)).toBe(true);
    await one.close();
  }
});

test("volumes of every account and region are exported, and listed", async () => {
  const elsewhere = volumes.in({ accountId: "111111111111", region: "eu-west-1" });
  const far = await elsewhere.createVolume({ sizeGiB: 2, volumeType: "standard" });
  const one = await client(far.volumeId);
  expect(one.sizeBytes).toBe(2048 * MIB);
  expect(one.flags & Transmission.rotational).not.toBe(0);
  await one.close();
  const { snapshotId } = await elsewhere.createSnapshot({ volumeId: far.volumeId });
  const volumeIds = [volumeId, far.volumeId].sort();
  const asked = Buffer.concat([Buffer.from([0, 0, 0, 3]), option(3, Buffer.alloc(0))]);
  const reply = (length: number): number => 20 + length;
  const lengths = [...volumeIds, snapshotId].map((id) => reply(4 + id.length));
  const answer = await speak(asked, 18 + lengths.reduce((sum, one) => sum + one, reply(0)));
  const text = answer.toString("latin1");
  expect(text.match(/(?:vol|snap)-[0-9a-f]{17}/g)).toEqual([...volumeIds, snapshotId]);
});

test("without a name the only volume is meant, and none when there are several", async () => {
  const one = await client("");
  expect(one.sizeBytes).toBe(1024 * MIB);
  await one.close();
  await volumes.createVolume({ sizeGiB: 1 });
  await expect(client("")).rejects.toThrow("refused with 2147483654");
});

test("wrong requests are told so, and the connection lives on", async () => {
  for (const structured of [false, true]) {
    const one = await client(volumeId, structured);
    const beyond = 1024 * MIB;
    const errors: [Parameters<NbdClient["call"]>[0], number][] = [
      [{ command: 99 }, NbdError.EINVAL],
      [{ command: READ, flags: 0x8000, length: 1 }, NbdError.EINVAL],
      [{ command: READ, offset: beyond, length: 1 }, NbdError.EINVAL],
      [{ command: WRITE, offset: beyond, length: 1, payload: Buffer.alloc(1) }, NbdError.ENOSPC],
      [{ command: TRIM, offset: beyond - 1, length: 2 }, NbdError.ENOSPC],
      [{ command: READ, length: 33 * MIB }, NbdError.EOVERFLOW],
      [{ command: WRITE, length: 33 * MIB, payload: Buffer.alloc(33 * MIB) }, NbdError.EOVERFLOW],
      [{ command: READ, offset: 2 ** 52, length: 4096 }, NbdError.EINVAL],
    ];
    for (const [call, error] of errors) expect((await one.call(call)).error).toBe(error);
    if (!structured) {
      const asked = { command: BLOCK_STATUS, length: 4096 };
      expect((await one.call(asked)).error).toBe(NbdError.EINVAL);
    }
    expect((await one.read(0, 4096)).length).toBe(4096);
    await one.close();
  }
});

test("an unknown export is refused by name", async () => {
  await expect(client("vol-00000000000000000")).rejects.toThrow("refused with 2147483654");
});

test("a client that vanishes with requests under way disturbs no one", async () => {
  const steady = await client();
  for (let round = 0; round < 10; round++) {
    const fleeting = await client();
    const calls = Array.from({ length: 50 }, (_, at) =>
      fleeting.call({ command: at % 2 === 0 ? READ : FLUSH, length: at % 2 === 0 ? MIB : 0 }),
    );
    fleeting.destroy();
    await Promise.allSettled(calls);
    await steady.write(round * 4096, Buffer.alloc(4096, round + 1), { fua: true });
  }
  expect((await steady.read(9 * 4096, 1))[0]).toBe(10);
  await steady.close();
});

test("old clients choose an export by name, with the pad or without", async () => {
  for (const [clientFlags, bytes] of [
    [1, 10 + 124],
    [3, 10],
  ] as const) {
    const answer = await speak(
      Buffer.concat([Buffer.from([0, 0, 0, clientFlags]), option(1, Buffer.from(volumeId))]),
      18 + bytes,
    );
    expect(answer.readBigUInt64BE(18)).toBe(BigInt(1024 * MIB));
  }
});

test("nonsense in the handshake ends that connection and no other", async () => {
  const random = new SeededRandom(testSeed());
  const steady = await client();
  const end = store.clock.monotonicMs() + testBudgetMs(400, 0.02);
  let round = 0;
  for (; round < 40 || store.clock.monotonicMs() < end; round++) {
    const junk = Buffer.concat([
      Buffer.from([0, 0, 0, random.below(4)]),
      option(random.below(14), Buffer.from(random.bytes(random.below(80)))),
      Buffer.from(random.bytes(random.below(100))),
    ]);
    await speak(junk, Number.POSITIVE_INFINITY);
  }
  printLine(`${round} handshakes of nonsense`);
  expect((await steady.read(0, 512)).length).toBe(512);
  await steady.close();
});

test("nonsense in requests is refused one by one, and the volume keeps working", async () => {
  const random = new SeededRandom(testSeed());
  const refusals = [
    NbdError.EIO,
    NbdError.EINVAL,
    NbdError.ENOSPC,
    NbdError.EOVERFLOW,
    NbdError.EPERM,
  ];
  const { snapshotId } = await volumes.createSnapshot({ volumeId });
  const end = store.clock.monotonicMs() + testBudgetMs(400, 0.02);
  let round = 0;
  for (; round < 4 || store.clock.monotonicMs() < end; round++) {
    const name = round % 2 === 0 ? volumeId : snapshotId;
    const at = { path: `${directory}/nbd.sock` };
    const extended = round % 4 > 1;
    const one = await NbdClient.connect({ at, exportName: name, structured: true, extended });
    const calls = Array.from({ length: 200 }, () => {
      const command = random.below(10);
      // A disconnect is no request.
      const asked = command === 2 ? 99 : command;
      // An announced payload would have to follow.
      const mask = extended ? ~32 : ~0;
      const flags = random.below(2) === 0 ? 0 : random.below(2 ** 16) & mask;
      const offset = random.below(4) === 0 ? 2 ** random.below(63) : random.below(1024 * MIB);
      const length = random.below(3) === 0 ? random.below(2 ** 31) : random.below(10_000);
      if (asked !== WRITE) return one.call({ command: asked, flags, offset, length });
      const payload = Buffer.alloc(random.below(10_000), 1);
      return one.call({ command: asked, flags, offset, length: payload.length, payload });
    });
    for (const { error } of await Promise.all(calls)) expect([0, ...refusals]).toContain(error);
    expect((await one.read(0, 4096)).length).toBe(4096);
    await one.close();
  }
  printLine(`${round * 200} requests of nonsense`);
  const steady = await client();
  await steady.write(0, Buffer.alloc(4096, 5), { fua: true });
  expect((await steady.read(0, 1))[0]).toBe(5);
  await steady.close();
});

function option(number: number, data: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.write("IHAVEOPT", 0, "latin1");
  head.writeUInt32BE(number, 8);
  head.writeUInt32BE(data.length, 12);
  return Buffer.concat([head, data]);
}

/** Sends bytes and collects what comes back, until there are `bytes` of it or the server ends. */
function speak(sent: Buffer, bytes: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect({ path: `${directory}/nbd.sock`, allowHalfOpen: true });
    const parts: Buffer[] = [];
    let length = 0;
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length >= bytes) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(parts)));
    if (Number.isFinite(bytes)) socket.write(sent);
    else socket.end(sent);
  });
}
