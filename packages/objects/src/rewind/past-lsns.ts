import type { Lsn, Store } from "@firn/core";

const KEPT_MAX = 256;

/** LSNs of moments that were asked for: finding one reads up to a segment of the log. */
export class PastLsns {
  readonly #kept = new Map<number, Lsn>();

  /** The last commit at or before that time. */
  async at(store: Store, timeMs: number): Promise<Lsn> {
    const kept = this.#kept.get(timeMs);
    if (kept !== undefined) return kept;
    const lsn = await store.lsnAt(timeMs);
    // Of a moment that is not over there may be more commits.
    if (timeMs >= store.clock.now()) return lsn;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(timeMs, lsn);
    return lsn;
  }
}
