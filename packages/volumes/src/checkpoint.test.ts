/* What the images of a map have to hold, tried one by one; crashes try the rest at random. */
import { openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { beforeEach, expect, test } from "vitest";
import { BLOCK_BYTES } from "./constants.ts";
import type { Volume } from "./volume.ts";
import { Volumes } from "./volumes.ts";

let disk: { fileSystem: SimFileSystem; index: SimIndex };
let store: Store;
let engine: Volumes;
let volumeId: string;

beforeEach(async () => {
  disk = { fileSystem: new SimFileSystem({ seed: 1 }), index: new SimIndex({ seed: 1 }) };
  await boot(1);
  ({ volumeId } = await engine.createVolume({ sizeGiB: 3 }));
});

async function boot(life: number): Promise<void> {
  const random = new SeededRandom(life);
  store = await openStore({ directory: "/sim", ...disk, random, compaction: "off" });
  engine = await Volumes.open({ store });
}

/** The power fails: what was not synced is gone. */
async function crash(life: number): Promise<void> {
  disk = { fileSystem: disk.fileSystem.crash(), index: disk.index.crash() };
  await boot(life);
}

function filled(byte: number): Uint8Array {
  return new Uint8Array(BLOCK_BYTES).fill(byte);
}

async function firstBytes(volume: Volume, blocks: readonly number[]): Promise<number[]> {
  const bytes: number[] = [];
  for (const block of blocks) bytes.push((await volume.read(block * BLOCK_BYTES, 1))[0] as number);
  return bytes;
}

/** Opens the volume, does something with it, and stores its map. */
async function imageAfter(use: (volume: Volume) => Promise<void>): Promise<void> {
  const volume = await engine.openVolume({ volumeId });
  await use(volume);
  await volume.close();
}

test("a block that is written anew after an image is in the next image", async () => {
  // The same leaf each time: a node of an image must give way to a copy.
  for (const byte of [1, 2, 3]) await imageAfter((volume) => volume.write(0, filled(byte)));
  await crash(2);
  expect(await firstBytes(await engine.openVolume({ volumeId }), [0])).toEqual([3]);
});

test("a trim and zeroes after an image are in the next image", async () => {
  await imageAfter((volume) => volume.write(0, new Uint8Array(4 * BLOCK_BYTES).fill(1)));
  await imageAfter((volume) => volume.trim(0, BLOCK_BYTES));
  await imageAfter((volume) => volume.writeZeroes(BLOCK_BYTES, BLOCK_BYTES));
  await crash(2);
  const volume = await engine.openVolume({ volumeId });
  expect(await firstBytes(volume, [0, 1, 2, 3])).toEqual([0, 0, 1, 1]);
});

test("what is written while an image is stored is not in it, and is replayed", async () => {
  await imageAfter((volume) => volume.write(0, filled(1)));
  const volume = await engine.openVolume({ volumeId });
  await volume.write(BLOCK_BYTES, filled(2));
  const other = await engine.openVolume({ volumeId });
  const storing = other.close();
  await volume.write(0, filled(3));
  await volume.write(2 * BLOCK_BYTES, filled(4));
  await storing;
  await volume.flush();
  await crash(2);
  const again = await engine.openVolume({ volumeId });
  expect(await firstBytes(again, [0, 1, 2])).toEqual([3, 2, 4]);
});

test("a write below a snapshot leaves the snapshot's nodes as they are", async () => {
  await imageAfter((volume) => volume.write(0, filled(1)));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await imageAfter((volume) => volume.write(0, filled(2)));
  await imageAfter((volume) => volume.write(0, filled(3)));
  for (const life of [2, 3]) {
    const snapshot = await engine.openSnapshot({ snapshotId });
    expect(await firstBytes(snapshot, [0])).toEqual([1]);
    expect(await firstBytes(await engine.openVolume({ volumeId }), [0])).toEqual([3]);
    await crash(life);
  }
});

test("a removed snapshot takes no node with it that the next one shares", async () => {
  await imageAfter((volume) => volume.write(0, filled(1)));
  const { snapshotId: removed } = await engine.createSnapshot({ volumeId });
  await imageAfter((volume) => volume.write(2000 * BLOCK_BYTES, filled(2)));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await imageAfter((volume) => volume.write(2000 * BLOCK_BYTES, filled(3)));
  await engine.deleteSnapshot({ snapshotId: removed });
  await engine.close();
  await crash(2);
  const snapshot = await engine.openSnapshot({ snapshotId });
  expect(await firstBytes(snapshot, [0, 2000])).toEqual([1, 2]);
  expect(await firstBytes(await engine.openVolume({ volumeId }), [0, 2000])).toEqual([1, 3]);
});
