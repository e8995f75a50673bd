import { invalid } from "../errors.ts";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { setAttribute } from "../value/attribute-value.ts";
import { Decimal, canonicalNumber } from "../value/decimal.ts";

/**
 * Plain JavaScript values for attribute values:
 *
 * | JavaScript | DynamoDB |
 * | --- | --- |
 * | string | S |
 * | number, bigint, Decimal | N: the shortest decimal that is the number |
 * | Uint8Array | B |
 * | boolean, null | BOOL, NULL |
 * | array | L |
 * | object, Map with string keys | M; entries that are `undefined` are left out |
 * | Set of strings, of numbers, of Uint8Arrays | SS, NS, BS |
 *
 * Read back, a number is a `number` where that is exact and a `Decimal` where it is not (or always
 * a `Decimal`, with `numbers: "decimal"`): nothing is ever rounded.
 */
export type PlainValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Decimal
  | Uint8Array
  | readonly PlainValue[]
  | ReadonlySet<string | number | bigint | Decimal | Uint8Array>
  | ReadonlyMap<string, PlainValue>
  | { readonly [name: string]: PlainValue | undefined };

/** An item: attributes by name. */
export type PlainItem = { readonly [name: string]: PlainValue | undefined };

/** How numbers come back: `auto`, a number where that is exact; `decimal`, always a `Decimal`. */
export type NumberForm = "auto" | "decimal";

/** @throws FIRN_TABLE_REQUEST_INVALID for what no attribute value can hold. */
export function toAttributes(item: PlainItem): AttributeMap {
  const out: Record<string, AttributeValue> = {};
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (value !== undefined) setAttribute(out, name, toAttribute(value));
  }
  return out;
}

function toAttribute(value: PlainValue): AttributeValue {
  switch (typeof value) {
    case "string":
      return { S: value };
    case "number":
    case "bigint":
      return { N: canonicalNumber(String(value)) };
    case "boolean":
      return { BOOL: value };
    case "object":
      return value === null ? { NULL: true } : toDocument(value);
    default:
      throw invalid(`A value of type ${typeof value} is no attribute value`);
  }
}

function toDocument(value: PlainValue & object): AttributeValue {
  if (value instanceof Decimal) return { N: value.toString() };
  if (value instanceof Uint8Array) return { B: base64(value) };
  if (Array.isArray(value)) {
    return { L: value.map((element) => toAttribute(element as PlainValue)) };
  }
  if (value instanceof Set) return toSet([...(value as ReadonlySet<unknown>)]);
  if (value instanceof Map) return { M: toAttributes(objectOf(value)) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalid(`An object of class ${value.constructor.name} is no attribute value`);
  }
  return { M: toAttributes(value as PlainItem) };
}

function objectOf(map: ReadonlyMap<string, PlainValue>): PlainItem {
  const out: Record<string, PlainValue> = {};
  for (const [name, value] of map) setAttribute(out, name, value);
  return out;
}

function toSet(elements: readonly unknown[]): AttributeValue {
  if (elements.every((element) => typeof element === "string")) return { SS: elements };
  if (elements.every((element) => element instanceof Uint8Array)) {
    return { BS: elements.map(base64) };
  }
  return {
    NS: elements.map((element) => {
      if (typeof element === "string" || element instanceof Uint8Array) {
        throw invalid("A set holds strings, or numbers, or binaries");
      }
      return Decimal.from(element as number | bigint | Decimal).toString();
    }),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** The plain form of an item. */
export function fromAttributes(item: AttributeMap, numbers: NumberForm): PlainItem {
  const out: Record<string, PlainValue> = {};
  for (const name of Object.keys(item)) {
    setAttribute(out, name, fromAttribute(item[name] as AttributeValue, numbers));
  }
  return out;
}

function fromAttribute(value: AttributeValue, numbers: NumberForm): PlainValue {
  if ("S" in value) return value.S;
  if ("N" in value) return toNumber(value.N, numbers);
  if ("B" in value) return Buffer.from(value.B, "base64");
  if ("BOOL" in value) return value.BOOL;
  if ("NULL" in value) return null;
  if ("SS" in value) return new Set(value.SS);
  if ("NS" in value) return new Set(value.NS.map((element) => toNumber(element, numbers)));
  if ("BS" in value) return new Set(value.BS.map((element) => Buffer.from(element, "base64")));
  if ("L" in value) return value.L.map((element) => fromAttribute(element, numbers));
  return fromAttributes(value.M, numbers);
}

/** Texts of so many characters that are integers are exact in a double. */
const SHORT_CHARACTERS = 15;

/** A number in canonical form as the caller wants it. */
export function toNumber(text: string, numbers: NumberForm): number | Decimal {
  if (numbers === "decimal") return Decimal.parse(text);
  const near = Number(text);
  if (text.length <= SHORT_CHARACTERS && Number.isInteger(near)) return near;
  const nearest = String(near);
  if (nearest === text || canonicalNumber(nearest) === text) return near;
  return Decimal.parse(text);
}
