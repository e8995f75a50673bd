import { expect, test } from "vitest";
import type { AttributeMap } from "../value/attribute-value.ts";
import { Bindings } from "./bindings.ts";
import { bindKeyCondition } from "./key-condition.ts";
import { parseCondition } from "./condition-parser.ts";
import { parseProjection } from "./projection-parser.ts";
import { bindProjection } from "./projection.ts";

function project(source: string, text: string): string {
  const projection = bindProjection(parseProjection(source), new Bindings({}));
  return JSON.stringify(projection.apply(JSON.parse(text) as AttributeMap));
}

test("a projection keeps what it names, list elements in the order of the list", () => {
  const text =
    '{"a":{"M":{"b":{"S":"1"},"c":{"S":"2"}}},"l":{"L":[{"S":"x"},{"S":"y"},{"S":"z"}]}}';
  expect(project("a.c, l[2], l[0]", text)).toBe(
    '{"a":{"M":{"c":{"S":"2"}}},"l":{"L":[{"S":"x"},{"S":"z"}]}}',
  );
  expect(project("a.x, nothing, l[9]", text)).toBe("{}");
  expect(() => project("a, a.b", text)).toThrow("Two document paths overlap with each other");
  expect(() => project("!!! INVALID !!!", text)).toThrow(
    'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"',
  );
});

function keyCondition(source: string): string {
  const bindings = new Bindings({
    expressionAttributeValues: { ":a": { S: "a" }, ":b": { S: "b" } },
  });
  const condition = parseCondition(source, "KeyConditionExpression");
  return [...bindKeyCondition(condition, bindings)]
    .map(([name, term]) => `${name} ${term.operator} ${JSON.stringify(term.values)}`)
    .join("; ");
}

test("a key condition is a condition on each key", () => {
  expect(keyCondition("(pk = :a) AND :b < sk")).toBe('pk = [{"S":"a"}]; sk > [{"S":"b"}]');
  expect(keyCondition("pk = :a AND sk BETWEEN :a AND :b")).toBe(
    'pk = [{"S":"a"}]; sk between [{"S":"a"},{"S":"b"}]',
  );
  const errors: readonly (readonly [string, string])[] = [
    ["pk = :a OR sk = :b", "Invalid operator used in KeyConditionExpression: OR"],
    ["pk <> :a", "Invalid operator used in KeyConditionExpression: <>"],
    ["contains(pk, :a)", "Invalid operator used in KeyConditionExpression: contains"],
    ["pk = :a AND pk = :b", "KeyConditionExpressions must only contain one condition per key"],
    ["pk = sk", "Multiple attribute names used in one condition"],
    [":a = :b", "No key attribute specified"],
    ["pk.x = :a", "KeyConditionExpressions cannot have conditions on nested attributes"],
    ["size(pk) = :a", "KeyConditionExpressions cannot contain nested operations"],
  ];
  for (const [source, message] of errors) {
    expect(() => keyCondition(source), source).toThrow(message);
  }
});
