import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { attribute } from "../value/attribute-value.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ItemImage } from "./item-image.ts";

/*
 * Time to live: beside a table lies a space of its own, ordered by time of expiry.
 *
 *   expiry in seconds, 8 bytes big-endian | item key  ->  item key
 *
 * Every write keeps it in line, in the same transaction; a sweep reads it up to now. So a sweep
 * costs what it deletes, and never a scan.
 */

const TIME_BYTES = 8;

/** Seconds since 1970 UTC in the attribute; `undefined` for what is no time. */
export function expirySeconds(item: AttributeMap, name: string): number | undefined {
  const value = attribute(item, name);
  if (value === undefined || !("N" in value)) return undefined;
  const seconds = Math.floor(Number(value.N));
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** Where the expiry of an item lies. */
export function timeKey(seconds: number, itemKey: Uint8Array): Uint8Array {
  const key = Buffer.allocUnsafe(TIME_BYTES + itemKey.length);
  key.writeBigUInt64BE(BigInt(seconds));
  key.set(itemKey, TIME_BYTES);
  return key;
}

/** Brings the expiry of one item in line with its change. */
export function updateExpiry(
  tx: Transaction,
  change: {
    readonly table: TableRecord;
    readonly key: Uint8Array;
    readonly before: ItemImage | undefined;
    readonly after: ItemImage | undefined;
  },
): void {
  const { timeToLive } = change.table;
  if (timeToLive === undefined) return;
  const { space, attributeName } = timeToLive;
  const of = (image: ItemImage | undefined): number | undefined =>
    image === undefined ? undefined : expirySeconds(image.attributes, attributeName);
  const before = of(change.before);
  const after = of(change.after);
  if (before === after) return;
  if (before !== undefined) tx.delete(space, timeKey(before, change.key));
  if (after !== undefined) tx.put(space, timeKey(after, change.key), change.key);
}

/** Adds the expiry of an item that was there before time to live was enabled. */
export function addExpiry(
  tx: Transaction,
  table: TableRecord,
  item: { readonly key: Uint8Array; readonly image: ItemImage },
): void {
  updateExpiry(tx, { table, key: item.key, before: undefined, after: item.image });
}
