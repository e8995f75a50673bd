import { FirnError } from "@firn/core";
import type { Entry } from "@firn/core";
import type { IndexRecord, Scope, TableRecord } from "../catalog/table-record.ts";
import { BACKFILL_ENTRIES } from "../constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { addEntry } from "./index-entries.ts";
import { ItemImage } from "./item-image.ts";

/**
 * Fills new global indexes behind the scenes: a transaction for each few items, so that every entry
 * is that of the item as it is. Begins anew after a restart; adding an entry twice changes nothing.
 */
export class Backfills {
  readonly #running = new Map<string, Promise<void>>();
  #stopped = false;

  /** Starts filling what is to be filled of a table. */
  start(context: EngineContext, table: TableRecord): void {
    for (const index of table.globalIndexes) {
      const name = `${table.id}/${index.name}`;
      if (index.backfilling !== true || this.#running.has(name)) continue;
      const work = this.#fill(context, table, index).finally(() => this.#running.delete(name));
      // A store that failed is everybody's error; the index stays unreadable until it is reopened.
      this.#running.set(
        name,
        work.catch(() => undefined),
      );
    }
  }

  /** Resolves when nothing is being filled. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Stops at the next step. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.idle();
  }

  async #fill(context: EngineContext, table: TableRecord, index: IndexRecord): Promise<void> {
    try {
      let after: Uint8Array | undefined;
      do {
        if (this.#stopped) return;
        after = await fillSome(context, { table, index }, after);
      } while (after !== undefined);
      await finish(context, table, index);
    } catch (error) {
      // The table or the index was deleted meanwhile.
      if (error instanceof FirnError && error.code === "FIRN_KEY_SPACE_NOT_FOUND") return;
      throw error;
    }
  }
}

/** The key behind which to go on; `undefined` at the end. */
function fillSome(
  { store }: EngineContext,
  target: { readonly table: TableRecord; readonly index: IndexRecord },
  after: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  const { space } = target.table;
  const page = { ...(after === undefined ? {} : { gt: after }), limit: BACKFILL_ENTRIES };
  return store.transact(
    (tx) => {
      const entries: Entry[] = tx.range(space, page);
      for (const { key, value } of entries) {
        addEntry(tx, target, { key, image: ItemImage.ofValue(value) });
      }
      return entries.length < BACKFILL_ENTRIES ? undefined : entries.at(-1)?.key;
    },
    { ranges: [[space, page]] },
  );
}

async function finish(
  { catalog, scope }: EngineContext,
  table: TableRecord,
  filled: IndexRecord,
): Promise<void> {
  await catalog.change(scope, table.name, (present) => {
    if (present?.id !== table.id) return present;
    const globalIndexes = present.globalIndexes.map((index) =>
      index.space === filled.space ? { ...index, backfilling: undefined } : index,
    );
    return { ...present, globalIndexes };
  });
}

/** Account and region of a table, from its ARN. */
export function scopeOf(table: TableRecord): Scope {
  const [, , , region = "", accountId = ""] = table.arn.split(":");
  return { accountId, region };
}
