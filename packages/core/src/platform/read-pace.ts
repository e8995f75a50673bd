import type { Clock } from "./clock.ts";

/** Longer than any read of a few KiB takes that the kernel answers from its page cache. */
const SLOW_MS = 0.06;
/** After a slow read so many go to a thread before one is tried here again… */
const THREADED_MIN = 64;
/** …and up to so many while those that are tried stay slow. */
const THREADED_MAX = 4096;
const THREADED_GROWTH = 4;
/** So many quick reads in a row make up for earlier slow ones. */
const QUICK_RUN = 1024;

/**
 * Whether a small read is made on the caller's own thread. One that the page cache answers takes 3
 * µs there and 30 through a thread; one that the disk answers would hold up everybody. Nobody says
 * which it will be, but the ones before it tell: as long as reads are quick they are made at once,
 * and one that was not sends the next ones to threads.
 */
export class ReadPace {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #slowMs: number;
  /** Reads left to threads before one is tried here again. */
  #threaded = 0;
  #penalty = THREADED_MIN;
  #quick = 0;

  /** @param slowMs longer than reads take that meet no disk; the default is of a few KiB. */
  constructor(clock: Pick<Clock, "monotonicMs">, slowMs: number = SLOW_MS) {
    this.#clock = clock;
    this.#slowMs = slowMs;
  }

  /** Asked once for each read: make it with `timed` when this says yes. */
  isQuick(): boolean {
    if (this.#threaded === 0) return true;
    this.#threaded--;
    return false;
  }

  timed<T>(read: () => T): T {
    const start = this.#clock.monotonicMs();
    const result = read();
    if (this.#clock.monotonicMs() - start > this.#slowMs) this.#slow();
    else if (++this.#quick === QUICK_RUN) this.#recover();
    return result;
  }

  #slow(): void {
    this.#threaded = this.#penalty;
    this.#penalty = Math.min(THREADED_MAX, this.#penalty * THREADED_GROWTH);
    this.#quick = 0;
  }

  #recover(): void {
    this.#penalty = THREADED_MIN;
    this.#quick = 0;
  }
}
