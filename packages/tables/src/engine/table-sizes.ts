import type { KeySpaceId, Store } from "@firn/core";
import { LRUCache } from "lru-cache";
import {
  COUNT_COST_FACTOR,
  COUNT_INLINE_PAGES,
  COUNT_PAGE_ENTRIES,
  TABLE_CACHE_ENTRIES,
} from "../constants.ts";
import { StoredItem } from "./stored-item.ts";

/** Items of a table or entries of an index, and their size as DynamoDB counts it. */
export interface SpaceSize {
  readonly items: number;
  readonly bytes: number;
}

interface Counted extends SpaceSize {
  /** Real time at which the count ended, and what it took. */
  readonly atMs: number;
  readonly tookMs: number;
}

/**
 * What DescribeTable says of sizes. Small tables are counted when they are asked for, and exact.
 * Large ones are counted in the background, and again when a hundred times as much time has passed
 * as the count took: DynamoDB itself counts every six hours or so.
 */
export class TableSizes {
  /** Made for the first large table: its places are allocated at once. */
  #known: LRUCache<KeySpaceId, Counted> | undefined;
  readonly #running = new Map<KeySpaceId, Promise<void>>();
  #stopped = false;

  /** The newest count, which may be of the past. Waits for that of a small table. */
  async of(store: Store, space: KeySpaceId): Promise<SpaceSize> {
    const known = this.#known?.get(space);
    const now = store.clock.monotonicMs();
    if (known !== undefined && now < known.atMs + COUNT_COST_FACTOR * known.tookMs) return known;
    if (this.#running.has(space)) return known ?? { items: 0, bytes: 0 };
    const count = new Count(store, space);
    for (let page = 0; page < COUNT_INLINE_PAGES; page++) {
      if (await count.step()) return count;
    }
    const work = this.#finish(store, space, count).finally(() => this.#running.delete(space));
    // A table that was deleted meanwhile needs no count.
    this.#running.set(
      space,
      work.catch(() => undefined),
    );
    return known ?? count;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running.values());
  }

  async #finish(store: Store, space: KeySpaceId, count: Count): Promise<void> {
    const startedMs = store.clock.monotonicMs();
    while (!this.#stopped) {
      if (!(await count.step())) continue;
      const { items, bytes } = count;
      const atMs = store.clock.monotonicMs();
      this.#known ??= new LRUCache({ max: TABLE_CACHE_ENTRIES });
      this.#known.set(space, { items, bytes, atMs, tookMs: atMs - startedMs });
      return;
    }
  }
}

/** A walk over one key space, a page at a time, each as of its own moment. */
class Count implements SpaceSize {
  items = 0;
  bytes = 0;
  readonly #store: Store;
  readonly #space: KeySpaceId;
  #after: Uint8Array | undefined;

  constructor(store: Store, space: KeySpaceId) {
    this.#store = store;
    this.#space = space;
  }

  /** Counts a page; true at the end. */
  async step(): Promise<boolean> {
    const view = this.#store.view();
    try {
      const limit = COUNT_PAGE_ENTRIES;
      const after = this.#after;
      const page = { ...(after === undefined ? {} : { gt: after }), limit };
      const entries = await view.page(this.#space, page);
      this.items += entries.length;
      for (const { value } of entries) this.bytes += StoredItem.decode(value).bytes;
      this.#after = entries.at(-1)?.key;
      return entries.length < limit;
    } finally {
      view.close();
    }
  }
}
