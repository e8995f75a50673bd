/** A list of the catalog in the order of its ids, read page by page as it is consumed. */
import { LIST_PAGE } from "./constants.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it as `after` to go on; `undefined` behind the last page. */
  readonly next: string | undefined;
}

export interface PageOptions {
  /** Items per page, 1 to 500, default 500. */
  readonly limit?: number | undefined;
  /** Only items behind this id. */
  readonly after?: string | undefined;
}

/** Fetches up to `limit` items behind the id `after`. */
export type FetchPage<T> = (limit: number, after: string | undefined) => Promise<readonly T[]>;

export class Listing<T> implements AsyncIterable<T> {
  readonly #fetch: FetchPage<T>;
  readonly #idOf: (item: T) => string;

  constructor(fetch: FetchPage<T>, idOf: (item: T) => string) {
    this.#fetch = fetch;
    this.#idOf = idOf;
  }

  async *pages(options: PageOptions = {}): AsyncIterableIterator<Page<T>> {
    const limit = Math.max(1, Math.min(options.limit ?? LIST_PAGE, LIST_PAGE));
    let after = options.after;
    do {
      const items = await this.#fetch(limit, after);
      const last = items.at(-1);
      after = items.length < limit || last === undefined ? undefined : this.#idOf(last);
      yield { items, next: after };
    } while (after !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<T> {
    for await (const page of this.pages()) yield* page.items;
  }
}
