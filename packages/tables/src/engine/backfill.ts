import { FirnError } from "@firn/core";
import type { Entry, KeySpaceId, Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { BACKFILL_ENTRIES } from "../constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { addExpiry } from "./expiry.ts";
import { addEntry } from "./index-entries.ts";
import { ItemImage } from "./item-image.ts";

/** A space beside a table that has yet to hear of the table's older items. */
interface Filling {
  readonly table: TableRecord;
  readonly space: KeySpaceId;
  add(tx: Transaction, item: { readonly key: Uint8Array; readonly image: ItemImage }): void;
}

/**
 * Fills new global indexes, and the expiries of a new time to live, behind the scenes: a
 * transaction for each few items, so that every entry is that of the item as it is. Begins anew
 * after a restart; adding an entry twice changes nothing.
 */
export class Backfills {
  readonly #running = new Map<KeySpaceId, Promise<void>>();
  #stopped = false;

  /** Starts filling what is to be filled of a table. */
  start(context: EngineContext, table: TableRecord): void {
    for (const filling of fillingsOf(table)) {
      const { space } = filling;
      if (this.#running.has(space)) continue;
      const work = this.#fill(context, filling).finally(() => this.#running.delete(space));
      // A store that failed is everybody's error; the index stays unreadable until it is reopened.
      this.#running.set(
        space,
        work.catch(() => undefined),
      );
    }
  }

  /** Stops at the next step. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running.values());
  }

  async #fill(context: EngineContext, filling: Filling): Promise<void> {
    try {
      let after: Uint8Array | undefined;
      do {
        if (this.#stopped) return;
        after = await fillSome(context, filling, after);
      } while (after !== undefined);
      await finish(context, filling);
    } catch (error) {
      // The table or the index was deleted meanwhile.
      if (error instanceof FirnError && error.code === "FIRN_KEY_SPACE_NOT_FOUND") return;
      throw error;
    }
  }
}

function fillingsOf(table: TableRecord): Filling[] {
  const fillings: Filling[] = table.globalIndexes
    .filter(({ backfilling }) => backfilling === true)
    .map((index) => ({
      table,
      space: index.space,
      add: (tx, item) => addEntry(tx, { table, index }, item),
    }));
  if (table.timeToLive?.backfilling === true) {
    const { space } = table.timeToLive;
    fillings.push({ table, space, add: (tx, item) => addExpiry(tx, table, item) });
  }
  return fillings;
}

/** The key behind which to go on; `undefined` at the end. */
function fillSome(
  { store }: EngineContext,
  filling: Filling,
  after: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  const { space } = filling.table;
  const page = { ...(after === undefined ? {} : { gt: after }), limit: BACKFILL_ENTRIES };
  return store.transact(
    (tx) => {
      const entries: Entry[] = tx.range(space, page);
      for (const { key, value } of entries) {
        filling.add(tx, { key, image: ItemImage.ofValue(value) });
      }
      return entries.length < BACKFILL_ENTRIES ? undefined : entries.at(-1)?.key;
    },
    { ranges: [[space, page]] },
  );
}

async function finish({ catalog, scope }: EngineContext, filled: Filling): Promise<void> {
  const { table, space } = filled;
  await catalog.change(scope, table.name, (present) => {
    if (present?.id !== table.id) return present;
    const globalIndexes = present.globalIndexes.map((index) =>
      index.space === space ? { ...index, backfilling: undefined } : index,
    );
    const { timeToLive } = present;
    return {
      ...present,
      globalIndexes,
      timeToLive:
        timeToLive?.space === space ? { ...timeToLive, backfilling: undefined } : timeToLive,
    };
  });
}
