/** Something that comes in pages, and can be read item by item. */
export class Paged<T, P extends { readonly items: readonly T[] }> implements AsyncIterable<T> {
  readonly #next: (after: P | undefined) => Promise<P | undefined>;

  /** `next` fetches the page behind `after`, the first one without it; `undefined` at the end. */
  constructor(next: (after: P | undefined) => Promise<P | undefined>) {
    this.#next = next;
  }

  /** Page by page, each fetched when it is asked for. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    let page = await this.#next(undefined);
    while (page !== undefined) {
      yield page;
      page = await this.#next(page);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** Everything, in memory. */
  async toArray(): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}
