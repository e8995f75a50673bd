import type { AttributeType, AttributeValue } from "../value/attribute-value.ts";
import { typeOf } from "../value/attribute-value.ts";
import type { SetValue, UpdateAction } from "./ast.ts";
import type { Bindings } from "./bindings.ts";
import { expressionError } from "./parser.ts";
import type { Path } from "./path.ts";
import { firstClash } from "./path.ts";

/** The right side of a SET with its names and values resolved. */
export type BoundSetValue =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly value: AttributeValue }
  | {
      readonly kind: "arithmetic";
      readonly operator: "+" | "-";
      readonly left: BoundSetValue;
      readonly right: BoundSetValue;
    }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly BoundSetValue[] };

export type BoundAction =
  | { readonly kind: "set"; readonly path: Path; readonly value: BoundSetValue }
  | { readonly kind: "remove"; readonly path: Path }
  | { readonly kind: "add" | "delete"; readonly path: Path; readonly value: AttributeValue };

const LABEL = "UpdateExpression";
/** How update errors name types. */
const TYPE_WORDS: Readonly<Partial<Record<AttributeType, string>>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  NULL: "NULL",
  BOOL: "BOOLEAN",
  L: "LIST",
  M: "MAP",
};

/** Resolves and checks parsed update actions. @throws FIRN_TABLE_REQUEST_INVALID. */
export function bindUpdate(
  actions: readonly UpdateAction[],
  bindings: Bindings,
): readonly BoundAction[] {
  // All names before all values: that is the order in which DynamoDB reports them.
  const paths = actions.map((action) => bindings.path(action.path, LABEL));
  for (const action of actions) if (action.kind === "set") resolveNames(action.value, bindings);
  const bound = actions.map((action, i): BoundAction => {
    const path = paths[i] as Path;
    switch (action.kind) {
      case "remove":
        return { kind: "remove", path };
      case "set":
        return { kind: "set", path, value: bindValue(action.value, bindings) };
      default:
        return { kind: action.kind, path, value: bindings.value(action.value.name, LABEL) };
    }
  });
  const clash = firstClash(paths);
  if (clash !== undefined) throw expressionError(LABEL, clash);
  for (const action of bound) checkOperand(action);
  for (const action of bound) if (action.kind === "set") checkCalls(action.value);
  return bound;
}

function resolveNames(value: SetValue, bindings: Bindings): void {
  if (value.kind === "path") bindings.path(value.path, LABEL);
  if (value.kind === "call") for (const arg of value.args) resolveNames(arg, bindings);
  if (value.kind === "arithmetic") {
    resolveNames(value.left, bindings);
    resolveNames(value.right, bindings);
  }
}

function bindValue(value: SetValue, bindings: Bindings): BoundSetValue {
  switch (value.kind) {
    case "path":
      return { kind: "path", path: bindings.path(value.path, LABEL) };
    case "value":
      return { kind: "value", value: bindings.value(value.name, LABEL) };
    case "call":
      return {
        kind: "call",
        name: value.name,
        args: value.args.map((arg) => bindValue(arg, bindings)),
      };
    case "arithmetic":
      return {
        kind: "arithmetic",
        operator: value.operator,
        left: bindValue(value.left, bindings),
        right: bindValue(value.right, bindings),
      };
  }
}

/** ADD takes numbers and sets, DELETE sets. */
function checkOperand(action: BoundAction): void {
  if (action.kind !== "add" && action.kind !== "delete") return;
  const type = typeOf(action.value);
  const word = TYPE_WORDS[type];
  if (word === undefined || (action.kind === "add" && type === "N")) return;
  throw expressionError(
    LABEL,
    "Incorrect operand type for operator or function; " +
      `operator: ${action.kind.toUpperCase()}, operand type: ${word}`,
  );
}

function checkCalls(value: BoundSetValue): void {
  if (value.kind === "arithmetic") {
    checkCalls(value.left);
    checkCalls(value.right);
    checkArguments(value.operator, [value.left, value.right], "N");
  }
  if (value.kind !== "call") return;
  for (const arg of value.args) checkCalls(arg);
  if (value.args.length !== 2) {
    throw expressionError(
      LABEL,
      "Incorrect number of operands for operator or function; " +
        `operator or function: ${value.name}, number of operands: ${value.args.length}`,
    );
  }
  if (value.name === "list_append") checkArguments(value.name, value.args, "L");
  if (value.name === "if_not_exists" && value.args[0]?.kind !== "path") {
    throw expressionError(
      LABEL,
      `Operator or function requires a document path; operator or function: ${value.name}`,
    );
  }
}

function checkArguments(
  operator: string,
  args: readonly BoundSetValue[],
  wanted: AttributeType,
): void {
  for (const arg of args) {
    if (arg.kind !== "value" || typeOf(arg.value) === wanted) continue;
    throw expressionError(
      LABEL,
      "Incorrect operand type for operator or function; " +
        `operator or function: ${operator}, operand type: ${typeOf(arg.value)}`,
    );
  }
}
