/** One page of a list, with where the next one begins. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly marker?: string | undefined;
}

export interface PageOptions {
  /** Entries of a page; default and maximum are the list's own. */
  readonly limit?: number | undefined;
  /** Where to begin: the `marker` of an earlier page. */
  readonly marker?: string | undefined;
}

/** A list: iterate it for its items, or take it page by page, with markers to go on from later. */
export class PagedList<T> implements AsyncIterable<T> {
  readonly #fetch: (options: PageOptions) => Promise<Page<T>>;
  readonly #options: PageOptions;

  constructor(fetch: (options: PageOptions) => Promise<Page<T>>, options: PageOptions) {
    this.#fetch = fetch;
    this.#options = options;
  }

  /** The first page, from the options' marker on. */
  page(): Promise<Page<T>> {
    return this.#fetch(this.#options);
  }

  async *pages(): AsyncGenerator<Page<T>, void, void> {
    let { marker } = this.#options;
    do {
      const page = await this.#fetch({ ...this.#options, marker });
      yield page;
      marker = page.marker;
    } while (marker !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const page of this.pages()) yield* page.items;
  }
}
