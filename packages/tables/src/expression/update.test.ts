import { expect, test } from "vitest";
import type { AttributeMap } from "../value/attribute-value.ts";
import { applyUpdate } from "./apply-update.ts";
import { Bindings } from "./bindings.ts";
import { parseUpdate } from "./update-parser.ts";
import { bindUpdate } from "./update.ts";

const values = JSON.parse(
  `{":one":{"N":"1"},":a":{"S":"a"},":l":{"L":[{"S":"z"}]},":ss":{"SS":["a","c"]},":m":{"M":{}}}`,
) as AttributeMap;

function update(source: string, text = '{"pk":{"S":"k"}}'): string {
  const item = JSON.parse(text) as AttributeMap;
  const bindings = new Bindings({
    expressionAttributeNames: { "#p": "__proto__" },
    expressionAttributeValues: values,
  });
  applyUpdate(item, bindUpdate(parseUpdate(source), bindings));
  return JSON.stringify(item);
}

const list = '{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}}';

test("all actions read the item as it was", () => {
  expect(update("SET a = b, b = a", '{"a":{"N":"1"},"b":{"N":"2"}}')).toBe(
    '{"a":{"N":"2"},"b":{"N":"1"}}',
  );
  expect(update("SET c = n + :one REMOVE n", '{"n":{"N":"4"}}')).toBe('{"c":{"N":"5"}}');
});

test("functions and arithmetic", () => {
  expect(update("SET a = if_not_exists(a, :one) + :one", "{}")).toBe('{"a":{"N":"2"}}');
  expect(update("SET l = list_append(:l, l)", '{"l":{"L":[]}}')).toBe('{"l":{"L":[{"S":"z"}]}}');
  expect(update("SET a = :one - :one", "{}")).toBe('{"a":{"N":"0"}}');
});

test("removed list elements keep their places until the end, sets behind it append", () => {
  expect(update("REMOVE l[0], l[1]", list)).toBe('{"l":{"L":[{"N":"2"}]}}');
  expect(update("SET l[9] = :a, l[7] = :one", list)).toBe(
    '{"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"1"},{"S":"a"}]}}',
  );
  expect(update("SET l[2147483647] = :a REMOVE l[1]", list)).toBe(
    '{"l":{"L":[{"N":"0"},{"N":"2"},{"S":"a"}]}}',
  );
  expect(update("REMOVE l[9]", list)).toBe(list);
});

test("ADD sums and unites, DELETE takes away and leaves no empty set", () => {
  expect(update("ADD n :one", "{}")).toBe('{"n":{"N":"1"}}');
  expect(update("ADD s :ss", '{"s":{"SS":["a","b"]}}')).toBe('{"s":{"SS":["a","b","c"]}}');
  expect(update("DELETE s :ss", '{"s":{"SS":["a"]}}')).toBe("{}");
  expect(() => update("ADD n :one", '{"n":{"S":"x"}}')).toThrow("incorrect data type");
});

test("the same value set in two places is two values", () => {
  expect(update("SET a = m, m.x = :one", '{"m":{"M":{}}}')).toBe(
    '{"m":{"M":{"x":{"N":"1"}}},"a":{"M":{}}}',
  );
});

test("an attribute may be called __proto__", () => {
  expect(update("SET #p = :a", "{}")).toBe('{"__proto__":{"S":"a"}}');
});

test("errors are DynamoDB's", () => {
  const errors: readonly (readonly [string, string])[] = [
    [
      "INVALID SYNTAX HERE",
      'Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"',
    ],
    ["SET a = :one SET b = :one", 'The "SET" section can only be used once in an update'],
    [
      "SET a = :one, a = :a",
      "Two document paths overlap with each other; must remove or rewrite one of these paths; " +
        "path one: [a], path two: [a]",
    ],
    ["SET a.b = :one, a[0] = :a", "Two document paths conflict with each other;"],
    [
      "ADD a :a",
      "Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
    ],
    [
      "SET a = :a + :one",
      "Incorrect operand type for operator or function; operator or function: +, operand type: S",
    ],
    ["SET a = foo(:a)", "Invalid function name; function: foo"],
    ["SET x.y = :a", "The document path provided in the update expression is invalid for update"],
    ["SET a = b", "The provided expression refers to an attribute that does not exist in the item"],
    ["SET a = VALUE 1", 'Syntax error; token: "1", near: "VALUE 1"'],
  ];
  for (const [source, message] of errors) {
    expect(() => update(source), source).toThrow(message);
  }
});
