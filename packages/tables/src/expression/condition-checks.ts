import type { AttributeType, AttributeValue } from "../value/attribute-value.ts";
import { contentOf, typeOf } from "../value/attribute-value.ts";
import { compareScalars } from "../value/compare-values.ts";
import type { BindContext, BoundOperand } from "./bind-operand.ts";
import { expressionError } from "./parser.ts";
import { pathsEqual, pathText } from "./path.ts";

/*
 * What DynamoDB refuses in a condition from the request alone, whatever the items hold: wrong
 * numbers of operands, an operand compared with itself, impossible types.
 */

const ARITY: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
};
const TYPES = ["S", "N", "B", "NULL", "SS", "BOOL", "L", "BS", "NS", "M"];
const ORDERED: ReadonlySet<string> = new Set(["S", "N", "B"]);
const SIZELESS: ReadonlySet<string> = new Set(["N", "BOOL", "NULL"]);

type Call = NonNullable<BoundOperand["call"]>;

/** Checks one comparison, BETWEEN, IN or function. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkLeaf(
  operator: string,
  operands: readonly BoundOperand[],
  context: BindContext,
): void {
  const calls = operands.flatMap((operand) => (operand.call === undefined ? [] : [operand.call]));
  if (operator in ARITY) calls.push({ name: operator, args: operands });
  const fail = (text: string): Error => expressionError(context.label, text);
  for (const call of calls) checkArity(call, fail);
  for (const call of calls) checkDistinct(call.name, call.args, fail);
  if (operator !== "BETWEEN" && operator !== "IN") checkDistinct(operator, operands, fail);
  for (const call of calls) checkTypes(call, fail);
  if (operator === "BETWEEN") checkBounds(operands, fail);
  if (/^[<>]=?$/.test(operator) || operator === "BETWEEN") checkOrdered(operator, operands, fail);
}

type Fail = (text: string) => Error;

function checkArity(call: Call, fail: Fail): void {
  if (ARITY[call.name] === call.args.length) return;
  throw fail(
    "Incorrect number of operands for operator or function; " +
      `operator or function: ${call.name}, number of operands: ${call.args.length}`,
  );
}

function checkDistinct(operator: string, operands: readonly BoundOperand[], fail: Fail): void {
  const [first, second] = operands;
  if (operands.length !== 2 || first?.path === undefined || second?.path === undefined) return;
  if (!pathsEqual(first.path, second.path)) return;
  throw fail(
    "The first operand must be distinct from the remaining operands for this operator or " +
      `function; operator: ${operator}, first operand: ${pathText(first.path)}`,
  );
}

function checkTypes(call: Call, fail: Fail): void {
  const [first, second] = call.args;
  const wrong = (type: string): Error =>
    fail(
      "Incorrect operand type for operator or function; " +
        `operator or function: ${call.name}, operand type: ${type}`,
    );
  switch (call.name) {
    case "attribute_exists":
    case "attribute_not_exists":
      if (first?.path !== undefined) return;
      throw fail(
        `Operator or function requires a document path; operator or function: ${call.name}`,
      );
    case "begins_with":
      for (const { type } of call.args) {
        if (type !== undefined && type !== "S" && type !== "B") throw wrong(type);
      }
      return;
    case "size":
      if (first?.type !== undefined && SIZELESS.has(first.type)) throw wrong(first.type);
      return;
    case "attribute_type":
      checkTypeName(second as BoundOperand, wrong, fail);
  }
}

function checkTypeName(operand: BoundOperand, wrong: Fail, fail: Fail): void {
  if (operand.type !== "S") throw wrong(operand.type ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
  const name = contentOf(operand.constant as AttributeValue, "S") as string;
  if (TYPES.includes(name)) return;
  throw fail(
    `Invalid attribute type name found; type: ${name}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`,
  );
}

function checkBounds(operands: readonly BoundOperand[], fail: Fail): void {
  const low = operands[1]?.constant;
  const high = operands[2]?.constant;
  if (low === undefined || high === undefined) return;
  const bounds =
    `lower bound operand: AttributeValue: ${valueText(low)}, ` +
    `upper bound operand: AttributeValue: ${valueText(high)}`;
  if (typeOf(low) !== typeOf(high)) {
    throw fail(
      `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`,
    );
  }
  if ((compareScalars(low, high) ?? 0) <= 0) return;
  throw fail(
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
      bounds,
  );
}

function checkOrdered(operator: string, operands: readonly BoundOperand[], fail: Fail): void {
  for (const { type } of operands) {
    if (type === undefined || ORDERED.has(type)) continue;
    throw fail(
      "Incorrect operand type for operator or function; " +
        `operator or function: ${operator}, operand type: ${type}`,
    );
  }
}

function valueText(value: AttributeValue): string {
  const type: AttributeType = typeOf(value);
  const content = contentOf(value, type);
  return `{${type}:${typeof content === "object" ? JSON.stringify(content) : String(content)}}`;
}
