/**
 * Many power failures out of one run of a history. At each request that changes the disk the
 * machine is copied as it stands (pages are shared until somebody writes to them); when the history
 * is over, the power fails on each copy, a store recovers from what is left, and everything that it
 * holds is compared with what the model allowed at that moment. A failure then costs one recovery,
 * not one history: fifty to a hundred times as many in the same time.
 */
import { ManualClock, SeededRandom } from "@firn/core";
import type { CrashOptions } from "../disk/crash-options.ts";
import type { DiskOperation, DiskRequest } from "../disk/disk-fault.ts";
import type { SimFileSystem } from "../disk/sim-file-system.ts";
import type { SimIndex } from "../index/sim-index.ts";
import type { CoreModel } from "../model/core-model.ts";
import type { CommittedPins } from "../model/committed-pins.ts";
import { asOfFault } from "./as-of.ts";
import type { OpenedCore, SimMachine } from "./crash-runner-options.ts";
import { readCore } from "./read-core.ts";
import { waitTurns } from "./wait-turns.ts";

/** What a power failure finds: the machine, and what may be expected of it. */
export interface ProbedState {
  readonly disk: SimFileSystem;
  readonly index: SimIndex;
  readonly model: CoreModel;
  readonly pins: CommittedPins;
}

export interface CrashProbesOptions {
  readonly seed: number;
  readonly open: (machine: SimMachine) => Promise<OpenedCore>;
  /** Resolves behind everything that is ready now. */
  readonly turn: () => Promise<void>;
  /** The failures to try on a copy with so many pending changes. Default: one at random. */
  readonly failures?: ((pending: number) => Iterable<CrashOptions>) | undefined;
  /** Requests of a history at which the power fails, chosen at random. Default 40. */
  readonly copiesMax?: number | undefined;
  /** `steps`: only requests between the first boot and the last crash. Default `all`. */
  readonly scope?: "all" | "steps" | undefined;
  /** So many recoveries of 16 are cut off by another power failure. Default 2. */
  readonly againOf16?: number | undefined;
}

/** As many as make a history's own cost small beside theirs. */
const COPIES_MAX = 40;
/** Reads change nothing, and locks, lists and directories of the same name neither. */
const CHANGING: ReadonlySet<DiskOperation> = new Set([
  "open",
  "write",
  "sync",
  "makeDirectory",
  "rename",
  "remove",
  "syncDirectory",
]);
/** Restarts that find the (simulated) index gone. */
const INDEX_LOSS_ONE_IN = 8;
/** A recovery that is cut off is cut off before it has made so many requests. */
const AGAIN_REQUESTS = 60;
/** Recovered stores of which a view at an older LSN is opened. */
const LOOK_BACK_ONE_IN = 4;
const START_MS = 1_700_000_000_000;

interface Copy extends ProbedState {
  readonly request: DiskRequest;
}

export class CrashProbes {
  /** Stores that recovered after a power failure and held what they should. */
  recoveries = 0;
  /** Requests at which the power failed. */
  sites = 0;
  readonly #options: CrashProbesOptions;
  readonly #random: SeededRandom;
  /** Requests that may be noted come now. */
  isOn: boolean;
  readonly #copies: Copy[] = [];
  #noted = 0;

  constructor(options: CrashProbesOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.isOn = options.scope !== "steps";
  }

  /** The steps of a history begin, or have ended. */
  steps(begin: boolean): void {
    if (this.#options.scope === "steps") this.isOn = begin;
  }

  /** Keeps a copy of the machine as it is when the request is made. */
  note({ disk, index, model, pins }: ProbedState, request: DiskRequest): void {
    if (!this.isOn || !CHANGING.has(request.operation)) return;
    const place = this.#placeOf(this.#noted++);
    if (place === undefined) return;
    const copy = { disk: disk.fork(this.#seed()), index: index.fork(this.#seed()) };
    this.#copies[place] = { ...copy, model: model.fork(), pins: pins.fork(), request };
  }

  /** Each request has the same chance to be among those that are kept. */
  #placeOf(number: number): number | undefined {
    const max = this.#options.copiesMax ?? COPIES_MAX;
    const place = number < max ? number : this.#random.below(number + 1);
    return place < max ? place : undefined;
  }

  /** Fails the power on each copy. @throws an error that names the request and what is wrong. */
  async run(): Promise<void> {
    this.#noted = 0;
    for (let copy = this.#copies.shift(); copy !== undefined; copy = this.#copies.shift()) {
      this.sites++;
      const failures = this.#options.failures?.(copy.disk.pending().length) ?? [{}];
      for (const failure of failures) await this.#fail(copy, failure);
    }
  }

  async #fail(copy: Copy, failure: CrashOptions): Promise<void> {
    const { disk, index, request } = copy;
    const state = { ...copy, disk: disk.fork(this.#seed()), index: index.fork(this.#seed()) };
    try {
      await this.#recover(state, failure);
    } catch (error) {
      const { number, operation, path } = request;
      const where = `power failed at request ${number}, ${operation} of ${path}`;
      throw new Error(`${where}: ${String((error as Error).message)}`, { cause: error });
    }
  }

  async #recover(state: ProbedState, failure: CrashOptions): Promise<void> {
    let { disk, index } = state;
    let down = true;
    for (let options = failure; down; options = {}) {
      disk = disk.crash(options);
      disk.capacityBytes = Infinity;
      index = this.#random.below(INDEX_LOSS_ONE_IN) === 0 ? index.lost() : index.crash();
      const endsAt = this.#endsAt();
      down = false;
      disk.hook = ({ number }) => {
        if (number !== endsAt) return undefined;
        down = true;
        return "halt";
      };
      await this.#open(state, { disk, index, isDown: () => down });
    }
    disk.kill();
    this.recoveries++;
  }

  /** The request at which the power fails again. */
  #endsAt(): number {
    const again = this.#random.below(16) < (this.#options.againOf16 ?? 2);
    return again ? 1 + this.#random.below(AGAIN_REQUESTS) : Infinity;
  }

  async #open(
    state: ProbedState,
    machine: {
      readonly disk: SimFileSystem;
      readonly index: SimIndex;
      readonly isDown: () => boolean;
    },
  ): Promise<void> {
    const { disk: fileSystem, index, isDown } = machine;
    const clock = new ManualClock(START_MS + this.#random.below(100_000));
    const random = new SeededRandom(this.#seed());
    const wait = { turn: this.#options.turn, isDown };
    const opening = this.#options.open({ fileSystem, index, clock, random });
    const opened = await waitTurns(opening, { ...wait, what: "open" });
    if (opened === undefined) return;
    const model = state.model.fork();
    const pins = state.pins.fork();
    const { store } = opened;
    const reading = readCore(store, model);
    const found = await waitTurns(reading, { ...wait, what: "read everything" });
    if (found === undefined) return;
    const wrong = model.recover(found) ?? pins.recover(store.pins());
    if (wrong !== undefined) throw new Error(wrong);
    if (this.#random.below(LOOK_BACK_ONE_IN) > 0) return;
    const { lsn = 1 } = model.entries[this.#random.below(model.entries.length + 1)] ?? {};
    const looking = asOfFault({ store, model, pins }, lsn);
    const fault = await waitTurns(looking, { ...wait, what: "look back" });
    if (fault !== undefined) throw new Error(fault);
  }

  #seed(): number {
    return this.#random.below(2 ** 32);
  }
}
