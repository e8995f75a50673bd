import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import type { ItemImage } from "../engine/item-image.ts";
import { pick } from "../engine/item-key.ts";
import { valuesEqual } from "../value/compare-values.ts";
import { itemBytes } from "../value/item-size.ts";
import type { ChangeEvent } from "./change-record.ts";
import { changeKey, encodeChange, shardOfKey } from "./change-record.ts";

export interface ItemChange {
  readonly table: TableRecord;
  readonly key: Uint8Array;
  readonly before: ItemImage | undefined;
  readonly after: ItemImage | undefined;
  /** The item is deleted because it has expired. */
  readonly expired: boolean;
  /** Its place among the changes of the transaction. */
  readonly ordinal: number;
}

/**
 * Adds the change to the table's stream, if it has one and anything changes. Both are in one batch:
 * no change without its record, no record without its change.
 */
export function writeChange(tx: Transaction, change: ItemChange): void {
  const { stream } = change.table;
  if (stream === undefined) return;
  const event = eventOf(change);
  if (event === undefined) return;
  const { viewType } = stream;
  const withNew = viewType === "NEW_IMAGE" || viewType === "NEW_AND_OLD_IMAGES";
  const withOld = viewType === "OLD_IMAGE" || viewType === "NEW_AND_OLD_IMAGES";
  const newImage = withNew ? change.after?.stored : undefined;
  const oldImage = withOld ? change.before?.stored : undefined;
  const item = (change.after ?? change.before) as ItemImage;
  const names = keyAttributes(change.table.key).map(({ name }) => name);
  const keys = pick(item.attributes, names);
  const value = encodeChange({
    event,
    timeMs: tx.now,
    keys: Buffer.from(JSON.stringify(keys)),
    newImage: newImage?.text,
    oldImage: oldImage?.text,
    sizeBytes: itemBytes(keys) + (newImage?.bytes ?? 0) + (oldImage?.bytes ?? 0),
    expired: change.expired,
  });
  const position = { lsn: tx.lsn, ordinal: change.ordinal };
  tx.put(stream.space, changeKey(shardOfKey(change.key), position), value);
}

/** What happened; `undefined` when the item stays what it was. */
function eventOf({ before, after }: ItemChange): ChangeEvent | undefined {
  if (before === undefined) return after === undefined ? undefined : "INSERT";
  if (after === undefined) return "REMOVE";
  return sameItem(before, after) ? undefined : "MODIFY";
}

function sameItem(before: ItemImage, after: ItemImage): boolean {
  if (before.stored.bytes !== after.stored.bytes) return false;
  if (Buffer.compare(before.stored.text, after.stored.text) === 0) return true;
  return valuesEqual({ M: before.attributes }, { M: after.attributes });
}
