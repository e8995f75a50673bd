import type { AttributeMap, AttributeValue } from "@firn/tables";
import { ServiceError } from "@firn/wire";
import { isBase64 } from "./base64.ts";

/*
 * The structure of attribute values in a request, as DynamoDB's own parser sees it. Members that it
 * does not know, and nulls, are as if they were not there; what is of the wrong JSON type is a
 * SerializationException in the words of that parser. What the values mean, the engine checks.
 */

type Raw = Record<string, unknown>;

const VALUE_CLASS = "com.amazonaws.dynamodb.v20120810.AttributeValue";
/** Far beyond the 32 levels that DynamoDB stores, and harmless to recursion. */
const DEPTH_MAX = 128;

/** An item or a key, or the values of expressions. @throws SerializationException. */
export function attributeMap(value: unknown): AttributeMap {
  checkMap(value, 0);
  return value as AttributeMap;
}

/** One attribute value. @throws SerializationException. */
export function attributeValue(value: unknown): AttributeValue {
  checkValue(value, 0);
  return value as AttributeValue;
}

/** As `attributeMap`; absent stays absent. */
export function optionalMap(value: unknown): AttributeMap | undefined {
  return value === undefined || value === null ? undefined : attributeMap(value);
}

export function malformed(text: string): ServiceError {
  return new ServiceError("SerializationException", 400, text);
}

function checkMap(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) throw malformed("Unexpected field type");
  if (Array.isArray(value)) {
    throw malformed(`Unrecognized collection type java.util.Map<java.lang.String, ${VALUE_CLASS}>`);
  }
  const map = value as Raw;
  for (const name in map) checkValue(map[name], depth);
}

function checkValue(value: unknown, depth: number): void {
  if (depth > DEPTH_MAX) throw malformed("Unexpected value type in payload");
  if (typeof value !== "object" || value === null) {
    throw malformed("Unexpected value type in payload");
  }
  if (Array.isArray(value)) throw malformed(`Unrecognized collection type class ${VALUE_CLASS}`);
  const raw = value as Raw;
  for (const type in raw) {
    const check = CHECKS[type];
    if (check === undefined || raw[type] === null) delete raw[type];
    else check(raw[type], depth);
  }
}

type Check = (content: unknown, depth: number) => void;

/** Without a prototype: `constructor` is no type. */
const CHECKS: Readonly<Record<string, Check>> = Object.assign(
  Object.create(null) as Record<string, Check>,
  {
    S: checkString,
    N: checkString,
    B: checkBlob,
    BOOL: checkBoolean,
    NULL: checkBoolean,
    SS: (content: unknown) => checkList(content, checkString, 0),
    NS: (content: unknown) => checkList(content, checkString, 0),
    BS: (content: unknown) => checkList(content, checkBlob, 0),
    L: (content: unknown, depth: number) => checkList(content, checkValue, depth + 1),
    M: (content: unknown, depth: number) => checkMap(content, depth + 1),
  },
);

function checkList(content: unknown, check: Check, depth: number): void {
  if (typeof content !== "object") throw malformed("Unexpected field type");
  if (!Array.isArray(content)) throw notScalar(content, "");
  for (const element of content) check(element, depth);
}

function checkString(content: unknown): void {
  if (typeof content !== "string") throw wrongScalar(content, "String");
}

function checkBoolean(content: unknown): void {
  if (typeof content === "boolean") return;
  if (typeof content === "string") throw malformed("Unexpected token received from parser");
  throw wrongScalar(content, "Boolean");
}

function checkBlob(content: unknown): void {
  if (typeof content === "object") throw notScalar(content, "java.nio.ByteBuffer");
  if (typeof content !== "string") {
    throw malformed("only base-64-encoded strings are convertible to bytes");
  }
  if (content.length % 4 !== 0) {
    throw malformed(
      "Base64 encoded length is expected a multiple of 4 bytes but found: " + content.length,
    );
  }
  if (!isBase64(content)) throw malformed("Invalid last non-pad Base64 character dectected");
}

/** The text for a value of another type than `java.lang.<wanted>`. */
export function wrongScalar(content: unknown, wanted: string): ServiceError {
  switch (typeof content) {
    case "boolean":
      return malformed(`${content ? "TRUE" : "FALSE"}_VALUE cannot be converted to ${wanted}`);
    case "number": {
      const kind = Number.isInteger(content) ? "NUMBER" : "DECIMAL";
      return malformed(`${kind}_VALUE cannot be converted to ${wanted}`);
    }
    case "string":
      return malformed(`STRING_VALUE cannot be converted to ${wanted}`);
    default:
      return notScalar(content, `java.lang.${wanted}`);
  }
}

function notScalar(content: unknown, javaClass: string): ServiceError {
  return Array.isArray(content)
    ? malformed(`Unrecognized collection type class ${javaClass}`)
    : malformed("Start of structure or map found where not expected");
}
