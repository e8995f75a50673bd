import { expect, test } from "vitest";
import type { AttributeMap, AttributeValue } from "./attribute-value.ts";
import { checkItem, checkValue } from "./check-value.ts";
import { itemBytes } from "./item-size.ts";

function parse(text: string): AttributeMap {
  return JSON.parse(text) as AttributeMap;
}

test("an item's size is that of its names and values, and the same when read back", () => {
  const item = parse(
    `{"pk":{"S":"ab"},"n":{"N":"12"},"b":{"B":"AAEC"},"t":{"BOOL":true},"z":{"NULL":true},
      "ss":{"SS":["a","bc"]},"l":{"L":[{"S":"x"}]},"m":{"M":{"k":{"S":"v"}}},"é":{"S":"é"}}`,
  );
  const bytes = checkItem(item);
  expect(bytes).toBe(4 + 3 + 4 + 2 + 2 + 5 + (1 + 3 + 1 + 1) + (1 + 3 + 1 + 2) + 4);
  expect(itemBytes(item)).toBe(bytes);
});

test("what DynamoDB refuses is refused in its words", () => {
  const refusals: readonly (readonly [string, string])[] = [
    ["{}", "Supplied AttributeValue is empty"],
    ['{"S":"a","N":"1"}', "Supplied AttributeValue has more than one datatypes set"],
    ['{"SS":[]}', "One or more parameter values were invalid: An string set  may not be empty"],
    ['{"NS":[]}', "One or more parameter values were invalid: An number set  may not be empty"],
    ['{"BS":[]}', "One or more parameter values were invalid: Binary sets should not be empty"],
    [
      '{"SS":["a","a"]}',
      "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
    ],
    ['{"NS":["1","1.0"]}', "Input collection contains duplicates"],
    ['{"BS":["AA==","AA=="]}', "Input collection [AA==, AA==]of type BS contains duplicates."],
    ['{"NULL":false}', "Null attribute value types must have the value of true"],
    ['{"L":[{"SS":[]}]}', "An string set  may not be empty"],
    ['{"S":"\\ud800"}', "not well-formed"],
  ];
  for (const [text, message] of refusals) {
    expect(() => checkValue(JSON.parse(text)), text).toThrow(message);
  }
});

test("lists and maps nest 32 deep and no deeper", () => {
  const nested = (depth: number): AttributeValue => {
    let value: AttributeValue = { S: "a" };
    for (let i = 0; i < depth; i++) value = { L: [value] };
    return value;
  };
  expect(checkValue(nested(32))).toBeGreaterThan(0);
  expect(() => checkValue(nested(33))).toThrow("Nesting Levels have exceeded supported limits");
});

test("attributes may have the names of Object.prototype's members", () => {
  const item = parse('{"__proto__":{"S":"a"},"constructor":{"N":"01"}}');
  expect(checkItem(item)).toBe(9 + 1 + 11 + 2);
  expect(JSON.stringify(item)).toBe('{"__proto__":{"S":"a"},"constructor":{"N":"1"}}');
});
