import { NESTING_MAX } from "../constants.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { AttributeMap } from "./attribute-value.ts";
import { canonicalNumber, numberBytes } from "./decimal.ts";

/*
 * One walk over what a client sent does three things: it refuses what DynamoDB refuses, brings
 * numbers into their canonical form (in place: the value is the caller's own copy), and adds up
 * the size that DynamoDB bills. What comes out may be written as JSON and stored as it is.
 */

type Raw = Record<string, unknown>;

/** Base64 text of 4 characters holds 3 bytes, less its padding. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/**
 * Checks every attribute of an item and returns its size in bytes, names included.
 * @throws FIRN_TABLE_REQUEST_INVALID with DynamoDB's text.
 */
export function checkItem(item: AttributeMap): number {
  let bytes = 0;
  for (const name in item) {
    bytes += Buffer.byteLength(name) + checkValue(item[name], 0);
  }
  return bytes;
}

/** As `checkItem`, for one value; `depth` is the number of lists and maps around it. */
export function checkValue(value: unknown, depth = 0): number {
  const raw = value as Raw;
  let type: string | undefined;
  let count = 0;
  for (const key in raw) {
    type ??= key;
    count++;
  }
  if (type === undefined) {
    throw invalid(
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
  }
  const bytes = checkContent(raw, type, depth);
  if (count > 1) {
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, " +
        "must contain exactly one of the supported datatypes",
    );
  }
  return bytes;
}

function checkContent(raw: Raw, type: string, depth: number): number {
  const content = raw[type];
  switch (type) {
    case "S":
      return stringBytes(content as string);
    case "N":
      raw["N"] = canonicalNumber(content as string);
      return numberBytes(raw["N"] as string);
    case "B":
      return base64Bytes(content as string);
    case "BOOL":
      return 1;
    case "NULL":
      if (content !== true) {
        throw invalidParameters("Null attribute value types must have the value of true");
      }
      return 1;
    case "SS":
      return checkStrings(content as string[]);
    case "NS":
      return checkNumbers(content as string[]);
    case "BS":
      return checkBinaries(content as string[]);
    case "L":
      return checkList(content as unknown[], depth + 1);
    case "M":
      return checkMap(content as Raw, depth + 1);
    default:
      throw invalid(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
      );
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Bytes of a string. A lone surrogate has no UTF-8 form: two different keys would become one.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function stringBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  // With a byte for each character it is ASCII.
  if (bytes !== text.length && LONE_SURROGATE.test(text)) {
    throw invalidParameters("A string is not well-formed Unicode text");
  }
  return bytes;
}

function checkStrings(values: readonly string[]): number {
  if (values.length === 0) throw invalidParameters("An string set  may not be empty");
  if (new Set(values).size !== values.length) {
    throw invalidParameters(`Input collection [${values.join(", ")}] contains duplicates.`);
  }
  let bytes = 0;
  for (const value of values) bytes += stringBytes(value);
  return bytes;
}

function checkNumbers(values: string[]): number {
  if (values.length === 0) throw invalidParameters("An number set  may not be empty");
  let bytes = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = canonicalNumber(values[i] as string);
    bytes += numberBytes(values[i] as string);
  }
  if (new Set(values).size !== values.length) throw invalid("Input collection contains duplicates");
  return bytes;
}

function checkBinaries(values: readonly string[]): number {
  if (values.length === 0) throw invalidParameters("Binary sets should not be empty");
  if (new Set(values).size !== values.length) {
    throw invalidParameters(
      `Input collection [${values.join(", ")}]of type BS contains duplicates.`,
    );
  }
  let bytes = 0;
  for (const value of values) bytes += base64Bytes(value);
  return bytes;
}

function checkDepth(depth: number): void {
  if (depth <= NESTING_MAX) return;
  throw invalid(
    "Nesting Levels have exceeded supported limits: " +
      "Attributes in the item have nested levels beyond supported limit",
  );
}

/** Lists and maps take three bytes, and one more per element. */
function checkList(values: readonly unknown[], depth: number): number {
  checkDepth(depth);
  let bytes = 3;
  for (const value of values) bytes += 1 + checkValue(value, depth);
  return bytes;
}

function checkMap(values: Raw, depth: number): number {
  checkDepth(depth);
  let bytes = 3;
  for (const name in values) {
    bytes += 1 + Buffer.byteLength(name) + checkValue(values[name], depth);
  }
  return bytes;
}
