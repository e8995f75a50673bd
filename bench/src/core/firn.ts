import { NodeFileSystem, loadHasher, makeWorkerPool, openStore, runsIndex } from "@firn/core";
import type { OpenStoreOptions, WorkerPool } from "@firn/core";
import type { DurableMap, OpenDurableMap } from "./durable-map.ts";

/** The core as it is opened by default: one transaction per put; group commit is its own. */
export const openFirn: OpenDurableMap = (directory) => openCore({ directory });

/** The core on its own sorted runs. */
export const openFirnOnRuns: OpenDurableMap = async (directory) => {
  const hasher = await loadHasher();
  const makePool = (): WorkerPool => makeWorkerPool({ sync: true, hasher });
  const index = runsIndex({ fileSystem: new NodeFileSystem(), hasher, makePool });
  return openCore({ directory, index });
};

async function openCore(options: OpenStoreOptions): Promise<DurableMap> {
  const store = await openStore(options);
  const space = await store.openKeySpace("bench");
  return {
    put: (key, value) => store.transact((tx) => tx.put(space, key, value)),
    readThenPut: (key, value) =>
      store.transact((tx) => {
        tx.get(space, key);
        tx.put(space, key, value);
      }),
    get: async (key) => (await store.get(space, key))?.length,
    page: async (key, limit) => {
      const view = store.view();
      try {
        return (await view.page(space, { gte: key, limit })).length;
      } finally {
        view.close();
      }
    },
    close: () => store.close(),
  };
}
