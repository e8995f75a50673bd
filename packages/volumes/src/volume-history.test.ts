import { FirnError, ManualClock, openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex, testSeed } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCheckpoint } from "./checkpoint.ts";
import { BLOCK_BYTES, DAY_MS, GIB, MOMENT_IDLE_MS } from "./constants.ts";
import type { Volume } from "./volume.ts";
import { Volumes } from "./volumes.ts";

const SECOND = 1000;
/** Across leaves and inner nodes of the map. */
const PLACES = [0, 1, 2, 1023, 1024, 524_287, 524_288] as const;

const disk = { fileSystem: new SimFileSystem({ seed: 1 }), index: new SimIndex({ seed: 1 }) };
const clock = new ManualClock(Date.UTC(2026, 10, 24));
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  disk.fileSystem = new SimFileSystem({ seed: 1 });
  disk.index = new SimIndex({ seed: 1 });
  await open();
});

afterEach(close);

async function open(): Promise<void> {
  const limits = { segmentBytes: 256 * 1024 };
  const machine = { directory: "/sim", ...disk, clock, random: new SeededRandom(clock.now()) };
  store = await openStore({ ...machine, limits, compaction: "off" });
  engine = await Volumes.open({ store, mapCacheBytes: 60_000 });
}

async function close(): Promise<void> {
  await engine.close();
  await store.close();
}

/** Lets so much time pass, with what the engine has to do meanwhile. */
async function pass(ms: number, steps = 1): Promise<void> {
  for (let step = 0; step < steps; step++) {
    clock.advance(ms / steps);
    for (let turns = 0; turns < 24; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function kept(seconds: number): Promise<{ volumeId: string; volume: Volume }> {
  const { volumeId } = await engine.createVolume({ sizeGiB: 3 });
  await engine.setRetention({ volumeId, seconds });
  return { volumeId, volume: await engine.openVolume({ volumeId }) };
}

function filled(byte: number): Uint8Array {
  return new Uint8Array(BLOCK_BYTES).fill(byte);
}

async function stateOf(volume: Volume): Promise<number[]> {
  const state: number[] = [];
  for (const place of PLACES) {
    const block = await volume.read(place * BLOCK_BYTES, BLOCK_BYTES);
    expect(block.every((byte) => byte === block[0])).toBe(true);
    state.push(block[0] as number);
  }
  return state;
}

async function stateAt(volumeId: string, time: number): Promise<number[]> {
  const moment = await engine.openVolumeAt({ volumeId, time });
  try {
    expect(moment.readOnly).toBe(true);
    return await stateOf(moment);
  } finally {
    await moment.close();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof FirnError ? error.code : String(error);
}

/** One random change of the volume and of what it should have. */
async function change(volume: Volume, state: number[], random: SeededRandom): Promise<void> {
  const place = random.below(PLACES.length);
  const offset = (PLACES[place] as number) * BLOCK_BYTES;
  const kind = random.below(8);
  if (kind === 0) {
    await volume.trim(offset, BLOCK_BYTES);
    state[place] = 0;
  } else if (kind === 1) {
    await volume.writeZeroes(0, volume.sizeBytes, { noHole: random.below(2) === 0 });
    state.fill(0);
  } else if (kind === 2) {
    const byte = 1 + random.below(255);
    await volume.write(0, new Uint8Array(3 * BLOCK_BYTES).fill(byte));
    state.fill(byte, 0, 3);
  } else {
    state[place] = 1 + random.below(255);
    await volume.write(offset, filled(state[place] as number));
  }
}

test("every moment of the window reads as the volume did then, whatever was compacted", async () => {
  const random = new SeededRandom(testSeed());
  const { volumeId, volume } = await kept(90);
  const state = PLACES.map(() => 0);
  const moments = new Map<number, number[]>([[clock.now(), [...state]]]);
  for (let step = 0; step < 90; step++) {
    await pass(SECOND);
    for (let writes = random.below(3); writes >= 0; writes--) await change(volume, state, random);
    moments.set(clock.now(), [...state]);
    const chance = random.below(12);
    if (chance === 0) await engine.createSnapshot({ volumeId });
    if (chance === 1) await store.compact();
    if (chance === 2) {
      await (await engine.openVolume({ volumeId })).close();
      await store.compact();
    }
  }
  await volume.close();
  await store.compact();
  const [from] = [...moments.keys()] as [number];
  for (const [time, expected] of moments) {
    expect(await stateAt(volumeId, time), `${time - from}`).toEqual(expected);
    // Between two moments nothing was written.
    if (time === clock.now()) continue;
    expect(await stateAt(volumeId, time + 1), `${time - from} + 1`).toEqual(expected);
  }
});

test("what leaves the window is refused, and its room comes back", async () => {
  const { volumeId, volume } = await kept(80);
  const times: number[] = [];
  for (let step = 1; step <= 40; step++) {
    await pass(SECOND * 10);
    await volume.write(0, new Uint8Array(64 * BLOCK_BYTES).fill(step));
    times.push(clock.now());
  }
  await volume.flush();
  const { retention } = await engine.describeVolume({ volumeId });
  const fromTime = retention?.fromTime as number;
  expect(retention?.seconds).toBe(80);
  expect(clock.now() - fromTime).toBeGreaterThanOrEqual(80 * SECOND);
  expect(clock.now() - fromTime).toBeLessThanOrEqual(100 * SECOND);
  for (const [at, time] of times.entries()) {
    if (time < fromTime) {
      expect(await codeOf(stateAt(volumeId, time))).toBe("FIRN_VOLUME_HISTORY_GONE");
    } else expect((await stateAt(volumeId, time))[0]).toBe(at + 1);
  }
  await volume.close();
  const unit = 64 * (BLOCK_BYTES + 8);
  const { bytesFreed } = await store.compact();
  // 40 were written; the window and a quarter of it are ten of them.
  expect(bytesFreed).toBeGreaterThan(26 * unit);
  expect((await stateAt(volumeId, times.at(-8) as number))[0]).toBe(33);
  await engine.setRetention({ volumeId, seconds: 0 });
  const last = times.at(-1) as number;
  expect(await codeOf(stateAt(volumeId, last))).toBe("FIRN_VOLUME_HISTORY_GONE");
  await engine.close();
  engine = await Volumes.open({ store });
  expect((await store.compact()).bytesFreed).toBeGreaterThan(5 * unit);
  expect((await stateOf(await engine.openVolume({ volumeId })))[0]).toBe(40);
});

test("a snapshot of a moment outlives the window, the volume and compaction", async () => {
  const { volumeId, volume } = await kept(60);
  await volume.write(0, filled(1));
  const time = clock.now();
  await pass(SECOND);
  await volume.write(0, filled(2));
  await volume.write(BLOCK_BYTES, filled(3));
  await pass(SECOND);
  const { snapshotId, startTime, sizeGiB } = await engine.createSnapshot({ volumeId, time });
  expect({ startTime, sizeGiB }).toEqual({ startTime: time, sizeGiB: 3 });
  await volume.close();
  await engine.deleteVolume({ volumeId });
  await close();
  await open();
  await store.compact();
  const snapshot = await engine.openSnapshot({ snapshotId });
  expect((await stateOf(snapshot)).slice(0, 2)).toEqual([1, 0]);
  const clone = await engine.createVolume({ snapshotId });
  const cloned = await engine.openVolume(clone);
  await cloned.write(BLOCK_BYTES, filled(9));
  expect((await stateOf(cloned)).slice(0, 2)).toEqual([1, 9]);
  expect((await stateOf(snapshot)).slice(0, 2)).toEqual([1, 0]);
});

test("a snapshot of a moment is there when the power fails as soon as it has a name", async () => {
  const { volumeId, volume } = await kept(60);
  await volume.write(0, filled(1));
  const time = clock.now();
  await pass(SECOND);
  await volume.write(0, filled(2));
  const { snapshotId } = await engine.createSnapshot({ volumeId, time });
  disk.fileSystem = disk.fileSystem.crash();
  disk.index = disk.index.crash();
  await open();
  expect((await stateOf(await engine.openSnapshot({ snapshotId })))[0]).toBe(1);
  expect((await stateOf(await engine.openVolume({ volumeId })))[0]).toBe(2);
  expect((await stateAt(volumeId, time))[0]).toBe(1);
});

test("a history goes on when the engine is opened again, and begins with its setting", async () => {
  const { volumeId, volume } = await kept(8 * 60);
  const before = clock.now() - 1;
  await volume.write(0, filled(1));
  const first = clock.now();
  await pass(SECOND);
  await volume.write(0, filled(2));
  await close();
  clock.advance(5 * 60 * SECOND);
  await open();
  await pass(SECOND);
  expect((await stateAt(volumeId, first))[0]).toBe(1);
  expect((await stateAt(volumeId, clock.now()))[0]).toBe(2);
  expect(await codeOf(stateAt(volumeId, before))).toBe("FIRN_VOLUME_HISTORY_GONE");
  await pass(DAY_MS, 96);
  // Nobody has written since: the moment is as old as the window needs it.
  expect((await stateAt(volumeId, clock.now() - 100 * SECOND))[0]).toBe(2);
});

test("a moment has the size that the volume had", async () => {
  const { volumeId } = await kept(600);
  const small = clock.now();
  await pass(SECOND);
  await engine.modifyVolume({ volumeId, sizeGiB: 5 });
  const large = clock.now();
  await pass(SECOND);
  await engine.modifyVolume({ volumeId, sizeGiB: 4, shrink: true });
  for (const [time, gib] of [
    [small, 3],
    [large, 5],
    [clock.now(), 4],
  ] as const) {
    const moment = await engine.openVolumeAt({ volumeId, time });
    expect(moment.sizeBytes).toBe(gib * GIB);
    await moment.close();
  }
});

test("handles on one moment share it, writes are refused, and it is forgotten when idle", async () => {
  const { volumeId, volume } = await kept(600);
  await volume.write(0, filled(1));
  const time = clock.now();
  const opened = await Promise.all([1, 2, 3].map(() => engine.openVolumeAt({ volumeId, time })));
  expect(await codeOf((opened[0] as Volume).write(0, filled(2)))).toBe("FIRN_VOLUME_READ_ONLY");
  await Promise.all(opened.map((moment) => moment.close()));
  const versions = await versionsStored(volume);
  await pass(MOMENT_IDLE_MS);
  expect(await versionsStored(volume)).toBe(versions - 1);
  expect((await stateAt(volumeId, time))[0]).toBe(1);
});

/** Versions in the newest image. */
async function versionsStored(volume: Volume): Promise<number> {
  await volume.flush();
  for (let space = 200; space > 0; space--) {
    const root = await readCheckpoint(store, space).catch(() => undefined);
    if (root !== undefined) return root.versions.length;
  }
  throw new Error("there is no image");
}

test("what cannot be read as of a moment says why", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const time = clock.now();
  const none = engine.openVolumeAt({ volumeId, time });
  await expect(none).rejects.toThrow("it keeps none of its past");
  for (const seconds of [59, 1.5, -60, 366 * 86_400, Number.NaN]) {
    const refused = engine.setRetention({ volumeId, seconds });
    expect(await codeOf(refused)).toBe("FIRN_VOLUME_PARAMETER");
  }
  await engine.setRetention({ volumeId, seconds: 60 });
  for (const wrong of [time + 1, time + 0.5, Number.NaN]) {
    const refused = engine.openVolumeAt({ volumeId, time: wrong });
    expect(await codeOf(refused)).toBe("FIRN_VOLUME_PARAMETER");
  }
  const early = engine.createSnapshot({ volumeId, time: time - SECOND });
  await expect(early).rejects.toThrow("its past begins at 2026-");
  const nobody = engine.openVolumeAt({ volumeId: "vol-00000000000000000", time });
  expect(await codeOf(nobody)).toBe("FIRN_VOLUME_NOT_FOUND");
  const open = await engine.openVolumeAt({ volumeId, time });
  await engine.deleteVolume({ volumeId });
  expect(await codeOf(open.read(0, 1))).toBe("FIRN_VOLUME_CLOSED");
});
