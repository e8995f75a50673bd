import { ManualClock, SeededRandom, checkStore, keyFromBytes, loadHasher } from "@firn/core";
import { DirectoryTarget, backupNumbers, openStore, restoreBackup } from "@firn/core";
import type { FileSystem, Hasher, IndexFactory, LogStore, OpenLimits } from "@firn/core";
import type { EncryptionOption, ParityOptions } from "@firn/core";
import { SimFileSystem } from "../disk/sim-file-system.ts";
import { SimIndex } from "../index/sim-index.ts";
import { SimTime } from "./sim-time.ts";
import type { StoreCopies } from "./copy-actions.ts";
import type { CrashRunnerOptions, OpenedCore, SimMachine } from "./crash-runner-options.ts";

export const SIM_DIRECTORY = "/data";
const BACKUPS_DIRECTORY = "/backups";
const COPY_DIRECTORY = "/copy";
/** More fill the disk, and the runner's time. */
const BACKUPS_KEPT = 2;

/** Small enough that a short history rolls segments, flushes memtables and fills the queue. */
export const SIM_LIMITS: OpenLimits = {
  segmentBytes: 6 * 1024,
  extentSegmentBytes: 256 * 1024,
  prepareBytes: 2048,
  freshGroupBytes: Infinity,
  memtableBytes: 8 * 1024,
  memtableKeys: 24,
  replayBytes: 32 * 1024,
  queueBytes: 8 * 1024,
  cacheBytes: 4096,
  openFiles: 4,
  backgroundBytesPerSecond: Infinity,
  flushRetryMs: 0,
};

/** An index that does its I/O on the simulated disk. */
export type MakeIndex = (fileSystem: FileSystem, hasher: Hasher) => IndexFactory;

interface MoreOptions {
  readonly directory?: string | undefined;
  readonly parity?: ParityOptions | undefined;
  readonly encryption?: EncryptionOption;
}

/** A machine whose parts a test can get at. */
export interface OpenMachine extends SimMachine {
  readonly fileSystem: SimFileSystem;
  readonly index: SimIndex;
  readonly clock: ManualClock;
}

export function makeMachine(seed: number): OpenMachine {
  return {
    fileSystem: new SimFileSystem({ seed }),
    index: new SimIndex({ seed }),
    clock: new ManualClock(1_700_000_000_000),
    random: new SeededRandom(seed),
  };
}

/** The machine after a power failure, or after the process alone has ended. */
export function restartMachine(machine: OpenMachine, how: "crash" | "kill"): OpenMachine {
  const fileSystem = how === "crash" ? machine.fileSystem.crash() : machine.fileSystem.kill();
  const clock = new ManualClock(machine.clock.now());
  return { ...machine, fileSystem, index: machine.index.crash(), clock };
}

/** The same state twice: what is done to the copy does not show in the original. */
export function forkMachine(machine: OpenMachine, seed: number): OpenMachine {
  const fileSystem = machine.fileSystem.fork(seed);
  const clock = new ManualClock(machine.clock.now());
  return { fileSystem, index: machine.index.fork(seed), clock, random: new SeededRandom(seed) };
}

/** The core on simulated machines; one hasher serves all of them. */
export class SimCore {
  readonly #hasher: Hasher;

  private constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  static async load(): Promise<SimCore> {
    return new SimCore(await loadHasher());
  }

  /** What a `CrashRunner` needs to run the core, over the simulated index or another. */
  options(seed: number, makeIndex?: MakeIndex, parity?: ParityOptions): CrashRunnerOptions {
    const equip = (machine: SimMachine): SimMachine =>
      makeIndex === undefined
        ? machine
        : { ...machine, index: makeIndex(machine.fileSystem, this.#hasher) };
    const more = { parity, encryption: drawEncryption(seed) };
    return {
      seed,
      turn,
      open: (machine) => this.#openForHistory(equip(machine), drawLimits(seed), more),
      check: (machine) => this.check(equip(machine)),
    };
  }

  open(machine: SimMachine, limits?: Partial<OpenLimits>, more?: MoreOptions): Promise<LogStore> {
    const all = { ...SIM_LIMITS, ...limits };
    const realTime = new SimTime();
    const home = { ...machine, realTime, hasher: this.#hasher };
    const { directory = SIM_DIRECTORY, ...rest } = more ?? {};
    return openStore({ ...home, limits: all, ...rest, directory });
  }

  /** What `firn check` finds wrong. */
  async check(machine: SimMachine): Promise<string[]> {
    const { fileSystem, index } = machine;
    const place = { directory: SIM_DIRECTORY, fileSystem, index, hasher: this.#hasher };
    const { problems } = await checkStore(place);
    return problems.map((problem) => JSON.stringify(problem));
  }

  async #openForHistory(
    machine: SimMachine,
    limits: OpenLimits,
    more: MoreOptions,
  ): Promise<OpenedCore> {
    const store = await this.open(machine, limits, more);
    const copies = this.#copies(store, machine, more);
    return { store, checkpoint: () => store.checkpoint(), tend: tending(store), copies };
  }

  #copies(store: LogStore, machine: SimMachine, more: MoreOptions): StoreCopies {
    const { fileSystem, index } = machine;
    const hasher = this.#hasher;
    const target = new DirectoryTarget(BACKUPS_DIRECTORY, fileSystem);
    return {
      backup: () => store.backups.run({ target, keep: BACKUPS_KEPT }),
      restore: async (read) => {
        const number = (await backupNumbers(target)).at(-1);
        if (number === undefined) return undefined;
        const directory = COPY_DIRECTORY;
        const random = new SeededRandom(number);
        // What a crash has left of another one is no empty directory.
        await fileSystem.remove(directory);
        const from = { source: target, directory, number, fileSystem, index, hasher, random };
        const { problems } = (await restoreBackup(from)).check;
        if (problems.length > 0) throw new Error(`a restore finds ${JSON.stringify(problems)}`);
        const copy = await this.open({ ...machine, random }, {}, { ...more, directory });
        try {
          return { number, found: await read(copy) };
        } finally {
          await copy.close();
          await fileSystem.remove(directory);
        }
      },
    };
  }
}

function tending(store: LogStore): OpenedCore["tend"] {
  return {
    makeParity: () => store.care.parity.run(),
    scrub: async () => {
      const { problems } = await store.scrub({ rate: Infinity, resume: false });
      return problems.map((problem) => JSON.stringify(problem));
    },
    rebuildIndex: () => store.care.indexDamaged("a history says so"),
  };
}

/** One store in four is encrypted, under the same key in all of its processes. */
function drawEncryption(seed: number): EncryptionOption {
  if (seed % 4 !== 1) return undefined;
  const random = new SeededRandom(seed);
  return { keys: keyFromBytes({ key: new Uint8Array(32).fill(7), random }) };
}

/** Limits that differ from history to history: each set makes other things happen together. */
function drawLimits(seed: number): OpenLimits {
  const random = new SeededRandom(seed);
  const scaled = (bytes: number): number => Math.ceil(bytes * 2 ** (random.below(5) - 2));
  return {
    segmentBytes: scaled(SIM_LIMITS.segmentBytes),
    extentSegmentBytes: scaled(SIM_LIMITS.extentSegmentBytes),
    prepareBytes: scaled(SIM_LIMITS.prepareBytes),
    memtableBytes: scaled(SIM_LIMITS.memtableBytes),
    memtableKeys: scaled(SIM_LIMITS.memtableKeys),
    replayBytes: scaled(SIM_LIMITS.replayBytes),
    queueBytes: scaled(SIM_LIMITS.queueBytes),
    cacheBytes: scaled(SIM_LIMITS.cacheBytes),
    openFiles: scaled(SIM_LIMITS.openFiles),
    backgroundBytesPerSecond: SIM_LIMITS.backgroundBytesPerSecond,
    flushRetryMs: SIM_LIMITS.flushRetryMs,
    // Some logs leave room as it is, now and then or always.
    freshGroupBytes: random.below(2) === 0 ? Infinity : 200 * random.below(2),
  };
}

/** Resolves behind everything that is ready now. */
export function turn(): Promise<void> {
  // oxlint-disable-next-line no-restricted-globals -- a turn of the loop, not a timer
  return new Promise((resolve) => setImmediate(resolve));
}
