import { INDEX_BATCH_KEYS } from "../constants.ts";
import { bytesOf, spacePrefix } from "../index/memtable.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { KeySpaceId, Store } from "../store-api.ts";
import { SYSTEM_SPACE, droppedKey } from "./key-spaces.ts";
import type { KeySpaces } from "./key-spaces.ts";

export interface SweptStore extends Pick<Store, "get" | "transact"> {
  /** Everything in memory goes into the index. */
  checkpoint(): Promise<void>;
}

export interface SweepHome {
  readonly spaces: Pick<KeySpaces, "dropped" | "replayed">;
  readonly index: () => OrderedIndex;
  readonly isOpen: () => boolean;
}

/**
 * Removes what the index still holds of dropped key spaces, a batch at a time: only once the drop
 * is durable, and behind a checkpoint, so that no memtable brings their keys back. A sweep that
 * ends early (the store is closed, the disk is full) goes on when the store is opened again.
 */
export async function sweepDroppedSpaces(store: SweptStore, home: SweepHome): Promise<void> {
  const { dropped, replayed } = home.spaces;
  for (const space of [...dropped]) {
    if ((await store.get(SYSTEM_SPACE, droppedKey(space))) === undefined) continue;
    if (!(await sweepSpace(space, store, home))) return;
    replayed.delete(space);
    await store.transact((tx) => tx.delete(SYSTEM_SPACE, droppedKey(space)));
  }
  for (const space of [...replayed]) {
    if (!dropped.has(space) && !(await sweepSpace(space, store, home))) return;
    replayed.delete(space);
  }
}

/** False when the store is being closed. */
async function sweepSpace(space: KeySpaceId, store: SweptStore, home: SweepHome): Promise<boolean> {
  await store.checkpoint();
  while (home.isOpen() && (await sweepBatch(space, home.index()))) continue;
  return home.isOpen();
}

/** True when there may be more. */
async function sweepBatch(space: KeySpaceId, index: OrderedIndex): Promise<boolean> {
  const bounds = { gte: bytesOf(spacePrefix(space)), lt: bytesOf(spacePrefix(space + 1)) };
  const snapshot = index.snapshot();
  try {
    const entries = await snapshot.page({ ...bounds, limit: INDEX_BATCH_KEYS });
    if (entries.length > 0) {
      await index.write(entries.map(({ key }) => ({ key, value: undefined })));
    }
    return entries.length === INDEX_BATCH_KEYS;
  } finally {
    snapshot.close();
  }
}
