import type { AttributeMap, AttributeValue } from "./attribute-value.ts";
import { attribute } from "./attribute-value.ts";
import { compareNumbers } from "./decimal.ts";

/**
 * Whether two checked values are the same: numbers by value (canonical text), sets in any order,
 * lists and maps in depth.
 */
export function valuesEqual(left: AttributeValue, right: AttributeValue): boolean {
  if ("S" in left) return "S" in right && left.S === right.S;
  if ("N" in left) return "N" in right && left.N === right.N;
  if ("B" in left) return "B" in right && left.B === right.B;
  if ("BOOL" in left) return "BOOL" in right && left.BOOL === right.BOOL;
  if ("NULL" in left) return "NULL" in right;
  if ("SS" in left) return "SS" in right && setsEqual(left.SS, right.SS);
  if ("NS" in left) return "NS" in right && setsEqual(left.NS, right.NS);
  if ("BS" in left) return "BS" in right && setsEqual(left.BS, right.BS);
  if ("L" in left) return "L" in right && listsEqual(left.L, right.L);
  return "M" in right && mapsEqual(left.M, right.M);
}

/** Orders two strings, numbers or binaries; `undefined` for types without a common order. */
export function compareScalars(left: AttributeValue, right: AttributeValue): number | undefined {
  if ("S" in left) return "S" in right ? compareStrings(left.S, right.S) : undefined;
  if ("N" in left) return "N" in right ? compareNumbers(left.N, right.N) : undefined;
  if ("B" in left && "B" in right) return compareBinaries(left.B, right.B);
  return undefined;
}

/** By UTF-8 bytes. JavaScript's `<` compares UTF-16 units and misplaces surrogate pairs. */
function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function compareBinaries(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left, "base64"), Buffer.from(right, "base64"));
}

function setsEqual(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  const members = new Set(left);
  return right.every((value) => members.has(value));
}

function listsEqual(left: readonly AttributeValue[], right: readonly AttributeValue[]): boolean {
  return (
    left.length === right.length &&
    left.every((value, i) => valuesEqual(value, right[i] as AttributeValue))
  );
}

function mapsEqual(left: AttributeMap, right: AttributeMap): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const other = attribute(right, name);
    return other !== undefined && valuesEqual(left[name] as AttributeValue, other);
  });
}
