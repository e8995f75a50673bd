/**
 * What a list call returns: iterate it for every item, or `pages()` for pages with their tokens.
 * Nothing is read before the first is asked for; each page is a read of its own.
 */
export class PagedList<Item, Page> implements AsyncIterable<Item> {
  /** How its pages are read: for lists that read them in another place. */
  readonly source: PageSource<Item, Page>;

  constructor(source: PageSource<Item, Page>) {
    this.source = source;
  }

  async *pages(): AsyncIterableIterator<Page> {
    let page: Page | undefined = await this.source.first();
    while (page !== undefined) {
      yield page;
      page = await this.source.behind(page);
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Item> {
    for await (const page of this.pages()) yield* this.source.items(page);
  }
}

export interface PageSource<Item, Page> {
  first(): Promise<Page>;
  /** The next page, or `undefined` behind the last. */
  behind(page: Page): Promise<Page | undefined>;
  items(page: Page): Iterable<Item>;
}
