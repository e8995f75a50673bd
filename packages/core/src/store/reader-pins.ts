import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";

/** Holds back what is retired after it was taken, until it is released. */
export interface ReaderPin {
  /** Idempotent. */
  release(): void;
}

/** What waits for the readers that may still need what it takes away. */
interface Retirement {
  /** Pins with this number or a lower one were taken before. */
  readonly behindPin: number;
  readonly action: () => Promise<void>;
  readonly done: Deferred<void>;
}

/**
 * Who reads from files that compaction may replace: views, blob reads, feeds, replays, backups. A
 * file that the manifest no longer names is *retired*, not deleted: it is unlinked when every pin
 * taken before has been released. A reader pins first and looks up positions then, so whatever it
 * finds stays readable until it lets go.
 */
export class ReaderPins {
  /** In the order in which they were taken: the first one is the oldest. */
  readonly #pins = new Set<number>();
  #waiting: Retirement[] = [];
  readonly #running = new Set<Promise<void>>();
  #lastPin = 0;

  /** Pins held now. */
  get count(): number {
    return this.#pins.size;
  }

  /** Retirements that wait for a pin. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** O(1). A pin that is never released keeps its files on the disk until the store closes. */
  pin(): ReaderPin {
    const number = ++this.#lastPin;
    this.#pins.add(number);
    return {
      release: () => {
        if (this.#pins.delete(number)) this.#runReady();
      },
    };
  }

  /**
   * Runs `action` once every pin taken before this call is released, at once when there is none;
   * resolves or rejects as the action does. Nobody has to wait for it.
   */
  retire(action: () => Promise<void>): Promise<void> {
    const done = defer<void>();
    // Who does not wait must not end the process with it.
    done.promise.catch(() => undefined);
    this.#waiting.push({ behindPin: this.#lastPin, action, done });
    this.#runReady();
    return done.promise;
  }

  /** Closing: what waits is run now, for no reader is served any more; resolves behind all. */
  async drain(): Promise<void> {
    this.#pins.clear();
    this.#runReady();
    await Promise.allSettled(this.#running);
  }

  /** Later retirements wait for at least the pins that earlier ones wait for. */
  #runReady(): void {
    const [oldest = Infinity] = this.#pins;
    const firstLeft = this.#waiting.findIndex(({ behindPin }) => behindPin >= oldest);
    const ready = this.#waiting.splice(0, firstLeft < 0 ? this.#waiting.length : firstLeft);
    for (const { action, done } of ready) {
      // Not in the caller's step: releasing a pin must not throw what an unlink met.
      const run = Promise.resolve().then(action).then(done.resolve, done.reject);
      this.#running.add(run);
      void run.then(() => this.#running.delete(run));
    }
  }
}
