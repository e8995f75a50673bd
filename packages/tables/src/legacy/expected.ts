import { invalidParameters } from "../errors.ts";
import type { Test } from "../expression/condition.ts";
import { attribute } from "../value/attribute-value.ts";
import { checkValue } from "../value/check-value.ts";
import {
  checkConditionalOperator,
  checkOperands,
  checkRange,
  combined,
  conditionTest,
} from "./conditions.ts";
import type { ComparisonOperator, ExpectedAttribute, LegacyExpected } from "./legacy-requests.ts";

/** The test of a write's Expected, if it has one. @throws FIRN_TABLE_REQUEST_INVALID. */
export function expectedTest({ expected, conditionalOperator }: LegacyExpected): Test | undefined {
  checkConditionalOperator(conditionalOperator, expected);
  if (expected === undefined) return undefined;
  const tests = Object.entries(expected).map(([name, given]) => {
    checkExpected(name, given);
    return attributeTest(name, given);
  });
  return combined(tests, conditionalOperator);
}

function checkExpected(name: string, given: ExpectedAttribute): void {
  const { value, exists, comparisonOperator, attributeValueList } = given;
  const at = `for Attribute: ${name}`;
  if (value !== undefined) checkValue(value);
  for (const each of attributeValueList ?? []) checkValue(each);
  if (attributeValueList !== undefined && value !== undefined) {
    throw invalidParameters(`Value and AttributeValueList cannot be used together ${at}`);
  }
  if (comparisonOperator !== undefined) {
    checkComparison(comparisonOperator, given, at);
  } else if (attributeValueList !== undefined) {
    throw invalidParameters(`AttributeValueList can only be used with a ComparisonOperator ${at}`);
  } else if (exists !== false && value === undefined) {
    throw invalidParameters(
      `Value must be provided when Exists is ${exists === undefined ? "null" : "true"} ${at}`,
    );
  } else if (exists === false && value !== undefined) {
    throw invalidParameters(`Value cannot be used when Exists is false ${at}`);
  }
}

function checkComparison(operator: ComparisonOperator, given: ExpectedAttribute, at: string): void {
  if (given.exists !== undefined) {
    throw invalidParameters(`Exists and ComparisonOperator cannot be used together ${at}`);
  }
  const unary = operator === "NULL" || operator === "NOT_NULL";
  if (!unary && given.attributeValueList === undefined && given.value === undefined) {
    throw invalidParameters(
      `Value or AttributeValueList must be used with ComparisonOperator: ${operator} ${at}`,
    );
  }
  const values = operandsOf(given);
  checkOperands(operator, values);
  checkRange(operator, values);
}

function operandsOf(
  given: ExpectedAttribute,
): NonNullable<ExpectedAttribute["attributeValueList"]> {
  return given.attributeValueList ?? (given.value === undefined ? [] : [given.value]);
}

function attributeTest(name: string, given: ExpectedAttribute): Test {
  if (given.comparisonOperator === undefined && given.exists === false) {
    return (item) => attribute(item, name) === undefined;
  }
  return conditionTest(name, {
    comparisonOperator: given.comparisonOperator ?? "EQ",
    attributeValueList: operandsOf(given),
  });
}
