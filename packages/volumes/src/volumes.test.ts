import { openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GIB } from "./constants.ts";
import type { ByteRange } from "./snapshot-operations.ts";
import { Volumes } from "./volumes.ts";

let store: Store;
let engine: Volumes;

beforeEach(async () => {
  store = await openStore({
    directory: "/sim",
    fileSystem: new SimFileSystem({ seed: 1 }),
    index: new SimIndex({ seed: 1 }),
    random: new SeededRandom(1),
  });
  engine = await Volumes.open({ store });
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

async function made(options: Parameters<Volumes["createVolume"]>[0] = { sizeGiB: 1 }) {
  const { volumeId } = await engine.createVolume(options);
  return { volumeId, volume: await engine.openVolume({ volumeId }) };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("a new volume reads as zeroes and is one hole", async () => {
  const { volume } = await made();
  expect(volume.sizeBytes).toBe(GIB);
  expect(await volume.read(GIB - 10, 10)).toEqual(filled(10, 0));
  expect(await volume.extents(0, GIB)).toEqual([{ length: GIB, kind: "hole" }]);
});

test("what was written is read back at any alignment", async () => {
  const { volume } = await made();
  await volume.write(4096 * 3 + 7, filled(10_000, 7));
  await volume.write(4096 * 4, filled(1, 9));
  const bytes = await volume.read(4096 * 3, 4096 * 4);
  const expected = filled(4096 * 4, 0);
  expected.fill(7, 7, 10_007);
  expected[4096] = 9;
  expect(bytes).toEqual(expected);
});

test("writes to parts of one block at the same time lose nothing", async () => {
  const { volume } = await made();
  await volume.write(0, filled(4096, 1));
  const parts = Array.from({ length: 64 }, (_, at) => volume.write(at * 64, filled(64, at + 2)));
  await Promise.all(parts);
  const bytes = await volume.read(0, 4096);
  for (let at = 0; at < 64; at++) expect(bytes[at * 64 + 63]).toBe(at + 2);
});

test("blocks of zeroes take no room", async () => {
  const { volume } = await made();
  const bytes = filled(8 * 4096, 0);
  bytes[4 * 4096] = 1;
  await volume.write(0, bytes);
  expect(await volume.extents(0, 8 * 4096)).toEqual([
    { length: 4 * 4096, kind: "hole" },
    { length: 4096, kind: "data" },
    { length: 3 * 4096, kind: "hole" },
  ]);
});

test("trimmed ranges are holes, zeroed ranges without a hole stay allocated", async () => {
  const { volume } = await made();
  await volume.write(0, filled(1024 * 1024, 5));
  await volume.trim(4096, 8192 + 100);
  await volume.writeZeroes(100_000, 50_000, { noHole: true });
  expect(await volume.read(4096, 8192)).toEqual(filled(8192, 0));
  expect((await volume.read(12_288, 1))[0]).toBe(5);
  const zeroed = await volume.read(99_999, 50_002);
  expect(zeroed[0]).toBe(5);
  expect(zeroed.subarray(1, 50_001)).toEqual(filled(50_000, 0));
  expect(zeroed[50_001]).toBe(5);
  const kinds = (await volume.extents(0, 1024 * 1024)).map(({ kind }) => kind);
  expect(kinds).toEqual(["data", "hole", "data", "zero", "data"]);
});

test("a trim of a whole terabyte is one small step", async () => {
  const { volume } = await made({ sizeGiB: 2048, volumeType: "gp3" });
  for (const at of [0, 5 * GIB, 1024 * GIB, 2047 * GIB]) await volume.write(at, filled(4096, 3));
  await volume.trim(4096, 2047 * GIB);
  expect((await volume.read(0, 1))[0]).toBe(3);
  expect((await volume.read(5 * GIB, 1))[0]).toBe(0);
  expect((await volume.read(2047 * GIB, 1))[0]).toBe(0);
});

test("a snapshot keeps its bytes while the volume goes on", async () => {
  const { volumeId, volume } = await made();
  await volume.write(0, filled(8192, 1));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await volume.write(4096, filled(8192, 2));
  const snapshot = await engine.openSnapshot({ snapshotId });
  expect(await snapshot.read(0, 8192)).toEqual(filled(8192, 1));
  expect((await snapshot.read(8192, 1))[0]).toBe(0);
  expect((await volume.read(4096, 1))[0]).toBe(2);
  await expect(snapshot.write(0, filled(1, 1))).rejects.toMatchObject({
    code: "FIRN_VOLUME_READ_ONLY",
  });
});

test("a volume made from a snapshot shares its blocks and changes alone", async () => {
  const { volumeId, volume } = await made();
  await volume.write(0, filled(8192, 1));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  const { volume: clone } = await made({ snapshotId, sizeGiB: 2 });
  await volume.write(0, filled(4096, 2));
  await clone.write(4096, filled(4096, 3));
  expect(clone.sizeBytes).toBe(2 * GIB);
  expect((await clone.read(0, 1))[0]).toBe(1);
  expect((await clone.read(4096, 1))[0]).toBe(3);
  expect((await volume.read(0, 1))[0]).toBe(2);
  expect((await volume.read(4096, 1))[0]).toBe(1);
});

test("deleting the volume and a middle snapshot leaves the other versions whole", async () => {
  const { volumeId, volume } = await made();
  const ids: string[] = [];
  for (let round = 1; round <= 3; round++) {
    await volume.write(round * 4096, filled(4096, round));
    ids.push((await engine.createSnapshot({ volumeId })).snapshotId);
  }
  const { volume: clone } = await made({ snapshotId: ids[1] });
  await engine.deleteSnapshot({ snapshotId: ids[1] as string });
  await volume.close();
  await engine.deleteVolume({ volumeId });
  await clone.write(4096, filled(4096, 9));
  const first = await engine.openSnapshot({ snapshotId: ids[0] as string });
  const third = await engine.openSnapshot({ snapshotId: ids[2] as string });
  expect(Array.from(await first.read(4096, 1))).toEqual([1]);
  expect((await first.read(8192, 1))[0]).toBe(0);
  expect((await third.read(12_288, 1))[0]).toBe(3);
  expect((await clone.read(8192, 1))[0]).toBe(2);
  await expect(engine.openVolume({ volumeId })).rejects.toMatchObject({
    code: "FIRN_VOLUME_NOT_FOUND",
  });
});

test("changed blocks between two snapshots are exactly those that read differently", async () => {
  const { volumeId, volume } = await made();
  await volume.write(0, filled(16 * 4096, 1));
  await volume.write(900 * 1024 * 1024, filled(4096, 1));
  const first = (await engine.createSnapshot({ volumeId })).snapshotId;
  await volume.write(2 * 4096, filled(4096, 2));
  await volume.trim(5 * 4096, 2 * 4096);
  await volume.write(500 * 1024 * 1024, filled(1, 2));
  const second = (await engine.createSnapshot({ volumeId })).snapshotId;
  const changed = await collect<ByteRange>(
    engine.changedBlocks({ firstSnapshotId: first, secondSnapshotId: second }),
  );
  expect(changed).toEqual([
    { offset: 2 * 4096, length: 4096 },
    { offset: 5 * 4096, length: 2 * 4096 },
    { offset: 500 * 1024 * 1024, length: 4096 },
  ]);
  const all = await collect<ByteRange>(engine.changedBlocks({ secondSnapshotId: first }));
  expect(all).toEqual([
    { offset: 0, length: 16 * 4096 },
    { offset: 900 * 1024 * 1024, length: 4096 },
  ]);
});

test("snapshots of unrelated volumes cannot be compared", async () => {
  const one = await made();
  const two = await made();
  const first = (await engine.createSnapshot({ volumeId: one.volumeId })).snapshotId;
  const second = (await engine.createSnapshot({ volumeId: two.volumeId })).snapshotId;
  const changed = engine.changedBlocks({ firstSnapshotId: first, secondSnapshotId: second });
  await expect(collect(changed)).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_LINEAGE" });
});

test("a grown volume is larger at once for those who have it open", async () => {
  const { volumeId, volume } = await made();
  await expect(volume.read(GIB, 1)).rejects.toMatchObject({ code: "FIRN_VOLUME_RANGE" });
  const described = await engine.modifyVolume({ volumeId, sizeGiB: 3 });
  expect(described.sizeGiB).toBe(3);
  expect((await volume.read(3 * GIB - 1, 1))[0]).toBe(0);
  await expect(engine.modifyVolume({ volumeId, sizeGiB: 2 })).rejects.toMatchObject({
    code: "FIRN_VOLUME_PARAMETER",
  });
});

test("a volume is leased to one name at a time and cannot be deleted meanwhile", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const lease = { volumeId, instanceId: "i-0123456789abcdef0", device: "/dev/sdf" };
  expect((await engine.attachVolume(lease)).generation).toBe(1);
  expect((await engine.describeVolume({ volumeId })).state).toBe("in-use");
  await expect(engine.attachVolume(lease)).rejects.toMatchObject({ code: "FIRN_VOLUME_IN_USE" });
  await expect(engine.deleteVolume({ volumeId })).rejects.toMatchObject({
    code: "FIRN_VOLUME_IN_USE",
  });
  await engine.detachVolume({ volumeId });
  await expect(engine.detachVolume({ volumeId })).rejects.toMatchObject({
    code: "FIRN_VOLUME_NOT_ATTACHED",
  });
  expect((await engine.attachVolume(lease)).generation).toBe(2);
});

test("a client token gives the same volume again, and refuses other options", async () => {
  const options = { sizeGiB: 1, clientToken: "token" };
  const first = await engine.createVolume(options);
  expect((await engine.createVolume(options)).volumeId).toBe(first.volumeId);
  await expect(engine.createVolume({ ...options, sizeGiB: 2 })).rejects.toMatchObject({
    code: "FIRN_VOLUME_TOKEN_MISMATCH",
  });
  await engine.deleteVolume({ volumeId: first.volumeId });
  expect((await engine.createVolume(options)).volumeId).not.toBe(first.volumeId);
});

test("volumes of another account or region are not seen", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const other = engine.in({ accountId: "111111111111", region: "us-east-1" });
  await expect(other.describeVolume({ volumeId })).rejects.toMatchObject({
    code: "FIRN_VOLUME_NOT_FOUND",
  });
  expect(await collect(other.describeVolumes())).toEqual([]);
  expect(await collect(engine.describeVolumes())).toHaveLength(1);
});

test("listings come in pages that go on where the last one ended", async () => {
  for (let made = 0; made < 5; made++) await engine.createVolume({ sizeGiB: 1 });
  const sizes: number[] = [];
  for await (const page of engine.describeVolumes().pages({ limit: 2 })) {
    sizes.push(page.items.length);
  }
  expect(sizes).toEqual([2, 2, 1]);
});

test("tags are added, replaced and removed", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1, tags: [{ key: "a", value: "1" }] });
  const resourceIds = [volumeId];
  await engine.createTags({
    resourceIds,
    tags: [
      { key: "a", value: "2" },
      { key: "b", value: "" },
    ],
  });
  await engine.deleteTags({ resourceIds, tags: [{ key: "b", value: "other" }] });
  expect((await engine.describeVolume({ volumeId })).tags).toEqual([
    { key: "a", value: "2" },
    { key: "b", value: "" },
  ]);
  await engine.deleteTags({ resourceIds });
  expect((await engine.describeVolume({ volumeId })).tags).toEqual([]);
});

test("a deleted volume's handles fail, a closed one's too", async () => {
  const { volumeId, volume } = await made();
  await engine.deleteVolume({ volumeId });
  await expect(volume.read(0, 1)).rejects.toMatchObject({ code: "FIRN_VOLUME_CLOSED" });
  await volume.close();
  await volume.close();
});

test("changed ranges since a snapshot are told of the live volume, whole subtrees in one step", async () => {
  const { volumeId, volume } = await made({ sizeGiB: 2000, volumeType: "gp3" });
  await volume.write(0, filled(64 * 1024, 1));
  await volume.write(1500 * GIB, filled(4096, 1));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  const snapshot = await engine.openSnapshot({ snapshotId });
  const whole = { offset: 0, length: 2000 * GIB };
  expect(await volume.changedSince(snapshot, whole)).toEqual([
    { length: whole.length, changed: false },
  ]);
  await volume.write(8192 + 5, filled(1, 2));
  await volume.trim(1500 * GIB, 4096);
  await volume.writeZeroes(1800 * GIB, 4096, { noHole: true });
  expect(await volume.changedSince(snapshot, whole)).toEqual([
    { length: 8192, changed: false },
    { length: 4096, changed: true },
    { length: 1500 * GIB - 12_288, changed: false },
    { length: 4096, changed: true },
    { length: 500 * GIB - 4096, changed: false },
  ]);
  const part = await volume.changedSince(snapshot, { offset: 8193, length: 5000 });
  expect(part).toEqual([
    { length: 4095, changed: true },
    { length: 905, changed: false },
  ]);
  const other = await made();
  await expect(other.volume.changedSince(snapshot, { offset: 0, length: 1 })).rejects.toMatchObject(
    {
      code: "FIRN_SNAPSHOT_LINEAGE",
    },
  );
});

test("a volume is made smaller only when that is said, and what lay behind is gone", async () => {
  const { volumeId, volume } = await made({ sizeGiB: 3 });
  await volume.write(0, filled(4096, 1));
  await volume.write(2 * GIB, filled(4096, 2));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await expect(engine.modifyVolume({ volumeId, sizeGiB: 2 })).rejects.toMatchObject({
    code: "FIRN_VOLUME_PARAMETER",
  });
  const smaller = await engine.modifyVolume({ volumeId, sizeGiB: 2, shrink: true });
  expect([smaller.sizeGiB, volume.sizeBytes]).toEqual([2, 2 * GIB]);
  await expect(volume.read(2 * GIB, 1)).rejects.toMatchObject({ code: "FIRN_VOLUME_RANGE" });
  await engine.modifyVolume({ volumeId, sizeGiB: 3 });
  expect(await volume.read(2 * GIB, 4096)).toEqual(filled(4096, 0));
  expect(await volume.read(0, 4096)).toEqual(filled(4096, 1));
  const snapshot = await engine.openSnapshot({ snapshotId });
  expect(await snapshot.read(2 * GIB, 4096)).toEqual(filled(4096, 2));
});
