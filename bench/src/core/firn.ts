import { keyFromBytes, levelIndex, openStore } from "@firn/core";
import type { OpenStoreOptions } from "@firn/core";
import type { DurableMap, OpenDurableMap } from "./durable-map.ts";

/**
 * The core as it is opened by default, on sorted runs: one transaction per put; group commit is its
 * own.
 */
export const openFirn: OpenDurableMap = (directory) => openCore({ directory });

/** The core on LevelDB. */
export const openFirnOnLevel: OpenDurableMap = (directory) =>
  openCore({ directory, index: levelIndex });

/** The core with a key. */
export const openFirnSealed: OpenDurableMap = (directory) =>
  openCore({ directory, encryption: { keys: keyFromBytes({ key: Buffer.alloc(32, 1) }) } });

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
    lagBytes: async () => (await store.status()).index.lagBytes,
    close: () => store.close(),
  };
}
