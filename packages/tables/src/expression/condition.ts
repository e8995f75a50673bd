import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { contentOf, typeOf } from "../value/attribute-value.ts";
import { compareScalars, valuesEqual } from "../value/compare-values.ts";
import type { CallOperand, Comparator, Condition } from "./ast.ts";
import type { BindContext, BoundOperand } from "./bind-operand.ts";
import { bindOperand } from "./bind-operand.ts";
import type { Bindings } from "./bindings.ts";
import { checkLeaf } from "./condition-checks.ts";
import type { ExpressionLabel } from "./parser.ts";
import type { Path } from "./path.ts";

/** Whether an item meets a condition. An absent item is an empty one. */
export type Test = (item: AttributeMap) => boolean;

export interface BoundCondition {
  readonly test: Test;
  /** Every path that the condition reads. */
  readonly paths: readonly Path[];
}

/** Resolves and checks a parsed condition. @throws FIRN_TABLE_REQUEST_INVALID. */
export function bindCondition(
  condition: Condition,
  bindings: Bindings,
  label: ExpressionLabel,
): BoundCondition {
  const paths: Path[] = [];
  return { test: bind(condition, { bindings, label, paths }), paths };
}

function bind(condition: Condition, context: BindContext): Test {
  switch (condition.kind) {
    case "and": {
      const tests = condition.terms.map((term) => bind(term, context));
      return (item) => tests.every((test) => test(item));
    }
    case "or": {
      const tests = condition.terms.map((term) => bind(term, context));
      return (item) => tests.some((test) => test(item));
    }
    case "not": {
      const test = bind(condition.term, context);
      return (item) => !test(item);
    }
    case "compare": {
      const operands = [condition.left, condition.right].map((operand) =>
        bindOperand(operand, context),
      );
      checkLeaf(condition.operator, operands, context);
      return comparison(condition.operator, operands);
    }
    case "between": {
      const { operand, low, high } = condition;
      const operands = [operand, low, high].map((each) => bindOperand(each, context));
      checkLeaf("BETWEEN", operands, context);
      return between(operands);
    }
    case "in": {
      const operands = [condition.operand, ...condition.among].map((each) =>
        bindOperand(each, context),
      );
      checkLeaf("IN", operands, context);
      return among(operands);
    }
    case "call":
      return predicate(condition, context);
  }
}

/** A missing operand is unequal to everything, and neither less nor greater. */
function comparison(operator: Comparator, operands: readonly BoundOperand[]): Test {
  const [left, right] = operands as [BoundOperand, BoundOperand];
  if (operator === "=" || operator === "<>") {
    const wanted = operator === "=";
    return (item) => {
      const one = left.read(item);
      const two = right.read(item);
      if (one === undefined || two === undefined) return !wanted;
      return valuesEqual(one, two) === wanted;
    };
  }
  return (item) => {
    const order = compareOptional(left.read(item), right.read(item));
    if (order === undefined) return false;
    switch (operator) {
      case "<":
        return order < 0;
      case "<=":
        return order <= 0;
      case ">":
        return order > 0;
      case ">=":
        return order >= 0;
    }
  };
}

function compareOptional(
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): number | undefined {
  return left === undefined || right === undefined ? undefined : compareScalars(left, right);
}

function between(operands: readonly BoundOperand[]): Test {
  const [operand, low, high] = operands as [BoundOperand, BoundOperand, BoundOperand];
  return (item) => {
    const value = operand.read(item);
    const above = compareOptional(value, low.read(item));
    const below = compareOptional(value, high.read(item));
    return above !== undefined && below !== undefined && above >= 0 && below <= 0;
  };
}

function among(operands: readonly BoundOperand[]): Test {
  const [operand, ...rest] = operands as [BoundOperand, ...BoundOperand[]];
  return (item) => {
    const value = operand.read(item);
    if (value === undefined) return false;
    return rest.some((each) => {
      const other = each.read(item);
      return other !== undefined && valuesEqual(value, other);
    });
  };
}

function predicate(call: CallOperand, context: BindContext): Test {
  const operands = call.args.map((arg) => bindOperand(arg, context));
  checkLeaf(call.name, operands, context);
  const [first, second] = operands as [BoundOperand, BoundOperand];
  switch (call.name) {
    case "attribute_exists":
      return (item) => first.read(item) !== undefined;
    case "attribute_not_exists":
      return (item) => first.read(item) === undefined;
    case "attribute_type":
      return (item) => {
        const value = first.read(item);
        const type = second.read(item);
        return value !== undefined && type !== undefined && typeOf(value) === contentOf(type, "S");
      };
    case "begins_with":
      return (item) => onBoth(first.read(item), second.read(item), beginsWith);
    default:
      return (item) => onBoth(first.read(item), second.read(item), containsValue);
  }
}

function onBoth(
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
  test: (left: AttributeValue, right: AttributeValue) => boolean,
): boolean {
  return left !== undefined && right !== undefined && test(left, right);
}

/** Strings and binaries; anything else begins with nothing. */
export function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if ("S" in value && "S" in prefix) return value.S.startsWith(prefix.S);
  if (!("B" in value && "B" in prefix)) return false;
  const head = Buffer.from(prefix.B, "base64");
  return Buffer.from(value.B, "base64").subarray(0, head.length).equals(head);
}

/** A substring, an element of a set, or an element of a list. */
export function containsValue(value: AttributeValue, part: AttributeValue): boolean {
  if ("S" in value) return "S" in part && value.S.includes(part.S);
  if ("B" in value) {
    return "B" in part && Buffer.from(value.B, "base64").includes(Buffer.from(part.B, "base64"));
  }
  if ("SS" in value) return "S" in part && value.SS.includes(part.S);
  if ("NS" in value) return "N" in part && value.NS.includes(part.N);
  if ("BS" in value) return "B" in part && value.BS.includes(part.B);
  return "L" in value && value.L.some((element) => valuesEqual(element, part));
}
