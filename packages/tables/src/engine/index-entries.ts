import type { Transaction } from "@firn/core";
import type { IndexRecord, TableRecord } from "../catalog/table-record.ts";
import { indexesOf } from "../catalog/table-record.ts";
import { WRITE_UNIT_BYTES } from "../constants.ts";
import { itemBytes } from "../value/item-size.ts";
import { entryKey, pick, startKeyNames } from "./item-key.ts";
import { ItemImage } from "./item-image.ts";
import { StoredItem } from "./stored-item.ts";

/** Write units by index name. */
export type IndexUnits = Map<string, number>;

interface EntryOf {
  readonly key: Uint8Array;
  readonly projected: StoredItem;
}

/**
 * Brings every index of the table in line with the change of one item, in the same transaction.
 * Returns what DynamoDB charges: nothing for an entry that stays the same, one write for an entry
 * that comes, changes or goes, two when its key moves.
 */
export function updateIndexes(
  tx: Transaction,
  change: {
    readonly table: TableRecord;
    readonly key: Uint8Array;
    readonly before: ItemImage | undefined;
    readonly after: ItemImage | undefined;
  },
): IndexUnits {
  const units: IndexUnits = new Map();
  for (const index of indexesOf(change.table)) {
    const before = entryOf(index, change.before, change);
    const after = entryOf(index, change.after, change);
    const charged = writeEntry(tx, index, { before, after });
    if (charged > 0) units.set(index.name, charged);
  }
  return units;
}

/** Adds the entry of an item that was there before its index. */
export function addEntry(
  tx: Transaction,
  { table, index }: { readonly table: TableRecord; readonly index: IndexRecord },
  item: { readonly key: Uint8Array; readonly image: ItemImage },
): void {
  const entry = entryOf(index, item.image, { table, key: item.key });
  if (entry !== undefined) tx.put(index.space, entry.key, entry.projected.value);
}

function entryOf(
  index: IndexRecord,
  item: ItemImage | undefined,
  of: { readonly table: TableRecord; readonly key: Uint8Array },
): EntryOf | undefined {
  if (item === undefined) return undefined;
  const key = entryKey(index, item.attributes, of.key);
  if (key === undefined) return undefined;
  if (index.projection.type === "ALL") return { key, projected: item.stored };
  const names = startKeyNames(of.table, index);
  if (index.projection.type === "INCLUDE") names.push(...index.projection.nonKeyAttributes);
  const attributes = pick(item.attributes, names);
  return { key, projected: StoredItem.encode(attributes, itemBytes(attributes)) };
}

function writeEntry(
  tx: Transaction,
  index: IndexRecord,
  { before, after }: { readonly before: EntryOf | undefined; readonly after: EntryOf | undefined },
): number {
  const stays = before !== undefined && after !== undefined && equal(before.key, after.key);
  if (stays && equal(before.projected.value, after.projected.value)) return 0;
  if (after !== undefined) tx.put(index.space, after.key, after.projected.value);
  if (stays) return writeUnits(Math.max(before.projected.bytes, after.projected.bytes));
  if (before !== undefined) tx.delete(index.space, before.key);
  return unitsOf(before) + unitsOf(after);
}

function unitsOf(entry: EntryOf | undefined): number {
  return entry === undefined ? 0 : writeUnits(entry.projected.bytes);
}

/** One write unit for each KiB begun, at least one. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
