import { SimCore, latin1, latin1Bytes, makeMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { defer } from "../deferred.ts";
import type { IndexFactory, OrderedIndex } from "../index/ordered-index.ts";

let core: SimCore;
beforeAll(async () => {
  core = await SimCore.load();
});

/** An index whose pages, read at once, are handed over when a gate lets them. */
class GatedIndex implements IndexFactory {
  /** Called with each page that was read. */
  onPage: () => Promise<void> = async () => {};
  readonly #factory: IndexFactory;

  constructor(factory: IndexFactory) {
    this.#factory = factory;
  }

  async open(directory: string, tag: string): Promise<OrderedIndex> {
    const index = await this.#factory.open(directory, tag);
    const snapshot = index.snapshot.bind(index);
    index.snapshot = () => {
      const taken = snapshot();
      return {
        getSync: (key) => taken.getSync(key),
        page: async (page) => {
          const entries = await taken.page(page);
          await this.onPage();
          return entries;
        },
        close: () => taken.close(),
      };
    };
    return index;
  }

  destroy: IndexFactory["destroy"] = (directory, fileSystem) =>
    this.#factory.destroy(directory, fileSystem);
}

for (const declared of [true, false]) {
  const how = declared ? "declared" : "met";
  test(`a range that is ${how} sees what was flushed while it was fetched`, async () => {
    const machine = makeMachine(1);
    const index = new GatedIndex(machine.index);
    const store = await core.open({ ...machine, index });
    const space = await store.openKeySpace("things");
    const put = (key: string): Promise<void> =>
      store.transact((tx) => tx.put(space, latin1Bytes(key), latin1Bytes(key)));
    for (const key of ["a", "c"]) await put(key);
    await store.checkpoint();
    for (const key of ["b", "e"]) await put(key);
    await store.transact((tx) => tx.delete(space, latin1Bytes("c")));
    const fetched = defer<void>();
    const gate = defer<void>();
    index.onPage = () => {
      fetched.resolve(undefined);
      return gate.promise;
    };
    const page = { limit: 9 };
    const keys = store.transact(
      (tx) => tx.range(space, page).map(({ key }) => latin1(key)),
      declared ? { ranges: [[space, page]] } : undefined,
    );
    await fetched.promise;
    // What the page lacks goes out of memory, and what comes after that is in no page either.
    await store.checkpoint();
    await put("d");
    gate.resolve(undefined);
    expect(await keys).toEqual(["a", "b", "d", "e"]);
    await store.close();
  });
}
