/*
 * Recorded streams of writes, flushes, FUA and trims to two volumes. The disk is kept as it was at
 * each record and at each request that it was given; from every one of these states the power
 * fails in several ways, and a new process reads what is left. Each byte that a flush or FUA
 * covered is there, every other one old or new, and each volume is its stream up to some record.
 */
import { SeededRandom, type Store } from "@firn/core";
import {
  cpuRate,
  forkMachine,
  makeMachine,
  printLine,
  restartMachine,
  SimCore,
  testBudgetMs,
  testSeed,
  type OpenMachine,
} from "@firn/testing";
import { expect, test } from "vitest";
import { BLOCK_BYTES } from "./constants.ts";
import type { Volume } from "./volume.ts";
import { Volumes } from "./volumes.ts";

const QUICK_MS = 2500;
/** Fewer show nothing, however slow the machine is. */
const RECOVERIES_MIN = 200;
const OPERATIONS = 40;
const VOLUMES = 2;
/** Ways in which the power fails in each state of the disk. */
const FAILURES_EACH = 2;
/** Restarts of which one goes on writing, and loses its power again. */
const GOES_ON_ONE_IN = 8;
/** Blocks that streams touch, across leaves of the map and across its inner nodes. */
const PLACES = [0, 1, 2, 3, 4, 5, 1022, 1023, 1024, 1025, 600_000, 600_001] as const;
/** Ten thousand engines a minute: each has a small cache, so that little is cleared for it. */
const CACHE_BYTES: number = 128 * 1024;
/** Several segments in one stream, and some that are half full. */
const LIMITS = { segmentBytes: 64 * 1024, prepareBytes: 16 * 1024, queueBytes: 256 * 1024 };

/** What the bytes of each place were written with: 0 for none. One entry for each half block. */
type State = readonly number[];

interface Stream {
  readonly volumeId: string;
  /** States after each record, the first one is empty. */
  readonly states: State[];
  /** So many records were covered by a flush or FUA that was answered. */
  durable: number;
}

/** The disk at one moment, and what each stream had come to. */
interface Moment {
  readonly machine: OpenMachine;
  readonly bounds: readonly { readonly durable: number; readonly records: number }[];
}

const HALF = BLOCK_BYTES / 2;

function fillOf(version: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  new Uint32Array(bytes.buffer).fill(version);
  return bytes;
}

/** One random record; nothing of it is waited for on the disk. */
async function change(
  volume: Volume,
  stream: Stream,
  { random, version }: { random: SeededRandom; version: number },
): Promise<void> {
  const place = random.below(PLACES.length);
  const offset = (PLACES[place] as number) * BLOCK_BYTES;
  const state = [...(stream.states.at(-1) as State)];
  const kind = random.below(8);
  const half = random.below(2);
  stream.states.push(state);
  if (kind === 0) {
    state.fill(0, place * 2, place * 2 + 2);
    await volume.trim(offset, BLOCK_BYTES);
  } else if (kind === 1) {
    state[place * 2 + half] = version;
    await volume.write(offset + half * HALF, fillOf(version).subarray(HALF));
  } else if (kind === 2 && place < 4) {
    // Three blocks in one record: all of them or none.
    state.fill(version, place * 2, place * 2 + 6);
    await volume.write(offset, Buffer.concat([1, 2, 3].map(() => fillOf(version))));
  } else {
    state.fill(version, place * 2, place * 2 + 2);
    await volume.write(offset, fillOf(version));
  }
}

/** Runs a stream and keeps the disk at every record and at every request. */
async function record(core: SimCore, seed: number): Promise<[Stream[], Moment[]]> {
  const random = new SeededRandom(seed);
  const machine = makeMachine(seed);
  const store = await core.open(machine, LIMITS);
  const engine = await Volumes.open({ store, mapCacheBytes: seed % 2 === 0 ? 3000 : undefined });
  const streams: Stream[] = [];
  const handles: Volume[] = [];
  for (let i = 0; i < VOLUMES; i++) {
    const { volumeId } = await engine.createVolume({ sizeGiB: 3 });
    handles.push(await engine.openVolume({ volumeId }));
    streams.push({ volumeId, states: [PLACES.flatMap(() => [0, 0])], durable: 0 });
  }
  const moments: Moment[] = [];
  const keep = (): void => {
    const bounds = streams.map(({ durable, states }) => ({ durable, records: states.length - 1 }));
    moments.push({ machine: forkMachine(machine, seed * 1000 + moments.length), bounds });
  };
  machine.fileSystem.hook = () => {
    keep();
    return undefined;
  };
  for (let version = 1; version <= OPERATIONS; version++) {
    const at = random.below(VOLUMES);
    const volume = handles[at] as Volume;
    await change(volume, streams[at] as Stream, { random, version });
    keep();
    if (random.below(5) > 0) continue;
    // The log is one: what is durable of one volume is durable of all before it.
    const covered = streams.map(({ states }) => states.length - 1);
    await volume.flush();
    for (const [i, stream] of streams.entries()) stream.durable = covered[i] as number;
    keep();
  }
  machine.fileSystem.hook = undefined;
  await engine.close();
  await store.close();
  return [streams, moments];
}

async function stateOf(volume: Volume): Promise<State> {
  const state: number[] = [];
  for (const place of PLACES) {
    const block = new Uint8Array(BLOCK_BYTES);
    const offset = place * BLOCK_BYTES;
    if (!volume.readIntoSync(offset, block)) await volume.readInto(offset, block);
    const words = new Uint32Array(block.buffer);
    for (const start of [0, words.length / 2]) {
      const version = words[start] as number;
      const half = words.subarray(start, start + words.length / 2);
      // Said by hand: an assertion of each block would be a tenth of a recovery.
      if (!half.every((word) => word === version)) throw new Error(`block ${place} is torn`);
      state.push(version);
    }
  }
  return state;
}

/** The record that a volume has come to. @throws when it is none that it may be. */
function recordOf(found: State, stream: Stream, bound: Moment["bounds"][number]): number {
  for (let at = bound.durable; at <= bound.records; at++) {
    const state = stream.states[at] as State;
    if (state.every((version, place) => version === found[place])) return at;
  }
  const { durable, records } = bound;
  throw new Error(`no state from ${durable} (durable) to ${records}: ${JSON.stringify(found)}`);
}

async function recover(
  core: SimCore,
  machine: OpenMachine,
  use: (engine: Volumes, store: Store) => Promise<void>,
): Promise<void> {
  const store = await core.open(machine, LIMITS);
  const engine = await Volumes.open({ store, blockCacheBytes: CACHE_BYTES });
  await use(engine, store);
}

/** The power fails in one state of the disk. Returns how often it did. */
async function failAt(
  core: SimCore,
  { streams, moment, seed }: { streams: readonly Stream[]; moment: Moment; seed: number },
): Promise<number> {
  const random = new SeededRandom(seed);
  const machine = restartMachine(forkMachine(moment.machine, seed), "crash");
  const goesOn = random.below(GOES_ON_ONE_IN) === 0;
  await recover(core, machine, async (engine) => {
    for (const [i, stream] of streams.entries()) {
      const volume = await engine.openVolume(stream);
      recordOf(await stateOf(volume), stream, moment.bounds[i] as Moment["bounds"][number]);
    }
    if (!goesOn) return;
    const volume = await engine.openVolume(streams[0] as Stream);
    await volume.write(0, fillOf(7_000_000));
    await volume.flush();
  });
  if (!goesOn) return 1;
  await recover(core, restartMachine(machine, "crash"), async (engine) => {
    const volume = await engine.openVolume(streams[0] as Stream);
    expect((await stateOf(volume)).slice(0, 2)).toEqual([7_000_000, 7_000_000]);
  });
  return 2;
}

/** The power fails at every moment of one stream, until `isDone` says that it is enough. */
async function failEverywhere(
  core: SimCore,
  seed: number,
  isDone: (recoveries: number) => boolean,
): Promise<{ recoveries: number; moments: number }> {
  const [streams, kept] = await record(core, seed);
  let recoveries = 0;
  for (let at = 0; at < kept.length * FAILURES_EACH; at++) {
    const moment = kept[Math.floor(at / FAILURES_EACH)] as Moment;
    try {
      recoveries += await failAt(core, { streams, moment, seed: seed * 100_000 + at });
    } catch (error) {
      throw new Error(`FIRN_SEED=${seed}, failure ${at}`, { cause: error });
    }
    if (isDone(recoveries)) break;
  }
  return { recoveries, moments: kept.length };
}

test("from the disk of every moment a volume recovers to a prefix of its stream", async () => {
  const core = await SimCore.load();
  const end = performance.now() + testBudgetMs(QUICK_MS, 0.05);
  const rate = cpuRate();
  let [recoveries, moments] = [0, 0];
  const isDone = (more: number): boolean =>
    recoveries + more >= RECOVERIES_MIN && performance.now() > end;
  for (let seed = testSeed(); !isDone(0); seed++) {
    const found = await failEverywhere(core, seed, isDone);
    recoveries += found.recoveries;
    moments += found.moments;
  }
  const perMinute = rate(recoveries);
  printLine(`${recoveries} recoveries at ${moments} moments, ${perMinute} a minute of a core`);
});
