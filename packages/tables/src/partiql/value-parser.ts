import { FirnError } from "@firn/core";
import { invalid } from "../errors.ts";
import type { AttributeType, AttributeValue } from "../value/attribute-value.ts";
import { contentOf, setAttribute, tagged, typeOf } from "../value/attribute-value.ts";
import { canonicalNumber } from "../value/decimal.ts";
import type { Cursor } from "./cursor.ts";
import { malformed } from "./malformed.ts";
import type { Naming } from "./naming.ts";

const SET_TYPES: Readonly<Partial<Record<AttributeType, "SS" | "NS" | "BS">>> = {
  S: "SS",
  N: "NS",
  B: "BS",
};

/** The path of a whole item: each of its attributes is a root of its own. */
const ITEM = "";

/** The item of an INSERT. */
export function parseItem(cursor: Cursor, naming: Naming): AttributeValue {
  return parseValue(cursor, naming, ITEM);
}

/** Whether a literal or parameter comes next. */
export function isValueNext(cursor: Cursor): boolean {
  const { kind, text } = cursor.next;
  if (kind === "string" || kind === "number" || kind === "parameter") return true;
  if (kind === "symbol") return ["[", "{", "<<", "-", "+"].includes(text);
  return kind === "word" && /^(?:true|false|null)$/i.test(text);
}

/** A literal or a parameter. `path` is where it stands, for errors of numbers: `root.a[1]`. */
export function parseValue(cursor: Cursor, naming: Naming, path = "root"): AttributeValue {
  const { next } = cursor;
  switch (next.kind) {
    case "string":
      return { S: cursor.advance().text };
    case "number":
      return number(cursor.advance().text, path);
    case "parameter":
      cursor.advance();
      return naming.parameter();
    case "symbol":
      return cursor.nested(() => parseComposite(cursor, naming, path));
  }
  if (cursor.takeKeyword("TRUE")) return { BOOL: true };
  if (cursor.takeKeyword("FALSE")) return { BOOL: false };
  if (cursor.takeKeyword("NULL")) return { NULL: true };
  if (next.kind === "word" && cursor.afterNext.text === "(") {
    throw cursor.located(
      `Unsupported data type: ${next.text.toLowerCase()} under key ${path}`,
      next,
    );
  }
  throw cursor.unexpected();
}

function parseComposite(cursor: Cursor, naming: Naming, path: string): AttributeValue {
  if (cursor.take("[")) return { L: elements(cursor, naming, { path, close: "]" }) };
  if (cursor.take("{")) return { M: entries(cursor, naming, path) };
  if (cursor.take("<<")) return bag(elements(cursor, naming, { path, close: ">>" }));
  const sign = cursor.isSymbol("-") || cursor.isSymbol("+") ? cursor.advance().text : "";
  if (sign === "" || cursor.next.kind !== "number") throw cursor.unexpected();
  return number(`${sign}${cursor.advance().text}`, path);
}

function elements(
  cursor: Cursor,
  naming: Naming,
  { path, close }: { readonly path: string; readonly close: string },
): AttributeValue[] {
  const values: AttributeValue[] = [];
  if (cursor.take(close)) return values;
  do {
    values.push(parseValue(cursor, naming, `${path}[${values.length}]`));
  } while (cursor.take(","));
  cursor.expect(close);
  return values;
}

function entries(
  cursor: Cursor,
  naming: Naming,
  path: string,
): Readonly<Record<string, AttributeValue>> {
  const map: Record<string, AttributeValue> = {};
  if (cursor.take("}")) return map;
  do {
    if (cursor.next.kind !== "string") throw cursor.unexpected();
    const name = cursor.advance().text;
    cursor.expect(":");
    const at = path === ITEM ? "root" : `${path}.${name}`;
    setAttribute(map, name, parseValue(cursor, naming, at));
  } while (cursor.take(","));
  cursor.expect("}");
  return map;
}

/** A bag is a set: of strings, numbers or binaries. */
function bag(values: readonly AttributeValue[]): AttributeValue {
  const [first] = values;
  if (first === undefined) throw invalid("Empty bags are not supported");
  const type = typeOf(first);
  const set = SET_TYPES[type];
  if (set === undefined || values.some((value) => typeOf(value) !== type)) {
    throw invalid("Bags must hold strings, numbers or binaries, and only one kind of them");
  }
  return tagged(
    set,
    values.map((value) => contentOf(value, type as "S" | "N" | "B")),
  );
}

/** The exponent, and the scale that it leaves, must fit 32 bits before anything else is asked. */
function number(text: string, path: string): AttributeValue {
  const [, fraction = "", exponent = "0"] =
    /^[+-]?[0-9]*(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? [];
  const scale = fraction.length - Number(exponent);
  if (Math.abs(Number(exponent)) > 0x7fff_ffff || Math.abs(scale) > 0x7fff_ffff) {
    throw malformed("");
  }
  try {
    return { N: canonicalNumber(text) };
  } catch (error) {
    if (!(error instanceof FirnError)) throw error;
    throw invalid(`${error.message} under ${path}`);
  }
}
