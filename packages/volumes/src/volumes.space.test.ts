import { openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Volumes } from "./volumes.ts";

const MIB: number = 1024 * 1024;
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  store = await openStore({
    directory: "/sim",
    fileSystem: new SimFileSystem({ seed: 1 }),
    index: new SimIndex({ seed: 1 }),
    random: new SeededRandom(1),
    limits: { segmentBytes: MIB },
    compaction: "off",
  });
  engine = await Volumes.open({ store });
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

/** Stores the maps and takes away what nobody needs. Bytes that came back. */
async function compact(): Promise<number> {
  await engine.close();
  engine = await Volumes.open({ store });
  return (await store.compact()).bytesFreed;
}

/** 2 MiB, in pieces of 64 KiB. */
async function fill(volumeId: string, byte: number): Promise<void> {
  const volume = await engine.openVolume({ volumeId });
  const piece = new Uint8Array(MIB / 16).fill(byte);
  for (let at = 0; at < 2 * MIB; at += piece.length) await volume.write(at, piece);
  await volume.close();
}

async function firstByte(snapshotId: string): Promise<number | undefined> {
  const snapshot = await engine.openSnapshot({ snapshotId });
  const bytes = await snapshot.read(0, 2 * MIB);
  await snapshot.close();
  expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  return bytes[0];
}

test("a middle snapshot's deletion gives back what only it held, and nothing else", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const ids: string[] = [];
  for (const byte of [1, 2, 3]) {
    await fill(volumeId, byte);
    ids.push((await engine.createSnapshot({ volumeId })).snapshotId);
  }
  await fill(volumeId, 4);
  const [first, middle, last] = ids as [string, string, string];
  expect(await compact()).toBeLessThan(MIB / 4);
  await engine.deleteSnapshot({ snapshotId: middle });
  const freed = await compact();
  expect(freed).toBeGreaterThan(1.9 * MIB);
  expect(freed).toBeLessThan(2.3 * MIB);
  expect([await firstByte(first), await firstByte(last)]).toEqual([1, 3]);
  const { volumeId: cloneId } = await engine.createVolume({ snapshotId: first });
  const clone = await engine.openVolume({ volumeId: cloneId });
  expect((await clone.read(MIB, 1))[0]).toBe(1);
});

test("what is overwritten or trimmed comes back, whether its volume is open or not", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  for (let round = 1; round <= 5; round++) await fill(volumeId, round);
  expect(await compact()).toBeGreaterThan(6 * MIB);
  const volume = await engine.openVolume({ volumeId });
  await volume.trim(0, MIB);
  await volume.close();
  await fill((await engine.createVolume({ sizeGiB: 1 })).volumeId, 9);
  expect(await compact()).toBeGreaterThan(0.7 * MIB);
  const again = await engine.openVolume({ volumeId });
  expect([...(await again.read(MIB - 1, 2))]).toEqual([0, 5]);
});

test("reads go on while the blocks that they were about to fetch are moved or taken away", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  await fill(volumeId, 1);
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  const snapshot = await engine.openSnapshot({ snapshotId });
  const volume = await engine.openVolume({ volumeId });
  for (let round = 2; round < 8; round++) {
    const writes = fill(volumeId, round);
    const reads = Promise.all([
      snapshot.read(0, 2 * MIB),
      volume.read(0, 4096),
      volume.read(MIB, 4096),
    ]);
    await Promise.all([writes, store.compact(), reads]);
    const [kept] = await reads;
    expect(kept.every((byte) => byte === 1)).toBe(true);
    expect((await volume.read(0, 1))[0]).toBe(round);
  }
});
