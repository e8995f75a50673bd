import type { RawPath, SetValue, UpdateAction } from "../expression/ast.ts";
import { pathsEqual } from "../expression/path.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import { typeOf } from "../value/attribute-value.ts";
import { parsePath } from "./condition-parser.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import type { Naming } from "./naming.ts";
import { isValueNext, parseValue } from "./value-parser.ts";

/** `SET a = 1, b = 2 SET c = 3 REMOVE d`, in order. @throws FIRN_TABLE_REQUEST_INVALID. */
export function parseActions(cursor: Cursor, naming: Naming): UpdateAction[] {
  const actions: UpdateAction[] = [];
  for (;;) {
    if (cursor.takeKeyword("SET")) {
      do actions.push(parseSet(cursor, naming));
      while (cursor.take(","));
    } else if (cursor.takeKeyword("REMOVE")) {
      do actions.push({ kind: "remove", path: parsePath(cursor, naming) });
      while (cursor.take(","));
    } else {
      return actions;
    }
  }
}

function parseSet(cursor: Cursor, naming: Naming): UpdateAction {
  const path = parsePath(cursor, naming);
  cursor.expect("=");
  const { next } = cursor;
  const name = next.kind === "word" ? next.text.toLowerCase() : "";
  if (cursor.afterNext.text === "(" && (name === "set_add" || name === "set_delete")) {
    cursor.advance();
    return parseSetFunction(cursor, naming, { token: next, name, path });
  }
  return { kind: "set", path, value: parseSum(cursor, naming) };
}

/** Adding to a set, or taking from it, is an action of its own in an update expression. */
function parseSetFunction(
  cursor: Cursor,
  naming: Naming,
  call: { readonly token: Token; readonly name: string; readonly path: RawPath },
): UpdateAction {
  const { token, path } = call;
  const name = call.name.toUpperCase();
  cursor.expect("(");
  const firstToken = cursor.next;
  const args: (RawPath | AttributeValue)[] = [];
  do {
    args.push(isValueNext(cursor) ? parseValue(cursor, naming) : parsePath(cursor, naming));
  } while (cursor.take(","));
  cursor.expect(")");
  const [first, second] = args;
  if (args.length !== 2 || second === undefined) {
    throw cursor.located(`${name} must have exactly two arguments`, token);
  }
  if (!Array.isArray(first) || !pathsEqual(first as RawPath, path)) {
    throw cursor.located(`The first argument to ${name} must equal the assignment value`, token);
  }
  if (Array.isArray(second) || !/^[SNB]S$/.test(typeOf(second as AttributeValue))) {
    throw cursor.located(
      `The second argument to ${name} must be a value with type SET`,
      firstToken,
    );
  }
  const value = { kind: "value", name: naming.valueKey(second as AttributeValue) } as const;
  return { kind: call.name === "set_add" ? "add" : "delete", path, value };
}

/** Operands with + and - between, from the left. */
function parseSum(cursor: Cursor, naming: Naming): SetValue {
  return cursor.nested(() => {
    let left = parseTerm(cursor, naming);
    while (cursor.isSymbol("+") || cursor.isSymbol("-")) {
      const operator = cursor.advance().text as "+" | "-";
      left = { kind: "arithmetic", operator, left, right: parseTerm(cursor, naming) };
    }
    return left;
  });
}

function parseTerm(cursor: Cursor, naming: Naming): SetValue {
  const { next } = cursor;
  if (cursor.take("(")) {
    const inner = parseSum(cursor, naming);
    cursor.expect(")");
    return inner;
  }
  if (isValueNext(cursor)) {
    return { kind: "value", name: naming.valueKey(parseValue(cursor, naming)) };
  }
  if (next.kind !== "word" || cursor.afterNext.text !== "(") {
    return { kind: "path", path: parsePath(cursor, naming) };
  }
  cursor.advance();
  const name = next.text.toLowerCase();
  if (name !== "list_append" && name !== "if_not_exists") {
    throw cursor.located(`Unrecognized function: ${name}`, next);
  }
  cursor.expect("(");
  const args = [parseSum(cursor, naming)];
  while (cursor.take(",")) args.push(parseSum(cursor, naming));
  cursor.expect(")");
  return { kind: "call", name, args };
}
