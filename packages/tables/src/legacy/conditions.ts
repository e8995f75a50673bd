import { invalid, invalidParameters } from "../errors.ts";
import type { Test } from "../expression/condition.ts";
import { beginsWith, containsValue } from "../expression/condition.ts";
import type { KeyOperator, KeyTerm } from "../expression/key-condition.ts";
import type { AttributeType, AttributeValue } from "../value/attribute-value.ts";
import { attribute, typeOf } from "../value/attribute-value.ts";
import { checkValue } from "../value/check-value.ts";
import { compareScalars, valuesEqual } from "../value/compare-values.ts";
import type {
  ComparisonOperator,
  ConditionalOperator,
  LegacyCondition,
  LegacyConditions,
} from "./legacy-requests.ts";

/* KeyConditions, QueryFilter and ScanFilter, and what Expected shares with them. */

const SCALARS = ["S", "N", "B"];
const SCALARS_AND_SETS = ["S", "N", "B", "SS", "NS", "BS"];
/** Types that an operator takes; all, where it is not named. */
const TYPES: Readonly<Partial<Record<ComparisonOperator, readonly string[]>>> = {
  EQ: [...SCALARS_AND_SETS, "BOOL", "NULL", "L", "M"],
  NE: [...SCALARS_AND_SETS, "BOOL", "NULL", "L", "M"],
  LE: SCALARS,
  LT: SCALARS,
  GE: SCALARS,
  GT: SCALARS,
  CONTAINS: SCALARS,
  NOT_CONTAINS: SCALARS,
  BEGINS_WITH: ["S", "B"],
  IN: SCALARS,
  BETWEEN: SCALARS,
};
const KEY_OPERATORS: Readonly<Partial<Record<ComparisonOperator, KeyOperator>>> = {
  EQ: "=",
  LE: "<=",
  LT: "<",
  GE: ">=",
  GT: ">",
  BEGINS_WITH: "begins_with",
  BETWEEN: "between",
};

/** Checks the values of conditions: number, types. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkConditions(conditions: LegacyConditions | undefined): void {
  for (const condition of Object.values(conditions ?? {})) {
    const { comparisonOperator: operator, attributeValueList: values = [] } = condition;
    for (const value of values) checkValue(value);
    checkOperands(operator, values);
    const types = TYPES[operator];
    for (const value of values) {
      const type = typeOf(value);
      if (types === undefined || types.includes(type)) continue;
      throw invalidParameters(
        `ComparisonOperator ${operator} is not valid for ${type} AttributeValue type`,
      );
    }
    checkRange(operator, values);
  }
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkOperands(
  operator: ComparisonOperator,
  values: readonly AttributeValue[],
): void {
  if (!fits(operator, values.length)) {
    throw invalidParameters(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  }
  const first: AttributeType | undefined = values[0] === undefined ? undefined : typeOf(values[0]);
  if (values.some((value) => typeOf(value) !== first)) {
    throw invalidParameters("AttributeValues inside AttributeValueList must be of same type");
  }
}

/** @throws FIRN_TABLE_REQUEST_INVALID for a BETWEEN that holds of nothing. */
export function checkRange(operator: ComparisonOperator, values: readonly AttributeValue[]): void {
  const [low, high] = values;
  if (operator !== "BETWEEN" || low === undefined || high === undefined) return;
  if ((compareScalars(low, high) ?? 0) <= 0) return;
  throw invalid(
    "The BETWEEN condition was provided a range where the lower bound is greater than the upper " +
      "bound",
  );
}

function fits(operator: ComparisonOperator, count: number): boolean {
  switch (operator) {
    case "NULL":
    case "NOT_NULL":
      return count === 0;
    case "IN":
      return count > 0;
    case "BETWEEN":
      return count === 2;
    default:
      return count === 1;
  }
}

/** @throws FIRN_TABLE_REQUEST_INVALID when there is nothing to combine. */
export function checkConditionalOperator(
  operator: ConditionalOperator | undefined,
  conditions: Readonly<Record<string, unknown>> | undefined,
): void {
  if (operator === undefined) return;
  if (conditions === undefined) {
    throw invalidParameters("ConditionalOperator cannot be used without Filter or Expected");
  }
  if (Object.keys(conditions).length > 1) return;
  throw invalidParameters(
    "ConditionalOperator can only be used when Filter or Expected has two or more elements",
  );
}

/** The test that checked conditions make. */
export function conditionsTest(
  conditions: LegacyConditions,
  operator: ConditionalOperator | undefined,
): Test {
  const tests = Object.entries(conditions).map(([name, condition]) =>
    conditionTest(name, condition),
  );
  return combined(tests, operator);
}

export function combined(tests: readonly Test[], operator: ConditionalOperator | undefined): Test {
  return operator === "OR"
    ? (item) => tests.some((test) => test(item))
    : (item) => tests.every((test) => test(item));
}

export function conditionTest(name: string, condition: LegacyCondition): Test {
  const { comparisonOperator, attributeValueList = [] } = condition;
  return (item) => holds(comparisonOperator, attribute(item, name), attributeValueList);
}

function holds(
  operator: ComparisonOperator,
  value: AttributeValue | undefined,
  operands: readonly AttributeValue[],
): boolean {
  if (operator === "NULL") return value === undefined;
  if (operator === "NOT_NULL") return value !== undefined;
  // What is not there differs from everything, and meets no other condition.
  if (value === undefined) return operator === "NE";
  const [first, second] = operands as [AttributeValue, AttributeValue];
  switch (operator) {
    case "EQ":
      return valuesEqual(value, first);
    case "NE":
      return !valuesEqual(value, first);
    case "IN":
      return operands.some((operand) => valuesEqual(value, operand));
    case "CONTAINS":
      return containsValue(value, first);
    case "NOT_CONTAINS":
      return !containsValue(value, first);
    case "BEGINS_WITH":
      return beginsWith(value, first);
    default:
      return ordered(operator, compareScalars(value, first), () => compareScalars(value, second));
  }
}

function ordered(
  operator: "LE" | "LT" | "GE" | "GT" | "BETWEEN",
  order: number | undefined,
  toSecond: () => number | undefined,
): boolean {
  if (order === undefined) return false;
  switch (operator) {
    case "LE":
      return order <= 0;
    case "LT":
      return order < 0;
    case "GE":
      return order >= 0;
    case "GT":
      return order > 0;
    case "BETWEEN":
      return order >= 0 && (toSecond() ?? 1) <= 0;
  }
}

/** KeyConditions as a key condition. @throws FIRN_TABLE_REQUEST_INVALID. */
export function keyConditionTerms(conditions: LegacyConditions): Map<string, KeyTerm> {
  checkConditions(conditions);
  const names = Object.keys(conditions);
  if (names.length < 1 || names.length > 2) {
    throw invalid("Conditions can be of length 1 or 2 only");
  }
  return new Map(
    Object.entries(conditions).map(([name, condition]) => {
      const operator = KEY_OPERATORS[condition.comparisonOperator];
      if (operator === undefined) {
        throw invalid("Attempted conditional constraint is not an indexable operation");
      }
      return [name, { operator, values: condition.attributeValueList ?? [] }] as const;
    }),
  );
}
