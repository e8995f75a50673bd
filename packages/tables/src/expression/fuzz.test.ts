import { FirnError, SeededRandom } from "@firn/core";
import { cpuRate, printLine, testCount, testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import { applyUpdate } from "./apply-update.ts";
import { Bindings } from "./bindings.ts";
import { parseCondition } from "./condition-parser.ts";
import { bindCondition } from "./condition.ts";
import { bindKeyCondition } from "./key-condition.ts";
import { parseProjection } from "./projection-parser.ts";
import { bindProjection } from "./projection.ts";
import { parseUpdate } from "./update-parser.ts";
import { bindUpdate } from "./update.ts";

const seed = testSeed();
const random = new SeededRandom(seed);
const CASES = testCount({ quick: 5_000, full: 640_000 });

const WORDS = (
  "a b l m.x l[0] l[9] #n #x :s :n :l :m :ss :x ( ) ( ) , . [ ] = <> < <= > >= + - AND OR NOT IN " +
  "BETWEEN SET REMOVE ADD DELETE size begins_with contains attribute_exists attribute_type " +
  "attribute_not_exists if_not_exists list_append __proto__ constructor \ud83d\ude00 ! 0 99999999999"
).split(" ");

const VALUES =
  '{":s":{"S":"x"},":n":{"N":"1"},":l":{"L":[{"N":"2"}]},":m":{"M":{"x":{"S":"y"}}},":ss":{"SS":["x"]}}';
const ITEM =
  '{"a":{"S":"x"},"b":{"N":"5"},"l":{"L":[{"S":"x"},{"M":{}}]},"m":{"M":{"x":{"N":"1"}}},"__proto__":{"SS":["x"]}}';

function pick(): string {
  return WORDS[random.below(WORDS.length)] as string;
}

/** Often something that a grammar likes, and always something else in it. */
function drawExpression(): string {
  const words = Array.from({ length: 1 + random.below(9) }, pick);
  switch (random.below(5)) {
    case 0:
      return `SET ${words.join(" ")}`;
    case 1:
      return `a = :s AND ${words.join(" ")}`;
    case 2:
      return `${"(".repeat(random.below(3))}${words.join("")}`;
    default:
      return words.join(" ");
  }
}

/** What an expression does with an item, from text to result. */
const USES: readonly ((source: string, bindings: Bindings) => void)[] = [
  (source, bindings) => {
    const condition = parseCondition(source, "FilterExpression");
    const { test: holds } = bindCondition(condition, bindings, "FilterExpression");
    expect(typeof holds(JSON.parse(ITEM) as AttributeMap)).toBe("boolean");
    expect(typeof holds({})).toBe("boolean");
  },
  (source, bindings) => {
    bindKeyCondition(parseCondition(source, "KeyConditionExpression"), bindings);
  },
  (source, bindings) => {
    const kept = bindProjection(parseProjection(source), bindings).apply(
      JSON.parse(ITEM) as AttributeMap,
    );
    checkItem(kept);
  },
  (source, bindings) => {
    const item = JSON.parse(ITEM) as AttributeMap;
    applyUpdate(item, bindUpdate(parseUpdate(source), bindings));
    // What an update leaves is an item again, whatever it was made of.
    checkItem(JSON.parse(JSON.stringify(item)) as AttributeMap);
  },
];

/** Whether the text was taken; throws unless it was refused as DynamoDB refuses. */
function accepts(use: (typeof USES)[number], source: string): boolean {
  const bindings = new Bindings({
    expressionAttributeNames: { "#n": "b" },
    expressionAttributeValues: JSON.parse(VALUES) as AttributeMap,
  });
  try {
    use(source, bindings);
    return true;
  } catch (error) {
    const refused = error instanceof FirnError && error.code === "FIRN_TABLE_REQUEST_INVALID";
    if (refused) return false;
    throw new Error(`seed ${seed}: ${source}`, { cause: error });
  }
}

test(`any text is an expression or a ValidationException (FIRN_SEED=${seed})`, () => {
  let accepted = 0;
  const rate = cpuRate();
  for (let i = 0; i < CASES; i++) {
    const source = drawExpression();
    for (const use of USES) if (accepts(use, source)) accepted++;
  }
  printLine(`${CASES} expressions in four uses each, ${rate(CASES)} a minute of CPU`);
  expect(accepted).toBeGreaterThan(CASES / 100);
});
