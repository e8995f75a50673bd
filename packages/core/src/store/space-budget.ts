import { coreError } from "../errors.ts";
import { pause } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { turn } from "../platform/macrotask.ts";

/** Work on the event loop before others have their turn: a durable put takes about as long. */
const SLICE_MS = 2;
/** Break behind a slice while the foreground is busy: background work gets a fifth of the time. */
const BUSY_BREAK_MS = 8;
/** Unused allowance that may pile up, in seconds: a burst never holds the disk for longer. */
const BURST_SECONDS = 0.25;
/** The longest single wait, so that a new rate or the end is noticed. */
const WAIT_MS_MAX = 100;

export interface SpaceBudgetOptions {
  /** Real time, whatever the store's: nobody turns a manual clock for the sake of compaction. */
  readonly clock: Clock;
  /** Bytes read and written per second at the most; Infinity for none. */
  readonly bytesPerSecond: number;
  /** True while foreground work waits for the disk or the event loop. Default: never. */
  readonly isBusy?: (() => boolean) | undefined;
}

/**
 * What background work (compaction, scrub, parity) may take from the foreground: bytes of the disk
 * per second, and short slices of the event loop. One per store, shared by all of it. Without a
 * limit it waits for nothing and is deterministic.
 */
export class SpaceBudget {
  readonly #clock: Clock;
  readonly #isBusy: () => boolean;
  #bytesPerSecond: number;
  /** Negative when more was taken than there was: whoever comes next waits. */
  #allowance: number;
  #refilledAt: number;
  #sliceStart: number;
  #stopped = false;

  constructor(options: SpaceBudgetOptions) {
    this.#clock = options.clock;
    this.#isBusy = options.isBusy ?? (() => false);
    this.#bytesPerSecond = options.bytesPerSecond;
    this.#allowance = options.bytesPerSecond * BURST_SECONDS;
    this.#refilledAt = this.#sliceStart = options.clock.monotonicMs();
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** From now on; who waits notices within 100 ms. */
  set bytesPerSecond(rate: number) {
    this.#refill();
    this.#bytesPerSecond = rate;
  }

  /** Before `bytes` are read or written: waits for the rate. @throws FIRN_STORE_CLOSED. */
  async take(bytes: number): Promise<void> {
    this.#assertRunning();
    if (this.#bytesPerSecond === Infinity) return;
    for (this.#refill(); this.#allowance < 0; this.#refill()) {
      const needMs = (-this.#allowance / this.#bytesPerSecond) * 1000;
      await pause(this.#clock, Math.min(Math.ceil(needMs), WAIT_MS_MAX));
      this.#assertRunning();
      if (this.#bytesPerSecond === Infinity) return;
    }
    this.#allowance -= bytes;
  }

  /**
   * Between two small steps of work: returns at once while this slice of the event loop lasts, else
   * lets others run first. @throws FIRN_STORE_CLOSED.
   */
  async slice(): Promise<void> {
    this.#assertRunning();
    if (this.#bytesPerSecond === Infinity) return;
    if (this.#clock.monotonicMs() - this.#sliceStart < SLICE_MS) return;
    await (this.#isBusy() ? pause(this.#clock, BUSY_BREAK_MS) : turn());
    this.#assertRunning();
    this.#sliceStart = this.#clock.monotonicMs();
  }

  /** Background work ends at its next step. */
  stop(): void {
    this.#stopped = true;
  }

  #refill(): void {
    const now = this.#clock.monotonicMs();
    const earned = ((now - this.#refilledAt) / 1000) * this.#bytesPerSecond;
    this.#refilledAt = now;
    if (this.#bytesPerSecond === Infinity) return;
    this.#allowance = Math.min(this.#allowance + earned, this.#bytesPerSecond * BURST_SECONDS);
  }

  #assertRunning(): void {
    if (this.#stopped) throw coreError("FIRN_STORE_CLOSED", "the store is being closed");
  }
}
