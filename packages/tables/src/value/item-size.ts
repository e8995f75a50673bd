import type { AttributeMap, AttributeValue } from "./attribute-value.ts";
import { base64Bytes } from "./check-value.ts";
import { numberBytes } from "./decimal.ts";

/** The size of an item that was checked before, in the bytes that DynamoDB counts. */
export function itemBytes(item: AttributeMap): number {
  let bytes = 0;
  for (const name in item) {
    bytes += Buffer.byteLength(name) + valueBytes(item[name] as AttributeValue);
  }
  return bytes;
}

/** The size of a checked value, without a name. */
export function valueBytes(value: AttributeValue): number {
  if ("S" in value) return Buffer.byteLength(value.S);
  if ("N" in value) return numberBytes(value.N);
  if ("B" in value) return base64Bytes(value.B);
  if ("SS" in value) return sum(value.SS, Buffer.byteLength);
  if ("NS" in value) return sum(value.NS, numberBytes);
  if ("BS" in value) return sum(value.BS, base64Bytes);
  if ("L" in value) return 3 + sum(value.L, (element) => 1 + valueBytes(element));
  if ("M" in value) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  return 1;
}

function sum<T>(values: readonly T[], bytesOf: (value: T) => number): number {
  let bytes = 0;
  for (const value of values) bytes += bytesOf(value);
  return bytes;
}
