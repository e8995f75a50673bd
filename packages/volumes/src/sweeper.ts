/** Does a piece of work now and then, one at a time, until it is stopped. */
import type { Clock } from "@firn/core";

export class Sweeper {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Runs `work` for the first time when the period has passed. */
  start(work: () => Promise<void>): void {
    this.#cancel = this.#clock.schedule(this.#everyMs, () => {
      // What failed is tried again with the next turn; a failed store says so itself.
      this.#running = work()
        .catch(() => undefined)
        .finally(() => {
          if (!this.#stopped) this.start(work);
        });
    });
  }

  /** Resolves when the work that was under way has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }
}
