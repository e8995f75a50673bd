import { openStore } from "@firn/core";
import type { OpenDurableMap } from "./durable-map.ts";

/** The core itself: one transaction per put; group commit is its own. */
export const openFirn: OpenDurableMap = async (directory) => {
  const store = await openStore({ directory });
  const space = await store.openKeySpace("bench");
  return {
    put: (key, value) => store.transact((tx) => tx.put(space, key, value)),
    close: () => store.close(),
  };
};
