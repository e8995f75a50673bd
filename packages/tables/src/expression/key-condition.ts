import { invalid } from "../errors.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import type { Condition, Operand } from "./ast.ts";
import type { Bindings } from "./bindings.ts";
import { bindCondition } from "./condition.ts";

/** How a key attribute is bounded. */
export type KeyOperator = "=" | "<" | "<=" | ">" | ">=" | "between" | "begins_with";

export interface KeyTerm {
  readonly operator: KeyOperator;
  /** One value; two for between. */
  readonly values: readonly AttributeValue[];
}

const LABEL = "KeyConditionExpression";
const MIRRORED: Readonly<Record<string, KeyOperator>> = {
  "=": "=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/**
 * The conditions on each attribute that a key condition names. Which attributes are keys, only the
 * table tells. @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function bindKeyCondition(condition: Condition, bindings: Bindings): Map<string, KeyTerm> {
  bindCondition(condition, bindings, LABEL);
  const terms = new Map<string, KeyTerm>();
  collect(condition, bindings, terms);
  return terms;
}

function collect(condition: Condition, bindings: Bindings, terms: Map<string, KeyTerm>): void {
  if (condition.kind === "and") {
    for (const term of condition.terms) collect(term, bindings, terms);
    return;
  }
  const { operator, operands } = leaf(condition);
  if (operands.some((operand) => operand.kind === "call")) {
    throw invalid("KeyConditionExpressions cannot contain nested operations");
  }
  if ((operator === "between" || operator === "begins_with") && operands[0]?.kind !== "path") {
    throw badCondition(
      `${operator === "between" ? "BETWEEN" : operator} operator must have the key attribute ` +
        "as its first operand",
    );
  }
  const at = operands.findIndex((operand) => operand.kind === "path");
  const attribute = keyName(operands, bindings);
  if (terms.has(attribute)) {
    throw invalid("KeyConditionExpressions must only contain one condition per key");
  }
  const values = operands.flatMap((operand) =>
    operand.kind === "value" ? [bindings.value(operand.name, LABEL)] : [],
  );
  terms.set(attribute, {
    operator: at === 0 ? operator : (MIRRORED[operator] as KeyOperator),
    values,
  });
}

function badCondition(text: string): Error {
  return invalid(`Invalid condition in KeyConditionExpression: ${text}`);
}

function leaf(condition: Condition): {
  readonly operator: KeyOperator;
  readonly operands: readonly Operand[];
} {
  switch (condition.kind) {
    case "compare":
      if (condition.operator === "<>") break;
      return { operator: condition.operator, operands: [condition.left, condition.right] };
    case "between":
      return {
        operator: "between",
        operands: [condition.operand, condition.low, condition.high],
      };
    case "call":
      if (condition.name !== "begins_with") break;
      return { operator: "begins_with", operands: condition.args };
  }
  throw invalid(`Invalid operator used in KeyConditionExpression: ${operatorName(condition)}`);
}

function operatorName(condition: Condition): string {
  if (condition.kind === "call") return condition.name;
  if (condition.kind === "compare") return condition.operator;
  return condition.kind.toUpperCase();
}

/** The one attribute among the operands. */
function keyName(operands: readonly Operand[], bindings: Bindings): string {
  let name: string | undefined;
  for (const operand of operands) {
    if (operand.kind !== "path") continue;
    if (name !== undefined) throw badCondition("Multiple attribute names used in one condition");
    const path = bindings.path(operand.path, LABEL);
    if (path.length > 1) {
      throw invalid("KeyConditionExpressions cannot have conditions on nested attributes");
    }
    name = path[0] as string;
  }
  if (name === undefined) throw badCondition("No key attribute specified");
  return name;
}
