import { checkStore, loadHasher, openStore } from "@firn/core";
import type { Hasher, LogStore, OpenLimits } from "@firn/core";
import type { CrashRunnerOptions, OpenedCore, SimMachine } from "./crash-runner.ts";

export const SIM_DIRECTORY = "/data";

/** Small enough that a short history rolls segments, flushes memtables and fills the queue. */
export const SIM_LIMITS: OpenLimits = {
  segmentBytes: 6 * 1024,
  extentSegmentBytes: 256 * 1024,
  prepareBytes: 2048,
  memtableBytes: 8 * 1024,
  memtableKeys: 24,
  replayBytes: 32 * 1024,
  queueBytes: 8 * 1024,
  cacheBytes: 4096,
  openFiles: 4,
};

/** The core on simulated machines; one hasher serves all of them. */
export class SimCore {
  readonly #hasher: Hasher;

  private constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  static async load(): Promise<SimCore> {
    return new SimCore(await loadHasher());
  }

  /** What a `CrashRunner` needs to run the core. */
  options(seed: number): CrashRunnerOptions {
    return {
      seed,
      turn,
      open: (machine) => this.#openForHistory(machine),
      check: (machine) => this.check(machine),
    };
  }

  open(machine: SimMachine, limits?: Partial<OpenLimits>): Promise<LogStore> {
    const all = { ...SIM_LIMITS, ...limits };
    return openStore({ directory: SIM_DIRECTORY, ...machine, hasher: this.#hasher, limits: all });
  }

  /** What `firn check` finds wrong. */
  async check(machine: SimMachine): Promise<string[]> {
    const { fileSystem, index } = machine;
    const place = { directory: SIM_DIRECTORY, fileSystem, index, hasher: this.#hasher };
    const { problems } = await checkStore(place);
    return problems.map((problem) => JSON.stringify(problem));
  }

  async #openForHistory(machine: SimMachine): Promise<OpenedCore> {
    const store = await this.open(machine);
    return { store, checkpoint: () => store.checkpoint() };
  }
}

/** Resolves behind everything that is ready now. */
export function turn(): Promise<void> {
  // oxlint-disable-next-line no-restricted-globals -- a turn of the loop, not a timer
  return new Promise((resolve) => setImmediate(resolve));
}
