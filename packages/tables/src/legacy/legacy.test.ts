import { expect, test } from "vitest";
import { applyUpdate } from "../expression/apply-update.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkConditions, conditionsTest, keyConditionTerms } from "./conditions.ts";
import { expectedTest } from "./expected.ts";
import type { ExpectedAttribute, LegacyCondition } from "./legacy-requests.ts";
import { legacyActions } from "./legacy-actions.ts";

const item: AttributeMap = { s: { S: "hello" }, n: { N: "5" }, ss: { SS: ["a", "b"] } };

function condition(
  comparisonOperator: LegacyCondition["comparisonOperator"],
  ...attributeValueList: NonNullable<LegacyCondition["attributeValueList"]>
): LegacyCondition {
  return { comparisonOperator, attributeValueList };
}

test("the old comparison operators hold as the new ones do", () => {
  const holds: readonly (readonly [string, LegacyCondition])[] = [
    ["s", condition("EQ", { S: "hello" })],
    ["s", condition("NE", { S: "x" })],
    ["gone", condition("NE", { S: "x" })],
    ["gone", condition("NULL")],
    ["s", condition("NOT_NULL")],
    ["s", condition("BEGINS_WITH", { S: "he" })],
    ["s", condition("CONTAINS", { S: "ell" })],
    ["ss", condition("CONTAINS", { S: "a" })],
    ["ss", condition("NOT_CONTAINS", { S: "c" })],
    ["n", condition("GT", { N: "4.9" })],
    ["n", condition("LE", { N: "5" })],
    ["n", condition("BETWEEN", { N: "5" }, { N: "6" })],
    ["n", condition("IN", { N: "1" }, { N: "5" })],
  ];
  for (const [name, each] of holds) {
    checkConditions({ [name]: each });
    expect(conditionsTest({ [name]: each }, undefined)(item), each.comparisonOperator).toBe(true);
  }
  const two = { s: condition("EQ", { S: "x" }), n: condition("EQ", { N: "5" }) };
  expect(conditionsTest(two, "AND")(item)).toBe(false);
  expect(conditionsTest(two, "OR")(item)).toBe(true);
});

test("operators are held to their numbers and types of operands", () => {
  const refusals: readonly (readonly [LegacyCondition, string])[] = [
    [condition("EQ"), "Invalid number of argument(s) for the EQ ComparisonOperator"],
    [condition("NULL", { S: "a" }), "Invalid number of argument(s)"],
    [condition("IN", { S: "a" }, { N: "1" }), "must be of same type"],
    [condition("LT", { SS: ["a"] }), "LT is not valid for SS AttributeValue type"],
    [condition("BETWEEN", { N: "2" }, { N: "1" }), "lower bound is greater than the upper bound"],
  ];
  for (const [each, text] of refusals) {
    expect(() => checkConditions({ a: each })).toThrow(text);
  }
  expect(() => keyConditionTerms({ a: condition("NE", { S: "a" }) })).toThrow("not an indexable");
});

test("Expected wants a value, or says that there is none", () => {
  const expects = (given: ExpectedAttribute): boolean =>
    expectedTest({ expected: { s: given } })?.(item) ?? true;
  expect(expects({ value: { S: "hello" } })).toBe(true);
  expect(expects({ exists: false })).toBe(false);
  expect(expects({ comparisonOperator: "NOT_NULL" })).toBe(true);
  expect(() => expects({})).toThrow("Value must be provided when Exists is null for Attribute: s");
  expect(() => expects({ exists: false, value: { S: "a" } })).toThrow("Exists is false");
  expect(() => expectedTest({ conditionalOperator: "OR" })).toThrow("cannot be used without");
});

test("AttributeUpdates put, add and delete", () => {
  const changed = structuredClone(item);
  const attributeUpdates = {
    s: { value: { S: "x" } },
    n: { action: "ADD", value: { N: "1" } },
    ss: { action: "DELETE", value: { SS: ["a"] } },
    l: { action: "ADD", value: { L: [{ S: "y" }] } },
  } as const;
  applyUpdate(changed, legacyActions({ attributeUpdates }));
  expect(changed).toEqual({
    s: { S: "x" },
    n: { N: "6" },
    ss: { SS: ["b"] },
    l: { L: [{ S: "y" }] },
  });
  expect(() => legacyActions({ attributeUpdates: { s: { action: "ADD" } } })).toThrow(
    "Only DELETE action is allowed when no attribute value is specified",
  );
});
