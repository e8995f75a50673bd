import { createHash } from "node:crypto";
import { ManualClock, openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SNAPSHOT_BLOCK_BYTES as BLOCK, UPLOADS_MAX } from "./constants.ts";
import type { SnapshotBlock } from "./snapshot-blocks.ts";
import { Volumes } from "./volumes.ts";

const disk = { fileSystem: new SimFileSystem({ seed: 1 }), index: new SimIndex({ seed: 1 }) };
const clock = new ManualClock(Date.UTC(2026, 10, 24));
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  disk.fileSystem = new SimFileSystem({ seed: 1 });
  disk.index = new SimIndex({ seed: 1 });
  await open();
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

async function open(): Promise<void> {
  store = await openStore({ directory: "/sim", ...disk, clock, random: new SeededRandom(1) });
  engine = await Volumes.open({ store });
}

function filled(byte: number): Uint8Array {
  return new Uint8Array(BLOCK).fill(byte);
}

/** Buffers are compared as such: telling every byte of 512 KiB apart takes the runner seconds. */
async function expectBlock(
  place: { readonly snapshotId: string; readonly blockIndex: number },
  byte: number,
): Promise<void> {
  expect(Buffer.compare(await engine.direct.read(place), filled(byte))).toBe(0);
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** A complete snapshot with these blocks, by index and content. */
async function uploaded(
  blocks: readonly (readonly [number, number])[],
  parentSnapshotId?: string,
): Promise<string> {
  const { snapshotId } = await engine.direct.start({ sizeGiB: 1, parentSnapshotId });
  for (const [blockIndex, byte] of blocks) {
    await engine.direct.put({ snapshotId, blockIndex, bytes: filled(byte) });
  }
  await engine.direct.complete({ snapshotId, changedBlocksCount: blocks.length });
  return snapshotId;
}

async function listed(options: Parameters<Volumes["direct"]["list"]>[0]): Promise<SnapshotBlock[]> {
  const all: SnapshotBlock[] = [];
  for await (const block of engine.direct.list(options)) all.push(block);
  return all;
}

async function indexes(snapshotId: string, startingBlockIndex?: number): Promise<number[]> {
  const blocks = await listed({ snapshotId, startingBlockIndex });
  return blocks.map(({ blockIndex }) => blockIndex);
}

test("an uploaded snapshot has its blocks, and a volume made from it too", async () => {
  const snapshotId = await uploaded([
    [2047, 7],
    [0, 5],
  ]);
  expect(await indexes(snapshotId)).toEqual([0, 2047]);
  expect(await indexes(snapshotId, 1)).toEqual([2047]);
  await expectBlock({ snapshotId, blockIndex: 2047 }, 7);
  const { volumeId } = await engine.createVolume({ snapshotId });
  const volume = await engine.openVolume({ volumeId });
  expect(Buffer.compare(await volume.read(0, BLOCK), filled(5))).toBe(0);
  expect(await engine.describeSnapshot({ snapshotId })).toMatchObject({
    state: "completed",
    volumeId: "vol-ffffffff",
  });
});

test("what is not put again is the parent's, and only differences are listed as changed", async () => {
  const first = await uploaded([
    [1, 1],
    [2, 2],
  ]);
  const second = await uploaded(
    [
      [2, 9],
      [3, 3],
    ],
    first,
  );
  expect(await indexes(second)).toEqual([1, 2, 3]);
  await expectBlock({ snapshotId: second, blockIndex: 1 }, 1);
  expect(await listed({ firstSnapshotId: first, snapshotId: second })).toEqual([
    { blockIndex: 2, inFirst: true, inSnapshot: true },
    { blockIndex: 3, inFirst: false, inSnapshot: true },
  ]);
  await engine.deleteSnapshot({ snapshotId: first });
  await expectBlock({ snapshotId: second, blockIndex: 1 }, 1);
});

test("a block that was trimmed between two snapshots is changed, and gone from the second", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(BLOCK, filled(4));
  const { snapshotId: first } = await engine.createSnapshot({ volumeId });
  await volume.trim(BLOCK, BLOCK);
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  expect(await listed({ firstSnapshotId: first, snapshotId })).toEqual([
    { blockIndex: 1, inFirst: true, inSnapshot: false },
  ]);
  expect(await indexes(snapshotId)).toEqual([]);
});

test("a block of zeroes that was put is listed, over a parent's block too", async () => {
  const parent = await uploaded([[0, 5]]);
  const child = await uploaded([[0, 0]], parent);
  expect(await indexes(child)).toEqual([0]);
  await expectBlock({ snapshotId: child, blockIndex: 0 }, 0);
  expect(await listed({ firstSnapshotId: parent, snapshotId: child })).toEqual([
    { blockIndex: 0, inFirst: true, inSnapshot: true },
  ]);
});

test("a snapshot completes only with the right count and checksum, and takes nothing after", async () => {
  const { snapshotId } = await engine.direct.start({ sizeGiB: 1 });
  const bytes = filled(3);
  const wrong = engine.direct.put({ snapshotId, blockIndex: 0, bytes, sha256: sha256() });
  await expect(wrong).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_CHECKSUM" });
  await engine.direct.put({ snapshotId, blockIndex: 9, bytes: filled(1) });
  const put = await engine.direct.put({ snapshotId, blockIndex: 9, bytes });
  expect(Buffer.from(put)).toEqual(sha256(bytes));
  await engine.direct.put({ snapshotId, blockIndex: 4, bytes: filled(8) });
  const of = (changedBlocksCount: number, sum?: Uint8Array) =>
    engine.direct.complete({ snapshotId, changedBlocksCount, sha256: sum });
  await expect(of(3)).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_BLOCK_COUNT" });
  await expect(of(2, sha256())).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_CHECKSUM" });
  const linear = sha256(sha256(filled(8)), sha256(bytes));
  expect(await of(2, linear)).toMatchObject({ state: "completed" });
  expect(await of(2)).toMatchObject({ state: "completed" });
  await expect(engine.direct.put({ snapshotId, blockIndex: 1, bytes })).rejects.toMatchObject({
    code: "FIRN_SNAPSHOT_STATE",
  });
});

test("a pending snapshot is neither read, nor listed, nor made a volume of", async () => {
  const { snapshotId } = await engine.direct.start({ sizeGiB: 1 });
  const state = { code: "FIRN_SNAPSHOT_STATE" };
  await expect(engine.openSnapshot({ snapshotId })).rejects.toMatchObject(state);
  await expect(engine.createVolume({ snapshotId })).rejects.toMatchObject(state);
  await expect(indexes(snapshotId)).rejects.toMatchObject(state);
  await expect(engine.direct.read({ snapshotId, blockIndex: 0 })).rejects.toMatchObject(state);
  const child = engine.direct.start({ sizeGiB: 1, parentSnapshotId: snapshotId });
  await expect(child).rejects.toMatchObject(state);
});

test("an upload that nobody goes on with fails; its blocks keep it alive", async () => {
  const { snapshotId } = await engine.direct.start({ sizeGiB: 1, timeoutMs: 600_000 });
  clock.advance(500_000);
  await engine.direct.put({ snapshotId, blockIndex: 0, bytes: filled(1) });
  clock.advance(500_000);
  expect(await engine.describeSnapshot({ snapshotId })).toMatchObject({ state: "pending" });
  clock.advance(200_000);
  expect(await engine.describeSnapshot({ snapshotId })).toMatchObject({ state: "error" });
  const late = engine.direct.complete({ snapshotId, changedBlocksCount: 1 });
  await expect(late).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_STATE" });
  await engine.deleteSnapshot({ snapshotId });
});

test("the same token begins the same snapshot, other parameters under it are refused", async () => {
  const parentSnapshotId = await uploaded([[0, 1]]);
  const options = { sizeGiB: 1, parentSnapshotId, clientToken: "once" };
  const made = await Promise.all([engine.direct.start(options), engine.direct.start(options)]);
  expect(made[0]?.snapshotId).toBe(made[1]?.snapshotId);
  await expect(engine.direct.start({ ...options, sizeGiB: 2 })).rejects.toMatchObject({
    code: "FIRN_VOLUME_TOKEN_MISMATCH",
  });
  const large = await engine.direct.start({ sizeGiB: 2, parentSnapshotId });
  await engine.direct.complete({ snapshotId: large.snapshotId, changedBlocksCount: 0 });
  const small = engine.direct.start({ sizeGiB: 1, parentSnapshotId: large.snapshotId });
  await expect(small).rejects.toMatchObject({ code: "FIRN_VOLUME_PARAMETER" });
});

test("a hundred snapshots may be pending, and deleting one makes room", async () => {
  const ids: string[] = [];
  for (let i = 0; i < UPLOADS_MAX; i++) {
    ids.push((await engine.direct.start({ sizeGiB: 1 })).snapshotId);
  }
  await expect(engine.direct.start({ sizeGiB: 1 })).rejects.toMatchObject({
    code: "FIRN_SNAPSHOT_UPLOAD_LIMIT",
  });
  await engine.deleteSnapshot({ snapshotId: ids[0] as string });
  await engine.direct.start({ sizeGiB: 1 });
});

test("after a crash each acknowledged block is there and counted, and the upload goes on", async () => {
  const parentSnapshotId = await uploaded([[5, 5]]);
  const { snapshotId } = await engine.direct.start({ sizeGiB: 1, parentSnapshotId });
  await Promise.all(
    Array.from({ length: 20 }, (_, blockIndex) =>
      engine.direct.put({ snapshotId, blockIndex: blockIndex * 3, bytes: filled(blockIndex + 1) }),
    ),
  );
  disk.fileSystem = disk.fileSystem.crash();
  disk.index = disk.index.crash();
  await open();
  await engine.direct.put({ snapshotId, blockIndex: 1, bytes: filled(77) });
  await engine.direct.complete({ snapshotId, changedBlocksCount: 21 });
  for (let i = 0; i < 20; i++) {
    await expectBlock({ snapshotId, blockIndex: i * 3 }, i + 1);
  }
  await expectBlock({ snapshotId, blockIndex: 5 }, 5);
});
