import { SCRUB_RATE_BYTES } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { keepAlive } from "../platform/keep-alive.ts";
import type { ScrubOptions, ScrubReport, ScrubStatus } from "../status-api.ts";
import { SpaceBudget } from "../store/space-budget.ts";
import type { ScrubContext } from "./scrub-context.ts";
import { ScrubJournal } from "./scrub-journal.ts";
import type { JournalStore } from "./scrub-journal.ts";
import { ScrubPass } from "./scrub-pass.ts";

export interface StoreScrubberParts {
  /** As the manifest names the store. */
  readonly storeId: string;
  readonly context: Omit<ScrubContext, "pace">;
  /** Real time. */
  readonly clock: Clock;
  /** True while foreground work waits: the scrub stands back. */
  readonly isBusy: () => boolean;
  readonly store: () => JournalStore;
}

/** Scrubs an open store, one pass at a time, at a set rate, behind everything else. */
export class StoreScrubber {
  readonly #parts: StoreScrubberParts;
  readonly #journal: ScrubJournal;
  #budget: SpaceBudget | undefined;
  #pass: ScrubPass | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: StoreScrubberParts) {
    this.#parts = parts;
    this.#journal = new ScrubJournal(parts.store);
  }

  /**
   * Verifies every byte of every live file, and repairs what parity allows.
   * @throws FIRN_SCRUB_RUNNING, FIRN_STORE_CLOSED, and the signal's reason.
   */
  async scrub(options: ScrubOptions = {}): Promise<ScrubReport> {
    if (this.#stopped) throw coreError("FIRN_STORE_CLOSED", "the store was closed");
    if (this.#budget !== undefined) {
      throw coreError("FIRN_SCRUB_RUNNING", "a scrub is under way; wait until it has ended");
    }
    const { clock, isBusy } = this.#parts;
    const bytesPerSecond = options.rate ?? SCRUB_RATE_BYTES;
    const budget = new SpaceBudget({ clock, isBusy, bytesPerSecond });
    this.#budget = budget;
    const run = keepAlive(() => this.#run(options, budget)).finally(() => {
      this.#budget = undefined;
      this.#pass = undefined;
    });
    this.#ended = run.catch(() => undefined);
    return run;
  }

  async status(): Promise<ScrubStatus> {
    const { last } = await this.#journal.read();
    return {
      running: this.#budget !== undefined,
      bytes: this.#pass?.bytes ?? 0,
      totalBytes: this.#pass?.totalBytes ?? 0,
      lastFinishedAtMs: last?.finishedAtMs,
      problems: last?.problems ?? 0,
      repaired: last?.repaired ?? 0,
    };
  }

  /** Breaks a pass off; the next one goes on about where it was. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#budget?.stop();
    await this.#ended;
  }

  async #run(options: ScrubOptions, budget: SpaceBudget): Promise<ScrubReport> {
    const { context, clock } = this.#parts;
    const startedAt = clock.monotonicMs();
    const { position } = await this.#journal.read();
    const pass = new ScrubPass(
      { ...context, pace: budget },
      {
        from: options.resume === false ? undefined : position,
        onProgress: options.onProgress,
        signal: options.signal,
        onPosition: (reached) => this.#journal.moved(reached, pass.bytes),
      },
    );
    this.#pass = pass;
    await pass.run();
    const { bytes, files, repaired, problems } = pass;
    const counts = { problems: problems.length, repaired: repaired.length };
    await this.#journal.finished({ finishedAtMs: clock.now(), ...counts });
    const durationMs = Math.round(clock.monotonicMs() - startedAt);
    return { storeId: this.#parts.storeId, files, bytes, durationMs, repaired, problems };
  }
}
