import type { Transaction } from "@firn/core";
import type { TableRecord, TableStream } from "../catalog/table-record.ts";
import { scopeOf } from "../catalog/table-record.ts";
import { STREAM_RETENTION_MS, STREAM_SHARD_MS, STREAM_SWEEP_MS } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import type { StreamEntry } from "./stream-entry.ts";
import { keptGenerations } from "./stream-entry.ts";

/**
 * Looks after streams in the background: after four hours the open shards of a stream end and have
 * children, and what is older than a day goes. Nothing rests on its being punctual: readers leave
 * out what is too old by themselves.
 */
export class StreamKeeper {
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  /** There is a stream: from now on they are looked after. */
  watch(context: EngineContext): void {
    if (this.#stopped) return;
    this.#cancel ??= context.store.clock.schedule(STREAM_SWEEP_MS, () => {
      this.#cancel = undefined;
      // What stood in its way (a full disk) is tried again next time.
      this.#sweeping = sweep(context)
        .catch(() => true)
        .then((more) => {
          if (more) this.watch(context);
        });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#sweeping;
  }
}

/** Whether there are any streams left. */
async function sweep(context: EngineContext): Promise<boolean> {
  const entries: StreamEntry[] = [];
  const view = context.store.view();
  try {
    for await (const entry of context.streams.all(view)) entries.push(entry);
  } finally {
    view.close();
  }
  const now = context.store.clock.now();
  for (const entry of entries) {
    await trim(context, entry);
    const youngest = entry.generations.at(-1);
    const open = entry.closed === undefined && youngest !== undefined;
    if (open && now - youngest.startMs >= STREAM_SHARD_MS) await roll(context, entry);
  }
  return entries.length > 0;
}

/** Drops the generations that are too old, and at last the stream. */
async function trim({ store, streams }: EngineContext, found: StreamEntry): Promise<void> {
  const horizonMs = store.clock.now() - STREAM_RETENTION_MS;
  if (keptGenerations(found, horizonMs).length === found.generations.length) return;
  await store.transact((tx) => {
    const entry = streams.get(tx, found);
    if (entry === undefined) return;
    const kept = keptGenerations(entry, horizonMs);
    for (const generation of entry.generations) {
      if (!kept.includes(generation)) tx.dropKeySpace(generation.space);
    }
    if (kept.length === 0) streams.remove(tx, entry);
    else streams.put(tx, { ...entry, generations: kept });
  });
}

/**
 * Ends the open shards and begins their children. Writes to the table wait for it: each record is
 * either in a parent, with a lower LSN than this transaction, or in a child, with a higher one.
 */
async function roll(
  context: EngineContext,
  { scope, tableName, label }: StreamEntry,
): Promise<void> {
  const present = await context.catalog.find(scope, tableName);
  if (present?.stream?.label !== label) return;
  await context.catalog.changeFenced(scope, tableName, (table, tx) => {
    return table?.stream?.label === label ? rolled(context, tx, table) : table;
  });
}

function rolled({ streams }: EngineContext, tx: Transaction, table: TableRecord): TableRecord {
  const stream = table.stream as TableStream;
  const name = { scope: scopeOf(table), tableName: table.name, label: stream.label };
  const entry = streams.get(tx, name);
  if (entry === undefined) return table;
  const space = tx.createKeySpace();
  const generation = { space, startLsn: tx.lsn, startMs: tx.now };
  streams.put(tx, { ...entry, generations: [...entry.generations, generation] });
  return { ...table, stream: { ...stream, space } };
}
