import { openStore, SeededRandom, type Store, type StreamRecord } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UNIT_BYTES } from "./constants.ts";
import { StreamLiveness } from "./stream-liveness.ts";
import { Volumes } from "./volumes.ts";

const BLOCK = 4096;
let store: Store;
let engine: Volumes;
let liveness: StreamLiveness;

beforeEach(async () => {
  store = await openStore({
    directory: "/sim",
    fileSystem: new SimFileSystem({ seed: 1 }),
    index: new SimIndex({ seed: 1 }),
    random: new SeededRandom(1),
  });
  engine = await Volumes.open({ store });
  liveness = new StreamLiveness(store, { limitBytes: 1 << 20, usedBytes: 0 });
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

/** The space of the only lineage: the newest key space that has records. */
async function space(): Promise<number> {
  for (let id = 200; id > 0; id--) {
    if (
      (await store
        .stream(id)
        .lastLsn()
        .catch(() => 0)) > 0
    )
      return id;
  }
  throw new Error("there is no lineage");
}

async function records(): Promise<StreamRecord[]> {
  const all: StreamRecord[] = [];
  for await (const record of store.stream(await space()).replay(0)) all.push(record);
  return all;
}

/** Units that each record still needs, oldest first; -1 for all of it. */
async function liveUnits(): Promise<number[]> {
  const id = await space();
  const counts: number[] = [];
  for (const record of await records()) {
    const ranges = await liveness.liveness(id, record);
    const bytes =
      ranges === "all" ? -1 : ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    counts.push(bytes < 0 ? -1 : Math.floor(bytes / UNIT_BYTES));
  }
  return counts;
}

function filled(blocks: number, byte: number): Uint8Array {
  return new Uint8Array(blocks * BLOCK).fill(byte);
}

/** Stores the map: what lies behind the checkpoint is all of it live. */
async function checkpoint(volumeId: string): Promise<void> {
  await (await engine.openVolume({ volumeId })).close();
}

test("before a checkpoint everything is live, after it what the map has", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(0, filled(4, 1));
  await volume.write(BLOCK, filled(2, 2));
  await volume.flush();
  expect(await liveUnits()).toEqual([-1, -1]);
  await volume.close();
  expect(await liveUnits()).toEqual([2, 2]);
  const again = await engine.openVolume({ volumeId });
  await again.write(0, filled(1, 3));
  await again.flush();
  // The newest record may be lost by a crash, and then the oldest is what is there.
  expect(await liveUnits()).toEqual([2, 2, -1]);
  await again.close();
  expect(await liveUnits()).toEqual([1, 2, 1]);
});

test("ranges name whole units and the header, and nothing of a record that is all overwritten", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(1020 * BLOCK, filled(8, 1));
  await volume.write(1021 * BLOCK, filled(6, 2));
  await volume.write(1021 * BLOCK, filled(6, 3));
  await volume.close();
  const id = await space();
  const [first, second] = await records();
  const unitsAt = (first as StreamRecord).body.length - 8 * UNIT_BYTES;
  expect(await liveness.liveness(id, first as StreamRecord)).toEqual([
    { start: 0, end: unitsAt + UNIT_BYTES },
    { start: unitsAt + 7 * UNIT_BYTES, end: unitsAt + 8 * UNIT_BYTES },
  ]);
  expect(await liveness.liveness(id, second as StreamRecord)).toEqual([]);
});

test("a middle snapshot's deletion frees exactly what only it held", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  const ids: string[] = [];
  for (const byte of [1, 2, 3]) {
    await volume.write(0, filled(4, byte));
    if (byte === 2) await volume.trim(3 * BLOCK, BLOCK);
    ids.push((await engine.createSnapshot({ volumeId })).snapshotId);
  }
  await volume.write(0, filled(2, 4));
  await volume.close();
  // Writes, snapshots and a trim, in order.
  expect(await liveUnits()).toEqual([4, 0, 3, 0, 0, 4, 0, 2]);
  await engine.deleteSnapshot({ snapshotId: ids[1] as string });
  await checkpoint(volumeId);
  expect(await liveUnits()).toEqual([4, 0, 0, 0, 0, 4, 0, 2]);
  await engine.deleteSnapshot({ snapshotId: ids[2] as string });
  await checkpoint(volumeId);
  expect(await liveUnits()).toEqual([4, 0, 0, 0, 0, 2, 0, 2]);
});

test("a deleted snapshot with several clones holds nothing that none of them has", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(0, filled(4, 1));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  const { volumeId: cloneId } = await engine.createVolume({ snapshotId });
  const clone = await engine.openVolume({ volumeId: cloneId });
  await volume.write(0, filled(2, 2));
  await clone.write(BLOCK, filled(2, 3));
  await engine.deleteSnapshot({ snapshotId });
  await volume.close();
  await clone.close();
  // Of the first, the volume has blocks 2 and 3, the clone 0 and 3; only block 1 is nobody's.
  expect(await liveUnits()).toEqual([3, 0, 0, 2, 2]);
});

test("of a record that cannot be read everything stays", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(0, filled(1, 1));
  await volume.close();
  const id = await space();
  const [record] = await records();
  const body = (record as StreamRecord).body.slice();
  body[0] = 99;
  expect(await liveness.liveness(id, { ...(record as StreamRecord), body })).toBe("all");
});
