import { connect } from "node:net";
import type { Socket } from "node:net";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { LogStore } from "@firn/core";
import { NbdClient, testSeed } from "@firn/testing";
import { Volumes } from "@firn/volumes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NbdServer } from "./nbd-server.ts";
import { PayloadRoom } from "./payload-room.ts";
import { NbdError } from "./protocol.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const [WRITE, TRIM, BLOCK_STATUS] = [1, 4, 7];

/** Made for this test, for localhost, until 2126. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFNVCBYduXaIrL134
fiZYy94qYlo8Bswl0euDxMvnaTqhRANCAAR9OkYyIiuIatvhdCsTttDVEFu05iHG
kvAy1R54M42I/8xLyrniw9orFAlD0l3Rc4itrOT383OOL8vuq9a1QTfA
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUPO3pvudERUYTL18iyucptDqPWcAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDEyMzgyM1oYDzIxMjYxMDMx
MTIzODIzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR9OkYyIiuIatvhdCsTttDVEFu05iHGkvAy1R54M42I/8xLyrniw9or
FAlD0l3Rc4itrOT383OOL8vuq9a1QTfAo1MwUTAdBgNVHQ4EFgQUQ1/soT6vJDuH
8z98rvqcRkPm8/0wHwYDVR0jBBgwFoAUQ1/soT6vJDuH8z98rvqcRkPm8/0wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAm3zTQZ5mwXjTLOYBVOfL
zrvB/bSumSl5z6eewTiEJWMCICC8u0EHepo7VEWJ/+6l7oSWvAhjgrDtWQZ2W7LG
JcTD
-----END CERTIFICATE-----`;

let store: LogStore;
let volumes: Volumes;
let server: NbdServer;
let volumeId: string;
let path: string;

beforeEach(async () => {
  const directory = await makeTemporaryDirectory();
  path = `${directory}/nbd.sock`;
  store = await openStore({ directory });
  volumes = await Volumes.open({ store });
  const tls = { key, cert };
  server = await NbdServer.listen({ volumes, socketPath: path, port: 0, tls });
  ({ volumeId } = await volumes.createVolume({ sizeGiB: 8, availabilityZone: "us-east-1a" }));
});

afterEach(async () => {
  await server.close();
  await volumes.close();
  await store.close();
});

type Extra = Omit<Parameters<typeof NbdClient.connect>[0], "at" | "exportName">;

const client = (more: Extra = {}): Promise<NbdClient> =>
  NbdClient.connect({ at: { path }, exportName: volumeId, ...more });

function extentsOf(data: Buffer, extended = false): number[][] {
  const extents: number[][] = [];
  for (let at = 0; at < data.length; at += extended ? 16 : 8) {
    extents.push(
      extended
        ? [Number(data.readBigUInt64BE(at)), Number(data.readBigUInt64BE(at + 8))]
        : [data.readUInt32BE(at), data.readUInt32BE(at + 4)],
    );
  }
  return extents;
}

test("extended headers carry requests and answers of more than 4 GiB", async () => {
  const one = await client({ extended: true });
  await one.write(5 * GIB, Buffer.alloc(4096, 7), { fua: true });
  expect((await one.read(5 * GIB, 4096)).every((byte) => byte === 7)).toBe(true);
  const told = await one.call({ command: BLOCK_STATUS, offset: 0, length: 8 * GIB });
  expect(extentsOf(told.data, true)).toEqual([
    [5 * GIB, 3],
    [4096, 0],
    [3 * GIB - 4096, 3],
  ]);
  await one.call({ command: TRIM, offset: 0, length: 8 * GIB });
  const after = await one.call({ command: BLOCK_STATUS, offset: 0, length: 8 * GIB });
  expect(extentsOf(after.data, true)).toEqual([[8 * GIB, 3]]);
  const beyond = await one.call({ command: TRIM, offset: 0, length: 2 ** 53 });
  expect(beyond.error).toBe(NbdError.ENOSPC);
  const large = { command: 0, offset: 0, length: 4 * GIB };
  expect((await one.call(large)).error).toBe(NbdError.EOVERFLOW);
  await one.close();
});

test("a payload that is announced where none belongs is skipped, and refused", async () => {
  const one = await client({ extended: true });
  const call = { command: TRIM, flags: 32, offset: 0, length: 5000, payload: Buffer.alloc(5000) };
  expect((await one.call(call)).error).toBe(NbdError.EINVAL);
  expect((await one.read(0, 1))[0]).toBe(0);
  await one.close();
});

test("block status tells what has changed since a snapshot, beside what is allocated", async () => {
  const writer = await client();
  await writer.write(0, Buffer.alloc(64 * KIB, 1));
  const { snapshotId } = await volumes.createSnapshot({ volumeId });
  const since = `firn:changed-since:${snapshotId}`;
  await writer.write(8 * KIB, Buffer.alloc(4 * KIB, 2));
  for (const extended of [false, true]) {
    const contexts = ["base:allocation", since, "qemu:allocation-depth"];
    const one = await client({ structured: !extended, extended, contexts });
    expect(one.contexts).toEqual(["base:allocation", since]);
    const { chunks } = await one.call({ command: BLOCK_STATUS, offset: 0, length: 128 * KIB });
    const [allocation, changes] = chunks.map((chunk) =>
      extentsOf(chunk.subarray(extended ? 8 : 4), extended),
    );
    expect(chunks.map((chunk) => chunk.readUInt32BE(0))).toEqual([1, 2]);
    expect(allocation).toEqual([
      [64 * KIB, 0],
      [64 * KIB, 3],
    ]);
    expect(changes).toEqual([
      [8 * KIB, 0],
      [4 * KIB, 1],
      [116 * KIB, 0],
    ]);
    await one.close();
  }
  await writer.close();
});

test("a snapshot of another volume is no context, and a deleted one ends its answers", async () => {
  const other = await volumes.createVolume({ sizeGiB: 1 });
  const foreign = await volumes.createSnapshot({ volumeId: other.volumeId });
  const { snapshotId } = await volumes.createSnapshot({ volumeId });
  const names = [foreign.snapshotId, snapshotId, "snap-00000000000000000"];
  const contexts = names.map((id) => `firn:changed-since:${id}`);
  const one = await client({ structured: true, contexts });
  expect(one.contexts).toEqual([`firn:changed-since:${snapshotId}`]);
  const ask = { command: BLOCK_STATUS, offset: 0, length: MIB };
  expect((await one.call(ask)).error).toBe(0);
  await volumes.deleteSnapshot({ snapshotId });
  expect((await one.call(ask)).error).toBe(NbdError.ESHUTDOWN);
  await one.write(0, Buffer.alloc(512));
  await one.close();
});

test("over TCP with a certificate everything is encrypted, and nothing else is answered", async () => {
  const at = { host: "127.0.0.1", port: server.port ?? 0 };
  const options = { at, exportName: volumeId, structured: true };
  await expect(NbdClient.connect(options)).rejects.toThrow(String(0x8000_0005));
  const one = await NbdClient.connect({ ...options, encrypted: true });
  const bytes = Buffer.from(new SeededRandom(testSeed()).bytes(3 * MIB));
  await one.write(12_345, bytes, { fua: true });
  expect((await one.read(12_345, bytes.length)).equals(bytes)).toBe(true);
  await one.close();
  const plain = NbdClient.connect({ at: { path }, exportName: volumeId, encrypted: true });
  await expect(plain).rejects.toThrow(String(0x8000_0002));
  const bad = NbdServer.listen({ volumes, port: 0, tls: { key, cert: "no certificate" } });
  await expect(bad).rejects.toMatchObject({ code: "FIRN_NBD_CERTIFICATE" });
});

test("the connections of a lease end with it", async () => {
  const instanceId = "i-0123456789abcdef0";
  const before = await client();
  await volumes.attachVolume({ volumeId, instanceId, device: "/dev/sdf" });
  const write = { command: WRITE, length: 512, payload: Buffer.alloc(512) };
  expect((await before.call(write)).error).toBe(NbdError.ESHUTDOWN);
  const during = await client();
  expect((await during.call(write)).error).toBe(0);
  await volumes.detachVolume({ volumeId });
  expect((await during.call(write)).error).toBe(NbdError.ESHUTDOWN);
  expect((await during.call({ command: 3 })).error).toBe(NbdError.ESHUTDOWN);
  await Promise.all([before.close(), during.close()]);
});

test("payloads that never end take bounded room, and leave others their own", async () => {
  const greedy = Array.from({ length: 12 }, halfWrite);
  const steady = await client();
  const small = Buffer.alloc(512 * KIB, 3);
  await steady.write(0, small, { fua: true });
  // As many bytes are read of all of them as there is room for, and what sockets hold.
  const taken = (): number => greedy.reduce((sum, { sentBytes }) => sum + sentBytes(), 0);
  await expect.poll(taken, { timeout: 30_000 }).toBeGreaterThan(120 * MIB);
  expect(taken()).toBeLessThan(160 * MIB);
  for (const { socket } of greedy) socket.destroy();
  const large = Buffer.alloc(32 * MIB, 4);
  await steady.write(MIB, large);
  expect((await steady.read(33 * MIB - 1, 1))[0]).toBe(4);
  await steady.close();
});

/** A connection that announces a write of 32 MiB and sends 31 of them, as far as it is let. */
function halfWrite(): { socket: Socket; sentBytes: () => number } {
  const name = Buffer.from(volumeId);
  const go = Buffer.alloc(16 + 4 + name.length + 2);
  go.write("IHAVEOPT", 0, "latin1");
  go.writeUInt32BE(7, 8);
  go.writeUInt32BE(name.length + 6, 12);
  go.writeUInt32BE(name.length, 16);
  go.set(name, 20);
  const write = Buffer.alloc(28);
  write.writeUInt32BE(0x2560_9513, 0);
  write.writeUInt16BE(1, 6);
  write.writeUInt32BE(32 * MIB, 24);
  const socket = connect({ path });
  socket.on("error", () => undefined);
  socket.resume();
  socket.write(Buffer.concat([Buffer.from([0, 0, 0, 3]), go, write]));
  const piece = Buffer.alloc(MIB / 4);
  let sent = 0;
  const send = (): void => {
    if (sent >= 31 * MIB) return;
    socket.write(piece, (error) => {
      if (error !== undefined && error !== null) return;
      sent += piece.length;
      send();
    });
  };
  send();
  return { socket, sentBytes: () => sent };
}

test("room is given in order, and taken back from who leaves the queue", () => {
  const room = new PayloadRoom(100);
  const woken: string[] = [];
  const wake = (name: string) => (): void => void woken.push(name);
  expect(room.take(80, wake("a"))).toBe(true);
  const second = wake("b");
  expect(room.take(60, second)).toBe(false);
  expect(room.take(10, wake("c"))).toBe(false);
  room.forget(second);
  expect(woken).toEqual(["c"]);
  room.give(80);
  expect(room.take(90, wake("d"))).toBe(true);
});
