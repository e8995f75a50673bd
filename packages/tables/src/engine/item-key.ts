import type { IndexRecord, KeyAttribute, KeySchema, TableRecord } from "../catalog/table-record.ts";
import { indexesOf, keyAttributes } from "../catalog/table-record.ts";
import { PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX } from "../constants.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { attribute, contentOf, setAttribute, typeOf } from "../value/attribute-value.ts";
import type { KeyPart } from "../value/key-bytes.ts";
import { closedPart, joinKey, keyPartBytes, partitionKey } from "../value/key-bytes.ts";
import { quickKey } from "../value/quick-key.ts";

/** The error of every key that does not fit its table. */
export function keyMismatch(): Error {
  return invalid("The provided key element does not match the schema");
}

/**
 * The bytes of the key given in `key`, which must hold the key attributes and nothing else.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function keyOf(table: TableRecord, key: AttributeMap): Uint8Array {
  const wanted = table.key.partition.length + table.key.sort.length;
  if (Object.keys(key).length !== wanted) throw keyMismatch();
  const quick = quickKeyOf(table.key, key);
  if (quick !== undefined) return quick;
  checkKey(table.key, key, keyMismatch);
  return keyBytes(table.key, key);
}

/**
 * The bytes of an item's key. `collapsed`: BatchWriteItem words a wrong type as a mismatch.
 * @throws FIRN_TABLE_REQUEST_INVALID, also for attributes that cannot be the key of an index.
 */
export function keyOfItem(table: TableRecord, item: AttributeMap, collapsed = false): Uint8Array {
  const quick = quickKeyOf(table.key, item);
  if (quick === undefined) {
    requireKey(table.key.partition, item);
    requireKey(table.key.sort, item);
    checkKey(table.key, item, collapsed ? keyMismatch : typeMismatch);
  }
  for (const index of indexesOf(table)) checkIndexKey(index, item);
  return quick ?? keyBytes(table.key, item);
}

/** Positive integers that are exact in a double. */
const SHORT_INTEGER = /^[1-9]\d{0,14}$/;

/** The bytes of a key with which nothing can be wrong; `undefined` for all others. */
function quickKeyOf(key: KeySchema, item: AttributeMap): Uint8Array | undefined {
  const { partition, sort } = key;
  const first = partition[0];
  if (partition.length !== 1 || sort.length > 1 || first?.type !== "S") return undefined;
  const value = attribute(item, first.name);
  if (value === undefined || !("S" in value)) return undefined;
  const second = sort[0];
  if (second === undefined) return quickKey(key, value.S, undefined);
  const other = attribute(item, second.name);
  if (other === undefined) return undefined;
  const content = contentOf(other, second.type);
  if (second.type !== "N") return quickKey(key, value.S, content);
  // By its text: 9.99999999999999999999 is 10 as a number.
  const isShort = content !== undefined && SHORT_INTEGER.test(content);
  return isShort ? quickKey(key, value.S, Number(content)) : undefined;
}

function requireKey(attributes: readonly KeyAttribute[], item: AttributeMap): void {
  for (const { name } of attributes) {
    if (attribute(item, name) !== undefined) continue;
    throw invalidParameters(`Missing the key ${name} in the item`);
  }
}

type Mismatch = (wanted: KeyAttribute, actual: string) => Error;

function typeMismatch(wanted: KeyAttribute, actual: string): Error {
  return invalidParameters(
    `Type mismatch for key ${wanted.name} expected: ${wanted.type} actual: ${actual}`,
  );
}

function checkKey(key: KeySchema, item: AttributeMap, mismatch: Mismatch): void {
  for (const wanted of key.partition) {
    const part = keyPart(wanted, item, mismatch);
    if (keyPartBytes(part) <= PARTITION_KEY_BYTES_MAX) continue;
    throw invalidParameters("Size of hashkey has exceeded the maximum size limit of2048 bytes");
  }
  for (const wanted of key.sort) {
    const part = keyPart(wanted, item, mismatch);
    if (keyPartBytes(part) <= SORT_KEY_BYTES_MAX) continue;
    throw invalidParameters(
      "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    );
  }
}

function keyPart(wanted: KeyAttribute, item: AttributeMap, mismatch: Mismatch): KeyPart {
  const value = attribute(item, wanted.name);
  if (value === undefined) throw mismatch(wanted, "null");
  const content = contentOf(value, wanted.type);
  if (content === undefined) throw mismatch(wanted, typeOf(value));
  if (content === "") {
    throw invalid(
      "One or more parameter values are not valid. The AttributeValue for a key attribute " +
        `cannot contain an empty ${emptyWord(wanted)} value. Key: ${wanted.name}`,
    );
  }
  return { type: wanted.type, content };
}

function emptyWord(wanted: KeyAttribute): string {
  return wanted.type === "B" ? "binary" : "string";
}

/** An attribute that is the key of an index must be absent or of the index's type. */
function checkIndexKey(index: IndexRecord, item: AttributeMap): void {
  for (const wanted of keyAttributes(index.key)) {
    const value = attribute(item, wanted.name);
    if (value === undefined) continue;
    const content = contentOf(value, wanted.type);
    if (content === undefined) {
      throw invalidParameters(
        `Type mismatch for Index Key ${wanted.name} Expected: ${wanted.type} ` +
          `Actual: ${typeOf(value)} IndexName: ${index.name}`,
      );
    }
    if (content !== "") continue;
    throw invalid(
      "One or more parameter values are not valid. A value specified for a secondary index key " +
        "is not supported. The AttributeValue for a key attribute cannot contain an empty " +
        `${emptyWord(wanted)} value. IndexName: ${index.name}, IndexKey: ${wanted.name}`,
    );
  }
}

/**
 * As the check of a put, in the words of an update, for attributes that changed.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function checkUpdatedIndexKeys(
  table: TableRecord,
  item: AttributeMap,
  changed: ReadonlySet<string>,
): void {
  for (const index of indexesOf(table)) {
    for (const wanted of keyAttributes(index.key)) {
      const value = changed.has(wanted.name) ? attribute(item, wanted.name) : undefined;
      if (value === undefined) continue;
      const content = contentOf(value, wanted.type);
      if (content === undefined) {
        throw invalid(
          "The update expression attempted to update the secondary index key to unsupported type",
        );
      }
      if (content !== "") continue;
      throw invalid(
        "One or more parameter values are not valid. The update expression attempted to update " +
          "a secondary index key to a value that is not supported. The AttributeValue for a key " +
          `attribute cannot contain an empty ${emptyWord(wanted)} value.`,
      );
    }
  }
}

function partsOf(attributes: readonly KeyAttribute[], item: AttributeMap): KeyPart[] {
  return attributes.map(({ name, type }) => ({
    type,
    content: contentOf(attribute(item, name) as AttributeValue, type) as string,
  }));
}

/** The bytes of a checked key. */
export function keyBytes(key: KeySchema, item: AttributeMap): Uint8Array {
  const [first, ...others] = partsOf(key.sort, item);
  const partition = partsOf(key.partition, item);
  if (first === undefined) return partitionKey(partition);
  if (others.length === 0) return partitionKey(partition, closedPart(first));
  return joinKey(partitionKey(partition, closedPart(first)), ...others.map(closedPart));
}

/** The bytes of an index entry; `undefined` when the item has not all of the index's keys. */
export function entryKey(
  index: IndexRecord,
  item: AttributeMap,
  itemKey: Uint8Array,
): Uint8Array | undefined {
  for (const { name, type } of keyAttributes(index.key)) {
    const value = attribute(item, name);
    if (value === undefined || contentOf(value, type) === undefined) return undefined;
  }
  return joinKey(keyBytes(index.key, item), itemKey);
}

/** The names that a LastEvaluatedKey has: the table's keys and, with an index, its keys. */
export function startKeyNames(table: TableRecord, index: IndexRecord | undefined): string[] {
  const names = keyAttributes(table.key).map(({ name }) => name);
  if (index === undefined) return names;
  return [...new Set([...names, ...keyAttributes(index.key).map(({ name }) => name)])];
}

/** Only these attributes of an item. */
export function pick(item: AttributeMap, names: readonly string[]): AttributeMap {
  const out: Record<string, AttributeValue> = {};
  for (const name of names) {
    const value = attribute(item, name);
    if (value !== undefined) setAttribute(out, name, value);
  }
  return out;
}
