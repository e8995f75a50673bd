import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";

/** A fixed number of places. Whoever finds none free waits; who came first is served first. */
export class Slots {
  #free: number;
  readonly #waiting: Deferred<void>[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with a place taken, to be given back exactly once. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const turn = defer<void>();
    this.#waiting.push(turn);
    await turn.promise;
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.resolve(undefined);
  }
}
