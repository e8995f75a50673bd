/*
 * Random histories on the simulated disk, cut off by power failures: what a flush or a snapshot
 * covered is there, the rest of each volume is its history up to some later operation, whole.
 */
import { openStore, RealClock, SeededRandom, type Store } from "@firn/core";
import { printLine, SimFileSystem, SimIndex, testBudgetMs, testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { BLOCK_BYTES, GIB } from "./constants.ts";
import type { Volume } from "./volume.ts";
import { Volumes } from "./volumes.ts";

/** Blocks that the histories touch: across leaves and across inner nodes. */
const places = [0, 1, 2, 3, 4, 5, 6, 7, 1022, 1023, 1024, 1025, 600_000, 600_001];
/** Fewest histories; the long tier goes on for its share of the budget. */
const histories = 6;
const operations = 60;

/** Contents by place: the first byte of the block times 256, plus the byte that fills the rest. */
type State = readonly number[];

interface Tracked {
  readonly volumeId: string;
  volume: Volume;
  /** States after each operation since the last that is known to be durable, which is first. */
  states: State[];
}

interface Machine {
  fileSystem: SimFileSystem;
  index: SimIndex;
  store: Store;
  engine: Volumes;
}

/** `life` makes each process draw other ids. */
async function boot(fileSystem: SimFileSystem, index: SimIndex, life: number): Promise<Machine> {
  const random = new SeededRandom(life);
  // Small segments, so that a history has several to compact.
  const limits = { segmentBytes: 192 * 1024, memtableBytes: 32 * 1024 };
  const options = { directory: "/sim", fileSystem, index, random, limits };
  const store = await openStore({ ...options, compaction: "off" });
  return { fileSystem, index, store, engine: await Volumes.open({ store, mapCacheBytes: 40_000 }) };
}

async function readState(volume: Volume): Promise<State> {
  const state: number[] = [];
  for (const place of places) {
    const block = await volume.read(place * BLOCK_BYTES, BLOCK_BYTES);
    const rest = block[1] as number;
    expect(block.subarray(1).every((byte) => byte === rest)).toBe(true);
    state.push((block[0] as number) * 256 + rest);
  }
  return state;
}

function last(tracked: Tracked): State {
  return tracked.states.at(-1) as State;
}

/** One random change of a volume, and the state that it leads to. */
async function change(tracked: Tracked, random: SeededRandom): Promise<void> {
  const state = [...last(tracked)];
  const place = random.below(places.length);
  const offset = (places[place] as number) * BLOCK_BYTES;
  const kind = random.below(4);
  if (kind === 0) {
    await tracked.volume.trim(offset, BLOCK_BYTES);
    state[place] = 0;
  } else {
    const byte = random.below(256);
    const length = kind === 1 ? 1 : BLOCK_BYTES;
    await tracked.volume.write(offset, new Uint8Array(length).fill(byte));
    state[place] = byte * 256 + (kind === 1 ? (state[place] as number) % 256 : byte);
  }
  tracked.states.push(state);
}

test("after a power failure each volume is a prefix of its history, what was flushed included", async () => {
  const seed = testSeed();
  const clock = new RealClock();
  const start = clock.monotonicMs();
  const end = start + testBudgetMs(2000, 0.05);
  let recoveries = 0;
  for (let history = 0; history < histories || clock.monotonicMs() < end; history++) {
    recoveries += await runHistory(seed + history);
  }
  const perMinute = Math.round(recoveries / ((clock.monotonicMs() - start) / 60_000));
  printLine(`${recoveries} recoveries of volumes, ${perMinute} a minute`);
});

/** Returns how often the power failed. */
async function runHistory(seed: number): Promise<number> {
  let recoveries = 0;
  const random = new SeededRandom(seed);
  let machine = await boot(new SimFileSystem({ seed }), new SimIndex({ seed }), seed);
  const volumes: Tracked[] = [];
  const snapshots = new Map<string, State>();
  const track = async (volumeId: string, state: State): Promise<void> => {
    const volume = await machine.engine.openVolume({ volumeId });
    volumes.push({ volumeId, volume, states: [state] });
  };
  const blank = places.map(() => 0);
  const first = await machine.engine.createVolume({ sizeGiB: 3 });
  await track(first.volumeId, blank);
  for (let step = 0; step < operations; step++) {
    const tracked = volumes[random.below(volumes.length)] as Tracked;
    const choice = random.below(26);
    if (choice < 14) {
      await change(tracked, random);
    } else if (choice < 17) {
      await tracked.volume.flush();
      // The log is one: what is durable of one volume is durable of all before it.
      for (const other of volumes) other.states = [last(other)];
    } else if (choice < 19) {
      const { snapshotId } = await machine.engine.createSnapshot(tracked);
      for (const other of volumes) other.states = [last(other)];
      snapshots.set(snapshotId, last(tracked));
    } else if (choice === 19 && snapshots.size > 0 && volumes.length < 4) {
      const [snapshotId, state] = [...snapshots][random.below(snapshots.size)] as [string, State];
      const { volumeId } = await machine.engine.createVolume({ snapshotId });
      for (const other of volumes) other.states = [last(other)];
      await track(volumeId, state);
    } else if (choice === 20 && snapshots.size > 0) {
      const [snapshotId] = [...snapshots][random.below(snapshots.size)] as [string, State];
      await machine.engine.deleteSnapshot({ snapshotId });
      snapshots.delete(snapshotId);
      for (const other of volumes) other.states = [last(other)];
    } else if (choice === 21) {
      await tracked.volume.close();
      tracked.volume = await machine.engine.openVolume(tracked);
    } else if (choice === 22) {
      await machine.store.compact();
      for (const other of volumes) other.states = [last(other)];
    } else if (choice === 23) {
      // The power fails at some point of it.
      void machine.store.compact().catch(() => undefined);
      for (let turns = random.below(40); turns > 0; turns--) await turn();
      machine = await crash(machine, random.below(2 ** 32));
      recoveries++;
      await verify(machine, { volumes, snapshots, seed });
    } else {
      machine = await crash(machine, random.below(2 ** 32));
      recoveries++;
      await verify(machine, { volumes, snapshots, seed });
    }
  }
  machine = await crash(machine, random.below(2 ** 32));
  recoveries++;
  await verify(machine, { volumes, snapshots, seed });
  await machine.engine.close();
  await machine.store.close();
  machine = await boot(machine.fileSystem, machine.index, seed);
  await verify(machine, { volumes, snapshots, seed });
  await machine.engine.close();
  await machine.store.close();
  return recoveries;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function crash(machine: Machine, life: number): Promise<Machine> {
  return boot(machine.fileSystem.crash(), machine.index.crash(), life);
}

async function verify(
  machine: Machine,
  expected: { volumes: Tracked[]; snapshots: Map<string, State>; seed: number },
): Promise<void> {
  for (const tracked of expected.volumes) {
    tracked.volume = await machine.engine.openVolume(tracked);
    const found = JSON.stringify(await readState(tracked.volume));
    const allowed = tracked.states.map((state) => JSON.stringify(state));
    expect(allowed, `seed ${expected.seed}`).toContain(found);
    tracked.states = [JSON.parse(found) as State];
    expect(tracked.volume.sizeBytes).toBe(3 * GIB);
  }
  for (const [snapshotId, state] of expected.snapshots) {
    const snapshot = await machine.engine.openSnapshot({ snapshotId });
    expect(await readState(snapshot), `seed ${expected.seed}`).toEqual(state);
    await snapshot.close();
  }
}
