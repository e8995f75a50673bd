import { FirnError } from "@firn/core";
import type { IndexRecord, TableRecord } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import { invalid } from "../errors.ts";
import { beginsWith } from "../expression/condition.ts";
import type { KeyTerm } from "../expression/key-condition.ts";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { attribute, contentOf } from "../value/attribute-value.ts";
import { compareScalars, valuesEqual } from "../value/compare-values.ts";
import { entryKey, keyBytes, keyMismatch, keyOf, pick, startKeyNames } from "./item-key.ts";

/** Where a Query or Scan reads. */
export interface ReadTarget {
  readonly table: TableRecord;
  readonly index: IndexRecord | undefined;
  /** The key condition of a Query, whose range the starting key must lie in. */
  readonly terms?: ReadonlyMap<string, KeyTerm> | undefined;
}

/**
 * The key bytes behind which to go on. The item need not exist, but must be one that the table
 * could hold and the query find. @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function startAt(
  target: ReadTarget,
  startKey: AttributeMap | undefined,
): Uint8Array | undefined {
  if (startKey === undefined) return undefined;
  const { table, index } = target;
  const names = startKeyNames(table, index);
  if (Object.keys(startKey).length !== names.length) throw badStart();
  checkOwnKey(target, startKey);
  const itemKey = tableKey(table, startKey);
  if (target.terms !== undefined) checkWithinTerms(target, target.terms, startKey);
  if (index === undefined) return itemKey;
  const key = entryKey(index, startKey, itemKey);
  if (key === undefined) throw badStart();
  return key;
}

function badStart(reason?: string): Error {
  return invalid(
    `The provided starting key is invalid${reason === undefined ? "" : `: ${reason}`}`,
  );
}

/** The key along which is read must be there, and of its types. */
function checkOwnKey({ table, index }: ReadTarget, startKey: AttributeMap): void {
  for (const { name, type } of keyAttributes((index ?? table).key)) {
    const value = attribute(startKey, name);
    if (value === undefined) throw badStart();
    if (contentOf(value, type) === undefined) {
      throw index === undefined ? badStart(keyMismatch().message) : keyMismatch();
    }
  }
}

function tableKey(table: TableRecord, startKey: AttributeMap): Uint8Array {
  const names = keyAttributes(table.key).map(({ name }) => name);
  const key = pick(startKey, names);
  try {
    keyOf(table, key);
  } catch (error) {
    if (error instanceof FirnError) throw badStart(error.message);
    throw error;
  }
  return keyBytes(table.key, key);
}

function checkWithinTerms(
  { table, index }: ReadTarget,
  terms: ReadonlyMap<string, KeyTerm>,
  startKey: AttributeMap,
): void {
  const { partition, sort } = (index ?? table).key;
  const ranged = sort.some(({ name }) => terms.has(name));
  const meets = (name: string): boolean => {
    const term = terms.get(name);
    return term === undefined || holds(term, attribute(startKey, name) as AttributeValue);
  };
  if (!sort.every(({ name }) => meets(name))) {
    throw invalid("The provided starting key does not match the range key predicate");
  }
  if (partition.every(({ name }) => meets(name))) return;
  throw invalid(
    ranged
      ? "The query can return at most one row and cannot be restarted"
      : "The provided starting key is outside query boundaries based on provided conditions",
  );
}

function holds(term: KeyTerm, value: AttributeValue): boolean {
  const [first, second] = term.values as [AttributeValue, AttributeValue];
  if (term.operator === "=") return valuesEqual(value, first);
  if (term.operator === "begins_with") return beginsWith(value, first);
  const order = compareScalars(value, first) ?? Number.NaN;
  switch (term.operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "between":
      return order >= 0 && (compareScalars(value, second) ?? 1) <= 0;
  }
}
