import { expect, test } from "vitest";
import type { AttributeMap } from "../value/attribute-value.ts";
import { Bindings } from "./bindings.ts";
import { parseCondition } from "./condition-parser.ts";
import { bindCondition } from "./condition.ts";

const item = JSON.parse(
  `{"pk":{"S":"k"},"n":{"N":"10"},"s":{"S":"hello"},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},
    "l":{"L":[{"N":"7"},{"M":{"x":{"S":"y"}}}]},"m":{"M":{"k":{"S":"v"}}},"b":{"B":"AQID"},
    "t":{"BOOL":true},"z":{"NULL":true}}`,
) as AttributeMap;

const values = JSON.parse(
  `{":ten":{"N":"10.0"},":five":{"N":"5"},":h":{"S":"hel"},":a":{"S":"a"},":y":{"S":"y"},
    ":str":{"S":"S"},":v":{"S":"v"},":set":{"SS":["b","a"]},":m":{"M":{"k":{"S":"v"}}},
    ":b":{"B":"AQ=="},":t":{"BOOL":true},":two":{"N":"2"},":bad":{"S":"X"}}`,
) as AttributeMap;

function evaluate(source: string): boolean {
  const bindings = new Bindings({
    expressionAttributeNames: { "#n": "n", "#p": "__proto__" },
    expressionAttributeValues: values,
  });
  const condition = parseCondition(source, "ConditionExpression");
  return bindCondition(condition, bindings, "ConditionExpression").test(item);
}

test("conditions hold and fail as DynamoDB's do", () => {
  const holds = [
    "#n = :ten",
    "n > :five",
    "n BETWEEN :five AND :ten",
    "n IN (:five, :ten)",
    "begins_with(s, :h) AND size(s) = :five",
    "contains(s, :h)",
    "contains(ss, :a)",
    "contains(ns, :two)",
    "attribute_type(s, :str)",
    "attribute_exists(l[1].x)",
    "attribute_not_exists(l[2])",
    "attribute_not_exists(#p) AND attribute_not_exists(toString)",
    "m.k = :v AND l[1].x = :y",
    "ss = :set",
    "m = :m",
    "begins_with(b, :b)",
    "absent <> :a",
    "NOT absent = :a",
    "NOT (n = :five OR n = :two)",
    "n = :five OR (n = :ten AND (t = :t))",
    "(n) = (:ten)",
    "size(ss) = :two",
    "n <> :five and not n = :five",
    ":five < n",
  ];
  const fails = ["absent = :a", "absent < :five", "s > :five", "n < :five", "contains(n, :a)"];
  for (const source of holds) expect(evaluate(source), source).toBe(true);
  for (const source of fails) expect(evaluate(source), source).toBe(false);
});

test("errors are DynamoDB's, the more general ones first", () => {
  const errors: readonly (readonly [string, string])[] = [
    ["", "The expression can not be empty;"],
    ["n = ", 'Syntax error; token: "<EOF>", near: "="'],
    ["n", 'Syntax error; token: "<EOF>", near: "n"'],
    ["n ! :five", 'Syntax error; token: "!", near: "n ! :five"'],
    ["((n = :five))", "The expression has redundant parentheses;"],
    ["foo(n)", "Invalid function name; function: foo"],
    ["size(n)", "The function is not allowed to be used this way in an expression; function: size"],
    ["status = :a", "Attribute name is a reserved keyword; reserved keyword: status"],
    [
      "#x = :a",
      "An expression attribute name used in the document path is not defined; attribute name: #x",
    ],
    [
      "n = :x",
      "An expression attribute value used in expression is not defined; attribute value: :x",
    ],
    [
      "contains(n)",
      "Incorrect number of operands for operator or function; " +
        "operator or function: contains, number of operands: 1",
    ],
    [
      "n = n",
      "The first operand must be distinct from the remaining operands for this operator or " +
        "function; operator: =, first operand: [n]",
    ],
    [
      "begins_with(s, :five)",
      "Incorrect operand type for operator or function; " +
        "operator or function: begins_with, operand type: N",
    ],
    ["attribute_type(s, :bad)", "Invalid attribute type name found; type: X"],
    [
      "n BETWEEN :ten AND :five",
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
        "lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:5}",
    ],
  ];
  for (const [source, text] of errors) {
    expect(() => evaluate(source), source).toThrow(`Invalid ConditionExpression: ${text}`);
  }
});

test("nesting and the number of operators are bounded", () => {
  const deep = `${"(".repeat(1500)}n = :five${")".repeat(1500)}`;
  expect(() => evaluate(deep)).toThrow("too many operators");
  expect(() => evaluate(`${"NOT ".repeat(900)}n = :five`)).toThrow("too many operators");
  const wide = Array.from({ length: 160 }, () => "n=:ten").join(" OR ");
  expect(() => evaluate(wide)).toThrow(
    "The expression contains too many operators; operator count: 301",
  );
  expect(() => evaluate(`n = :ten${" ".repeat(4096)}`)).toThrow(
    "Expression size has exceeded the maximum allowed size; expression size: 4104",
  );
});

test("names and values that nothing uses are refused", () => {
  const bindings = new Bindings({
    expressionAttributeNames: { "#a": "a" },
    expressionAttributeValues: { ":v": { S: "x" } },
  });
  expect(() => bindings.checkAllUsed()).toThrow(
    "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
  );
  expect(() => new Bindings({ expressionAttributeNames: { a: "a" } })).toThrow(
    'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
  );
});
