import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ItemText } from "./requests.ts";
import { TableEngine } from "./table-engine.ts";

let directory: string;
let store: Store;
let engine: TableEngine;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  engine = await TableEngine.open({ store });
  await engine.createTable({
    tableName: "plain",
    attributeDefinitions: [{ attributeName: "pk", attributeType: "S" }],
    keySchema: [{ attributeName: "pk", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
  });
  await engine.createTable({
    tableName: "ranged",
    attributeDefinitions: [
      { attributeName: "pk", attributeType: "S" },
      { attributeName: "sk", attributeType: "N" },
      { attributeName: "gk", attributeType: "S" },
      { attributeName: "lk", attributeType: "S" },
    ],
    keySchema: [
      { attributeName: "pk", keyType: "HASH" },
      { attributeName: "sk", keyType: "RANGE" },
    ],
    billingMode: "PAY_PER_REQUEST",
    globalSecondaryIndexes: [
      {
        indexName: "global",
        keySchema: [{ attributeName: "gk", keyType: "HASH" }],
        projection: { projectionType: "KEYS_ONLY" },
      },
    ],
    localSecondaryIndexes: [
      {
        indexName: "local",
        keySchema: [
          { attributeName: "pk", keyType: "HASH" },
          { attributeName: "lk", keyType: "RANGE" },
        ],
        projection: { projectionType: "INCLUDE", nonKeyAttributes: ["a"] },
      },
    ],
  });
});

afterAll(async () => {
  await store?.close();
  await rm(directory, { recursive: true });
});

function parse(text: ItemText | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(Buffer.from(text).toString());
}

test("an item that was put is read back, with numbers in canonical form", async () => {
  const item: AttributeMap = { pk: { S: "a" }, n: { N: "1.50E1" }, __proto__x: { NULL: true } };
  await engine.putItem({ tableName: "plain", item });
  const { item: text } = await engine.getItem({ tableName: "plain", key: { pk: { S: "a" } } });
  expect(parse(text)).toEqual({ pk: { S: "a" }, n: { N: "15" }, __proto__x: { NULL: true } });
});

test("a failed condition changes nothing, and answers the item when asked", async () => {
  await engine.putItem({ tableName: "plain", item: { pk: { S: "c" }, v: { N: "1" } } });
  const failed = engine.putItem({
    tableName: "plain",
    item: { pk: { S: "c" }, v: { N: "2" } },
    conditionExpression: "attribute_not_exists(pk)",
    returnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  const error = await failed.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "FIRN_TABLE_CONDITION_FAILED",
    message: "The conditional request failed",
  });
  expect(parse((error as { detail: { item: ItemText } }).detail.item)).toEqual({
    pk: { S: "c" },
    v: { N: "1" },
  });
});

test("of a hundred concurrent increments none is lost", async () => {
  await Promise.all(
    Array.from({ length: 100 }, () =>
      engine.updateItem({
        tableName: "plain",
        key: { pk: { S: "counter" } },
        updateExpression: "ADD n :one",
        expressionAttributeValues: { ":one": { N: "1" } },
      }),
    ),
  );
  const { item } = await engine.getItem({ tableName: "plain", key: { pk: { S: "counter" } } });
  expect(parse(item)).toEqual({ pk: { S: "counter" }, n: { N: "100" } });
});

async function queryAll(
  request: Omit<Parameters<TableEngine["query"]>[0], "tableName">,
): Promise<unknown[]> {
  const items: unknown[] = [];
  let exclusiveStartKey: AttributeMap | undefined;
  do {
    const page = await engine.query({ tableName: "ranged", ...request, exclusiveStartKey });
    items.push(...(page.items ?? []).map(parse));
    exclusiveStartKey = page.lastEvaluatedKey;
  } while (exclusiveStartKey !== undefined);
  return items;
}

function numbers(items: readonly unknown[]): string[] {
  return items.map((item) => (item as { sk: { N: string } }).sk.N);
}

test("a query reads one partition in the order of numbers, both ways, page by page", async () => {
  const values = ["-10", "-9.5", "0", "2", "10", "100"];
  for (const n of values) {
    await engine.putItem({ tableName: "ranged", item: { pk: { S: "q" }, sk: { N: n } } });
    await engine.putItem({ tableName: "ranged", item: { pk: { S: "other" }, sk: { N: n } } });
  }
  const expressionAttributeValues = (): AttributeMap => ({ ":p": { S: "q" } });
  const all = { keyConditionExpression: "pk = :p" };
  const forward = await queryAll({
    ...all,
    expressionAttributeValues: expressionAttributeValues(),
  });
  expect(numbers(forward)).toEqual(values);
  for (const limit of [1, 2, 6]) {
    const backward = await queryAll({
      ...all,
      expressionAttributeValues: expressionAttributeValues(),
      scanIndexForward: false,
      limit,
    });
    expect(numbers(backward)).toEqual(values.toReversed());
  }
  const ranges: readonly (readonly [string, string[]])[] = [
    ["sk < :a", ["-10", "-9.5"]],
    ["sk <= :a", ["-10", "-9.5", "0"]],
    ["sk > :a", ["2", "10", "100"]],
    ["sk >= :a", ["0", "2", "10", "100"]],
    ["sk = :a", ["0"]],
    ["sk BETWEEN :a AND :b", ["0", "2", "10"]],
  ];
  for (const [condition, expected] of ranges) {
    const items = await queryAll({
      keyConditionExpression: `pk = :p AND ${condition}`,
      expressionAttributeValues: {
        ...expressionAttributeValues(),
        ":a": { N: "0" },
        ...(condition.includes(":b") ? { ":b": { N: "10" } } : {}),
      },
    });
    expect(numbers(items), condition).toEqual(expected);
  }
});

test("limit counts items before the filter, and count counts those behind it", async () => {
  const page = await engine.query({
    tableName: "ranged",
    keyConditionExpression: "pk = :p",
    filterExpression: "attribute_exists(nothing)",
    expressionAttributeValues: { ":p": { S: "q" } },
    limit: 3,
  });
  expect(page).toMatchObject({ count: 0, scannedCount: 3, items: [] });
  expect(page.lastEvaluatedKey).toEqual({ pk: { S: "q" }, sk: { N: "0" } });
});

test("indexes follow their items, and project what they were told to", async () => {
  const put = (sk: string, more: AttributeMap): Promise<unknown> =>
    engine.putItem({
      tableName: "ranged",
      item: { pk: { S: "i" }, sk: { N: sk }, ...more },
    });
  await put("1", { gk: { S: "g" }, lk: { S: "b" }, a: { S: "x" }, z: { S: "z" } });
  await put("2", { gk: { S: "g" }, lk: { S: "a" } });
  await put("3", {});
  const byGlobal = { indexName: "global", keyConditionExpression: "gk = :g" };
  const values = (): AttributeMap => ({ ":g": { S: "g" } });
  expect(await queryAll({ ...byGlobal, expressionAttributeValues: values() })).toHaveLength(2);
  await engine.updateItem({
    tableName: "ranged",
    key: { pk: { S: "i" }, sk: { N: "2" } },
    updateExpression: "REMOVE gk",
  });
  expect(await queryAll({ ...byGlobal, expressionAttributeValues: values(), limit: 1 })).toEqual([
    { pk: { S: "i" }, sk: { N: "1" }, gk: { S: "g" } },
  ]);
  const byLocal = { indexName: "local", keyConditionExpression: "pk = :p" };
  const partition = (): AttributeMap => ({ ":p": { S: "i" } });
  const projected = await queryAll({ ...byLocal, expressionAttributeValues: partition() });
  expect(numbers(projected)).toEqual(["2", "1"]);
  expect(projected[1]).not.toHaveProperty("z");
  const whole = await queryAll({
    ...byLocal,
    expressionAttributeValues: partition(),
    select: "ALL_ATTRIBUTES",
    limit: 1,
  });
  expect(whole[1]).toHaveProperty("z");
});

test("a scan finds every item once, in however many segments and pages", async () => {
  await engine.createTable({
    tableName: "scanned",
    attributeDefinitions: [{ attributeName: "pk", attributeType: "N" }],
    keySchema: [{ attributeName: "pk", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
  });
  for (let start = 0; start < 200; start += 25) {
    await engine.batchWriteItem({
      requestItems: {
        scanned: Array.from({ length: 25 }, (_, i) => ({
          putRequest: { item: { pk: { N: String(start + i) } } },
        })),
      },
    });
  }
  for (const totalSegments of [1, 4, 7]) {
    const seen: string[] = [];
    for (let segment = 0; segment < totalSegments; segment++) {
      let exclusiveStartKey: AttributeMap | undefined;
      do {
        const page = await engine.scan({
          tableName: "scanned",
          segment,
          totalSegments,
          exclusiveStartKey,
          limit: 17,
        });
        seen.push(...(page.items ?? []).map((item) => JSON.stringify(parse(item))));
        exclusiveStartKey = page.lastEvaluatedKey;
      } while (exclusiveStartKey !== undefined);
    }
    expect(seen).toHaveLength(200);
    expect(new Set(seen).size).toBe(200);
  }
});

test("a page ends with the item that crosses 1 MB", async () => {
  const fill = "x".repeat(300_000);
  for (let sk = 0; sk < 5; sk++) {
    await engine.putItem({
      tableName: "ranged",
      item: { pk: { S: "big" }, sk: { N: String(sk) }, fill: { S: fill } },
    });
  }
  const page = await engine.query({
    tableName: "ranged",
    keyConditionExpression: "pk = :p",
    expressionAttributeValues: { ":p": { S: "big" } },
    select: "COUNT",
    returnConsumedCapacity: "TOTAL",
  });
  expect(page).toMatchObject({ count: 4, lastEvaluatedKey: { pk: { S: "big" }, sk: { N: "3" } } });
  expect(page.items).toBeUndefined();
  expect(page.consumedCapacity?.capacityUnits).toBe(146.5);
});

test("a table is described with its items, also one too large to be counted at once", async () => {
  await engine.createTable({
    tableName: "counted",
    attributeDefinitions: [{ attributeName: "pk", attributeType: "N" }],
    keySchema: [{ attributeName: "pk", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
  });
  const put = (pk: number): Promise<unknown> =>
    engine.putItem({ tableName: "counted", item: { pk: { N: String(pk) } } });
  for (let pk = 1; pk <= 9; pk++) await put(pk);
  const small = await engine.describeTable({ tableName: "counted" });
  expect(small).toMatchObject({ itemCount: 9, tableSizeBytes: 9 * 4 });
  await Promise.all(Array.from({ length: 2500 }, (_, i) => put(i + 10)));
  await vi.waitFor(async () => {
    const { itemCount } = await engine.describeTable({ tableName: "counted" });
    expect(itemCount).toBe(2509);
  });
});

test("scopes do not see one another's tables", async () => {
  const other = engine.in({ accountId: "111111111111", region: "eu-west-1" });
  expect(await other.listTables()).toEqual({ tableNames: [] });
  await expect(other.getItem({ tableName: "plain", key: { pk: { S: "a" } } })).rejects.toThrow(
    "Requested resource not found",
  );
  expect((await engine.listTables({ limit: 2 })).lastEvaluatedTableName).toBe("plain");
});

test("a deleted table is gone with its items, and may be made again", async () => {
  const make = (): Promise<unknown> =>
    engine.createTable({
      tableName: "gone",
      attributeDefinitions: [{ attributeName: "pk", attributeType: "S" }],
      keySchema: [{ attributeName: "pk", keyType: "HASH" }],
      billingMode: "PAY_PER_REQUEST",
    });
  await make();
  await expect(make()).rejects.toMatchObject({ code: "FIRN_TABLE_IN_USE" });
  await engine.putItem({ tableName: "gone", item: { pk: { S: "a" } } });
  await engine.deleteTable({ tableName: "gone" });
  await expect(engine.putItem({ tableName: "gone", item: { pk: { S: "a" } } })).rejects.toThrow(
    "Requested resource not found",
  );
  await make();
  expect(await engine.getItem({ tableName: "gone", key: { pk: { S: "a" } } })).toEqual({});
});
