/*
 * Volumes that keep a history, on the simulated disk. The disk is kept as it was at each request;
 * from every one of these states the power fails, and a new process reads each moment that a flush
 * had covered by then and that the volume says it keeps: the bytes are what they were.
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
const RECOVERIES_MIN = 60;
const STEPS = 36;
/** The shortest window there is, so that a stream leaves it several times. */
const SECONDS = 60;
const PLACES = [0, 1, 1023, 1024, 600_000] as const;
const LIMITS = { segmentBytes: 64 * 1024, prepareBytes: 16 * 1024, queueBytes: 256 * 1024 };
const SMALL = { mapCacheBytes: 60_000, blockCacheBytes: 0 };

type State = readonly number[];

interface Recorded {
  readonly machine: OpenMachine;
  /** How many moments had been flushed. */
  readonly moments: number;
}

interface Stream {
  readonly volumeId: string;
  /** By time, oldest first; each was flushed before the next one began. */
  readonly moments: (readonly [time: number, state: State])[];
  /** Snapshots of moments, with what they show. */
  readonly snapshots: (readonly [snapshotId: string, state: State, moments: number])[];
}

function fillOf(version: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  new Uint32Array(bytes.buffer).fill(version);
  return bytes;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets time pass, with what the engine has to do meanwhile. */
async function pass(machine: OpenMachine, ms: number): Promise<void> {
  machine.clock.advance(ms);
  for (let turns = 0; turns < 30; turns++) await turn();
}

async function change(volume: Volume, state: number[], random: SeededRandom): Promise<void> {
  const version = 1 + random.below(2 ** 30);
  const place = random.below(PLACES.length);
  const offset = (PLACES[place] as number) * BLOCK_BYTES;
  if (random.below(6) === 0) {
    state[place] = 0;
    await volume.trim(offset, BLOCK_BYTES);
  } else {
    state[place] = version;
    await volume.write(offset, fillOf(version));
  }
}

async function record(core: SimCore, seed: number): Promise<[Stream, Recorded[]]> {
  const random = new SeededRandom(seed);
  const machine = makeMachine(seed);
  const store = await core.open(machine, LIMITS);
  const engine = await Volumes.open({ store, ...SMALL });
  const { volumeId } = await engine.createVolume({ sizeGiB: 3 });
  await engine.setRetention({ volumeId, seconds: SECONDS });
  let volume = await engine.openVolume({ volumeId });
  const state: number[] = PLACES.map(() => 0);
  const stream: Stream = { volumeId, moments: [], snapshots: [] };
  const { moments, snapshots } = stream;
  const recorded: Recorded[] = [];
  machine.fileSystem.hook = () => {
    const fork = forkMachine(machine, seed * 1000 + recorded.length);
    recorded.push({ machine: fork, moments: moments.length });
    return undefined;
  };
  for (let step = 0; step < STEPS; step++) {
    await pass(machine, 1000 + random.below(6000));
    for (let writes = random.below(3); writes >= 0; writes--) await change(volume, state, random);
    await volume.flush();
    moments.push([machine.clock.now(), [...state]]);
    const chance = random.below(8);
    if (chance === 0) await store.compact();
    if (chance === 1) {
      await volume.close();
      volume = await engine.openVolume({ volumeId });
      await store.compact();
    }
    if (chance === 2) {
      const [time, then] = moments[Math.max(0, moments.length - 6)] as [number, State];
      const { snapshotId } = await engine.createSnapshot({ volumeId, time });
      snapshots.push([snapshotId, then, moments.length]);
    }
    if (chance === 3) await engine.createSnapshot({ volumeId });
  }
  machine.fileSystem.hook = undefined;
  await engine.close();
  await store.close();
  return [stream, recorded];
}

async function stateOf(volume: Volume): Promise<State> {
  const state: number[] = [];
  for (const place of PLACES) {
    const { buffer } = await volume.read(place * BLOCK_BYTES, BLOCK_BYTES);
    const words = new Uint32Array(buffer as ArrayBuffer);
    const version = words[0] as number;
    if (!words.every((word) => word === version)) throw new Error(`block ${place} is torn`);
    state.push(version);
  }
  await volume.close();
  return state;
}

async function verify(
  { engine, store }: { engine: Volumes; store: Store },
  stream: Stream,
  { moments, random }: { moments: number; random: SeededRandom },
): Promise<number> {
  const { volumeId } = stream;
  const { retention } = await engine.describeVolume({ volumeId });
  const fromTime = retention?.fromTime ?? Number.NaN;
  expect(fromTime).toBeLessThanOrEqual(
    Math.max(store.clock.now() - SECONDS * 1000, stream.moments[0]?.[0] ?? fromTime),
  );
  const readable = stream.moments.slice(0, moments).filter(([time]) => time >= fromTime);
  // A few of them: each reads the log from its anchor on.
  for (let reads = 0; reads < 4 && readable.length > 0; reads++) {
    const [time, state] = readable[random.below(readable.length)] as [number, State];
    expect(await stateOf(await engine.openVolumeAt({ volumeId, time }))).toEqual(state);
  }
  for (const [snapshotId, state, since] of stream.snapshots) {
    if (since >= moments) continue;
    expect(await stateOf(await engine.openSnapshot({ snapshotId }))).toEqual(state);
  }
  return readable.length;
}

/** The power fails in one state of the disk. Returns how many moments can be read. */
async function failAt(
  core: SimCore,
  { stream, at, seed }: { stream: Stream; at: Recorded; seed: number },
): Promise<number> {
  const random = new SeededRandom(seed);
  const machine = restartMachine(forkMachine(at.machine, seed), "crash");
  const store = await core.open(machine, LIMITS);
  const engine = await Volumes.open({ store, ...SMALL });
  const expected = { moments: at.moments, random };
  const readable = await verify({ engine, store }, stream, expected);
  if (random.below(4) > 0) return readable;
  // What the crash has left is stored, thinned, and read again.
  await pass(machine, 1000);
  await (await engine.openVolume(stream)).close();
  await store.compact();
  await verify({ engine, store }, stream, expected);
  return readable;
}

test("after a power failure every kept moment that was flushed reads as it did", async () => {
  const core = await SimCore.load();
  const end = performance.now() + testBudgetMs(QUICK_MS, 0.03);
  const rate = cpuRate();
  let [recoveries, readable] = [0, 0];
  const isDone = (): boolean => recoveries >= RECOVERIES_MIN && performance.now() > end;
  for (let seed = testSeed(); !isDone(); seed++) {
    const [stream, recorded] = await record(core, seed);
    const random = new SeededRandom(seed);
    // In random order: a short run meets early and late states.
    for (let tries = recorded.length; tries > 0 && !isDone(); tries--) {
      const at = recorded[random.below(recorded.length)] as Recorded;
      try {
        readable += await failAt(core, { stream, at, seed: seed * 100_000 + tries });
      } catch (error) {
        throw new Error(`FIRN_SEED=${seed}, failure ${tries}`, { cause: error });
      }
      recoveries++;
    }
  }
  expect(readable).toBeGreaterThan(recoveries);
  printLine(`${recoveries} recoveries of histories, ${rate(recoveries)} a minute of a core`);
});
