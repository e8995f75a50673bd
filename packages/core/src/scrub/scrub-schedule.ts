import type { Clock } from "../platform/clock.ts";
import type { ScrubOptions, ScrubReport, ScrubStatus } from "../status-api.ts";

export interface ScrubScheduleParts {
  readonly scrub: (options: ScrubOptions) => Promise<ScrubReport>;
  readonly status: () => Promise<ScrubStatus>;
  /** Real time. */
  readonly clock: Clock;
  readonly everyMs: number;
  readonly rate?: number | undefined;
  readonly onReport?: ((report: ScrubReport) => void) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A restart is no reason to scrub at once: whatever it was for comes first. */
const START_DELAY_MS = 60_000;

/** Scrubs a store every so often, counted from the end of the last whole pass. */
export class ScrubSchedule {
  readonly #parts: ScrubScheduleParts;
  readonly #abort = new AbortController();
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(parts: ScrubScheduleParts) {
    this.#parts = parts;
  }

  static async start(parts: ScrubScheduleParts): Promise<ScrubSchedule> {
    const schedule = new ScrubSchedule(parts);
    await schedule.#next();
    return schedule;
  }

  /** Breaks a pass off that it began. Idempotent. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancel?.();
    await this.#running;
  }

  async #next(): Promise<void> {
    const { status, clock, everyMs } = this.#parts;
    const { lastFinishedAtMs } = await status();
    const dueIn = lastFinishedAtMs === undefined ? 0 : lastFinishedAtMs + everyMs - clock.now();
    if (this.#abort.signal.aborted) return;
    // Whoever turns the clock back waits no longer than one round.
    const delayMs = Math.max(START_DELAY_MS, Math.min(everyMs, dueIn));
    this.#cancel = clock.schedule(delayMs, () => {
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { scrub, rate, onReport, onError } = this.#parts;
    const { signal } = this.#abort;
    try {
      onReport?.(await scrub({ rate, signal }));
    } catch (error) {
      if (!signal.aborted) onError?.(error);
    }
    if (!signal.aborted) await this.#next().catch((error: unknown) => onError?.(error));
  }
}
