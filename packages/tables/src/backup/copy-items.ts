import type { Entry, KeySpaceId, ReadView, Store, Transaction } from "@firn/core";
import { COPY_ENTRIES } from "../constants.ts";

export interface CopyOptions {
  /** What is read: a key space as of a view. */
  readonly view: ReadView;
  readonly from: KeySpaceId;
  readonly to: KeySpaceId;
  readonly signal: AbortSignal;
  /** Writes one entry to where it goes, with all that belongs to it. */
  write(tx: Transaction, entry: Entry): void;
}

/**
 * Copies a key space in steps, each a transaction. It goes on behind the last key that is there, so
 * that a copy which was broken off needs no other mark. False when it was broken off now.
 */
export async function copyItems(store: Store, options: CopyOptions): Promise<boolean> {
  const { view, from, to, signal } = options;
  let after = await lastKey(store, to);
  for (;;) {
    if (signal.aborted) return false;
    const start = after === undefined ? {} : { gt: after };
    const entries = await view.page(from, { ...start, limit: COPY_ENTRIES });
    if (entries.length > 0) {
      await store.transact((tx) => {
        for (const entry of entries) options.write(tx, entry);
      });
    }
    if (entries.length < COPY_ENTRIES) return true;
    after = entries.at(-1)?.key;
  }
}

async function lastKey(store: Store, space: KeySpaceId): Promise<Uint8Array | undefined> {
  const view = store.view();
  try {
    const [last] = await view.page(space, { reverse: true, limit: 1 });
    return last?.key;
  } finally {
    view.close();
  }
}
