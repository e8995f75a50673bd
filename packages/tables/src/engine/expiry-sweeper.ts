import type { Entry } from "@firn/core";
import type { Scope, TableRecord } from "../catalog/table-record.ts";
import { EXPIRY_AGE_MAX_MS, EXPIRY_PAGE, EXPIRY_SWEEP_MS } from "../constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { expirySeconds, timeKey } from "./expiry.ts";
import { signalChange } from "./write.ts";
import { assertFresh } from "./fresh-tables.ts";
import { applyMutation } from "./mutation.ts";
import type { Mutation } from "./mutation.ts";

/** Deletes what has expired, every few seconds of the store's time. */
export class ExpirySweeper {
  /** Where tables with a time to live may be; looked up anew at each sweep. */
  readonly #tables = new Map<string, { readonly scope: Scope; readonly name: string }>();
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  /** Sweeps a table from now on, if it has a time to live. */
  watch(context: EngineContext, table: TableRecord): void {
    if (table.timeToLive === undefined || this.#stopped) return;
    this.#tables.set(table.id, { scope: context.scope, name: table.name });
    this.#cancel ??= this.#schedule(context);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  #schedule(context: EngineContext): () => void {
    return context.store.clock.schedule(EXPIRY_SWEEP_MS, () => {
      this.#cancel = undefined;
      // What stood in its way (a table being changed, a full disk) is tried again next time.
      this.#sweeping = this.#sweep(context)
        .catch(() => undefined)
        .then(() => this.#again(context));
    });
  }

  async #sweep(context: EngineContext): Promise<void> {
    for (const [id, { scope, name }] of this.#tables) {
      const table = await context.catalog.find(scope, name);
      if (table?.id !== id || table.timeToLive === undefined) this.#tables.delete(id);
      else await this.#sweepTable({ ...context, scope }, table);
    }
  }

  #again(context: EngineContext): void {
    if (this.#tables.size > 0 && !this.#stopped) this.#cancel ??= this.#schedule(context);
  }

  async #sweepTable(context: EngineContext, table: TableRecord): Promise<void> {
    for (;;) {
      const expired = await expiredKeys(context, table);
      for (const key of expired) {
        if (this.#stopped) return;
        await deleteExpired(context, table, key);
      }
      if (expired.length < EXPIRY_PAGE) return;
    }
  }
}

/** Keys of items that expired within the last five years: older times are taken for mistakes. */
async function expiredKeys(
  { store }: EngineContext,
  { timeToLive }: TableRecord,
): Promise<Uint8Array[]> {
  if (timeToLive === undefined) return [];
  const now = store.clock.now();
  const oldest = Math.max(0, Math.floor((now - EXPIRY_AGE_MAX_MS) / 1000));
  const view = store.view();
  try {
    const entries: Entry[] = await view.page(timeToLive.space, {
      gte: timeKey(oldest, new Uint8Array(0)),
      lt: timeKey(Math.floor(now / 1000) + 1, new Uint8Array(0)),
      limit: EXPIRY_PAGE,
    });
    return entries.map(({ value }) => value);
  } finally {
    view.close();
  }
}

/** Deletes the item unless its expiry was moved meanwhile. Costs no capacity. */
async function deleteExpired(
  context: EngineContext,
  table: TableRecord,
  key: Uint8Array,
): Promise<void> {
  const name = table.timeToLive?.attributeName ?? "";
  const now = Math.floor(context.store.clock.now() / 1000);
  const mutation: Mutation = {
    table,
    key,
    test: (item) => (expirySeconds(item, name) ?? Infinity) <= now,
    needsBefore: true,
    unitsMin: 0,
    showsFailed: false,
    expires: true,
    after: () => undefined,
  };
  if (context.locks.isHeld(mutation)) return;
  await context.store.transact(
    (tx) => {
      assertFresh(context, [mutation]);
      applyMutation(tx, mutation, { exact: true, ordinal: 0 });
    },
    { reads: [[table.space, key]] },
  );
  signalChange(context, table);
}
