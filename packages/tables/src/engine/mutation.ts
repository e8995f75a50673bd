import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { tableError } from "../errors.ts";
import type { Test } from "../expression/condition.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { writeChange } from "../streams/write-change.ts";
import { updateExpiry } from "./expiry.ts";
import type { IndexUnits } from "./index-entries.ts";
import { updateIndexes, writeUnits } from "./index-entries.ts";
import { ItemImage } from "./item-image.ts";
import type { ItemText } from "./requests.ts";

/** The change of one item, ready to be carried out in a transaction, as often as that re-runs. */
export interface Mutation {
  readonly table: TableRecord;
  readonly key: Uint8Array;
  /** What must hold of the item as it is; of an empty one when there is none. */
  readonly test?: Test | undefined;
  /** Whether `after`, or the answer, needs the item as it was. */
  readonly needsBefore: boolean;
  /** Fewest write units that it can cost. */
  readonly unitsMin: number;
  /** Answer a failed condition with the item. */
  readonly showsFailed: boolean;
  /** A condition alone: nothing is written. */
  readonly checksOnly?: boolean | undefined;
  /** A deletion of what has expired: its stream record says so. */
  readonly expires?: boolean | undefined;
  /** The item afterwards; `undefined` removes it. */
  after(before: ItemImage | undefined): ItemImage | undefined;
}

/** What a mutation did, or that its condition did not hold. */
export interface MutationResult {
  readonly failed: boolean;
  readonly before: ItemImage | undefined;
  readonly after: ItemImage | undefined;
  readonly tableUnits: number;
  readonly indexUnits: IndexUnits;
}

const NOTHING: AttributeMap = Object.freeze({});
const NO_UNITS: IndexUnits = new Map();

/** How a mutation is applied. */
export interface ApplyOptions {
  /** Units are wanted, so the item is read. */
  readonly exact: boolean;
  /** Its place among the mutations of the transaction. */
  readonly ordinal: number;
}

/** Reads, decides and writes, all within `tx`. */
export function applyMutation(
  tx: Transaction,
  mutation: Mutation,
  options: ApplyOptions,
): MutationResult {
  const { table, key, test } = mutation;
  const before = readsBefore(mutation, options.exact) ? read(tx, table, key) : undefined;
  if (test !== undefined && !test(before?.attributes ?? NOTHING)) {
    const tableUnits = writeUnits(before?.stored.bytes ?? 0);
    return { failed: true, before, after: before, tableUnits, indexUnits: NO_UNITS };
  }
  if (mutation.checksOnly === true) {
    const tableUnits = writeUnits(before?.stored.bytes ?? 0);
    return { failed: false, before, after: before, tableUnits, indexUnits: NO_UNITS };
  }
  const after = mutation.after(before);
  if (after === undefined) tx.delete(table.space, key);
  else tx.put(table.space, key, after.stored.value);
  const indexUnits = hasIndexes(table)
    ? updateIndexes(tx, { table, key, before, after })
    : NO_UNITS;
  updateExpiry(tx, { table, key, before, after });
  if (table.stream !== undefined) {
    const { expires: expired = false } = mutation;
    writeChange(tx, { table, key, before, after, expired, ordinal: options.ordinal });
  }
  const bytes = Math.max(before?.stored.bytes ?? 0, after?.stored.bytes ?? 0);
  return { failed: false, before, after, tableUnits: writeUnits(bytes), indexUnits };
}

/** Whether the item must be fetched: a plain put into a plain table is written unseen. */
export function readsBefore(mutation: Mutation, exact: boolean): boolean {
  return (
    exact || mutation.needsBefore || mutation.test !== undefined || !writesUnseen(mutation.table)
  );
}

/** Whether nothing of the table needs to know the item that a write replaces. */
export function writesUnseen(table: TableRecord): boolean {
  return table.timeToLive === undefined && table.stream === undefined && !hasIndexes(table);
}

function hasIndexes(table: TableRecord): boolean {
  return table.localIndexes.length > 0 || table.globalIndexes.length > 0;
}

function read(tx: Transaction, table: TableRecord, key: Uint8Array): ItemImage | undefined {
  const value = tx.get(table.space, key);
  return value === undefined ? undefined : ItemImage.ofValue(value);
}

/** The error of a condition that did not hold; with the item, if that was asked for. */
export function conditionFailed(mutation: Mutation, result: MutationResult): Error {
  const item: ItemText | undefined = mutation.showsFailed ? result.before?.stored.text : undefined;
  return tableError(
    "FIRN_TABLE_CONDITION_FAILED",
    "The conditional request failed",
    item === undefined ? {} : { item },
  );
}
