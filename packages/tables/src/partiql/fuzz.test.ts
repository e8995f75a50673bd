import { rm } from "node:fs/promises";
import { FirnError, makeTemporaryDirectory, openStore, SeededRandom } from "@firn/core";
import { cpuRate, printLine, testCount, testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { TableEngine } from "../engine/table-engine.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import { parseStatement } from "./statement-parser.ts";

const seed = testSeed();
const random = new SeededRandom(seed);
const PARSED_CASES = testCount({ quick: 5_000, full: 300_000 });
const EXECUTED_CASES = testCount({ quick: 1_000, full: 20_000 });

const WORDS = (
  "SELECT FROM WHERE AND OR NOT IN BETWEEN IS NULL MISSING TRUE ORDER BY DESC INSERT INTO VALUE " +
  "UPDATE SET REMOVE DELETE RETURNING ALL MODIFIED OLD NEW EXISTS T \"T\" k a b a.b a[0] a['x'] " +
  "'x' 'it''s' 1 -1 1.5e3 1e999 ? ? * , . ; ( ) [ ] { } << >> : = <> != < <= > >= + - size " +
  "begins_with contains attribute_exists attribute_type set_add list_append if_not_exists " +
  "\"__proto__\" __proto__ constructor {'__proto__':1} \ud83d\ude00 # -- /* */ \" '"
).split(" ");
const OPENINGS = [
  "SELECT * FROM T WHERE k = 'x' AND ",
  "SELECT a, b FROM T WHERE ",
  "UPDATE T SET a = ",
  "UPDATE T SET a = 1 WHERE k = 'x' AND ",
  "DELETE FROM T WHERE k = 'x' AND ",
  "INSERT INTO T VALUE {'k': 'x', 'a': ",
  "EXISTS(SELECT * FROM T WHERE ",
  "FROM T WHERE k = 'x' SET ",
  "",
];
const CLOSINGS = ["", "", "}", ")", " WHERE k = 'x'", " RETURNING ALL OLD *"];

function pick(words: readonly string[]): string {
  return words[random.below(words.length)] as string;
}

/** Often something that the grammar likes, and always something else in it. */
function drawStatement(): string {
  const words = Array.from({ length: random.below(8) }, () => pick(WORDS));
  return pick(OPENINGS) + words.join(pick([" ", " ", ""])) + pick(CLOSINGS);
}

function drawParameters(statement: string): AttributeValue[] {
  const drawn = ['{"S":"x"}', '{"N":"1"}', '{"SS":["x"]}', '{"M":{"k":{"S":"y"}}}', "{}"];
  const count = statement.split("?").length - 1;
  return Array.from({ length: count }, () => JSON.parse(pick(drawn)) as AttributeValue);
}

function expectRefusal(error: unknown, statement: string): void {
  const note = `FIRN_SEED=${seed}: ${statement}`;
  expect(error, note).toBeInstanceOf(FirnError);
  expect((error as FirnError).kind, note).not.toBe("internal");
}

test(`any text parses or is refused (FIRN_SEED=${seed})`, () => {
  const rate = cpuRate();
  for (let i = 0; i < PARSED_CASES; i++) {
    const statement = drawStatement();
    try {
      parseStatement(statement, drawParameters(statement));
    } catch (error) {
      expectRefusal(error, statement);
    }
  }
  printLine(`${PARSED_CASES} statements parsed, ${rate(PARSED_CASES)} a minute of CPU`);
});

test.each(["(", "NOT ", "a = [", "a = {'x': ", "size(", "a = <<"])(
  "thousands of %s are refused without exhausting the stack",
  (bomb) => {
    const statement = `SELECT * FROM T WHERE ${bomb.repeat(8000 / bomb.length)}`;
    expect(() => parseStatement(statement)).toThrow(FirnError);
    expect(() => parseStatement(`UPDATE T SET a = ${"(".repeat(8000)}`)).toThrow(FirnError);
  },
);

test(`any statement is carried out or refused (FIRN_SEED=${seed})`, async () => {
  const directory = await makeTemporaryDirectory();
  const store = await openStore({ directory, ephemeral: true });
  const engine = await TableEngine.open({ store });
  await engine.createTable({
    tableName: "T",
    attributeDefinitions: [{ attributeName: "k", attributeType: "S" }],
    keySchema: [{ attributeName: "k", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
  });
  const rate = cpuRate();
  for (let i = 0; i < EXECUTED_CASES; i++) {
    const statement = drawStatement();
    const given = { statement, parameters: drawParameters(statement) };
    try {
      if (random.below(2) === 0) await engine.executeStatement(given);
      else await engine.executeTransaction({ transactStatements: [given] });
    } catch (error) {
      expectRefusal(error, statement);
    }
  }
  printLine(`${EXECUTED_CASES} statements carried out, ${rate(EXECUTED_CASES)} a minute of CPU`);
  const sum = `UPDATE T SET a = ${"b + ".repeat(2000)}b WHERE k = 'x'`;
  await expect(engine.executeStatement({ statement: sum })).rejects.toThrow(FirnError);
  await engine.close();
  await store.close();
  await rm(directory, { recursive: true });
});
