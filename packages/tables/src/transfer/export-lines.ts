import type { Entry, ReadView, Store } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import { pick } from "../engine/item-key.ts";
import { StoredItem } from "../engine/stored-item.ts";
import { parseItem } from "../value/attribute-value.ts";
import type { ExportRecord } from "./transfer-records.ts";

/** One line of a data file: an item, or a change of one. */
export interface ExportLine {
  readonly text: Uint8Array;
  /** As DynamoDB counts items. */
  readonly bytes: number;
}

const OPEN = Buffer.from('{"Item":');
const CLOSE = Buffer.from("}\n");

/** Everything as of a moment, or what changed up to it. Closes its views at the end. */
export async function* exportLines(
  store: Store,
  table: TableRecord,
  record: ExportRecord,
): AsyncGenerator<ExportLine> {
  const view = store.viewAt(record.lsn);
  try {
    if (record.since === undefined) yield* allItems(view, table);
    else yield* changedItems(store, view, { table, record });
  } finally {
    view.close();
  }
}

async function* allItems(view: ReadView, { space }: TableRecord): AsyncGenerator<ExportLine> {
  for await (const { value } of view.range(space)) {
    const { text, bytes } = StoredItem.decode(value);
    yield { text: Buffer.concat([OPEN, text, CLOSE]), bytes };
  }
}

/**
 * What differs between two moments, found by walking both side by side: the cost is that of the
 * table, not of its changes, but it needs nothing of the log.
 */
async function* changedItems(
  store: Store,
  after: ReadView,
  { table, record }: { readonly table: TableRecord; readonly record: ExportRecord },
): AsyncGenerator<ExportLine> {
  const since = record.since as NonNullable<ExportRecord["since"]>;
  const before = store.viewAt(since.lsn);
  try {
    const olds = before.range(table.space)[Symbol.asyncIterator]();
    const news = after.range(table.space)[Symbol.asyncIterator]();
    let [old, next] = [await taken(olds), await taken(news)];
    while (old !== undefined || next !== undefined) {
      const order = compare(old, next);
      const was = order <= 0 ? old : undefined;
      const is = order >= 0 ? next : undefined;
      if (was === undefined || is === undefined || !same(was, is)) {
        yield changeLine(table, record, { was, is });
      }
      if (order <= 0) old = await taken(olds);
      if (order >= 0) next = await taken(news);
    }
  } finally {
    before.close();
  }
}

async function taken(entries: AsyncIterator<Entry>): Promise<Entry | undefined> {
  const { done, value } = await entries.next();
  return done === true ? undefined : (value as Entry);
}

/** What has ended is behind everything. */
function compare(old: Entry | undefined, next: Entry | undefined): number {
  if (old === undefined) return 1;
  return next === undefined ? -1 : Buffer.compare(old.key, next.key);
}

function same(was: Entry, is: Entry): boolean {
  return Buffer.compare(was.value, is.value) === 0;
}

function changeLine(
  table: TableRecord,
  { since, timeMs }: ExportRecord,
  { was, is }: { readonly was: Entry | undefined; readonly is: Entry | undefined },
): ExportLine {
  const old = was === undefined ? undefined : StoredItem.decode(was.value);
  const now = is === undefined ? undefined : StoredItem.decode(is.value);
  const names = keyAttributes(table.key).map(({ name }) => name);
  const item = parseItem((now ?? (old as StoredItem)).text);
  // Times of single writes are not kept: each was made before the end of the window.
  const metadata = { WriteTimestampMicros: { N: String(timeMs * 1000) } };
  const parts = [
    JSON.stringify({ Metadata: metadata, Keys: pick(item, names) }).slice(0, -1),
    ...(now === undefined ? [] : [`,"NewImage":${Buffer.from(now.text).toString()}`]),
    ...(old === undefined || since?.view === "NEW_IMAGE"
      ? []
      : [`,"OldImage":${Buffer.from(old.text).toString()}`]),
    "}\n",
  ];
  return { text: Buffer.from(parts.join("")), bytes: (now ?? (old as StoredItem)).bytes };
}
