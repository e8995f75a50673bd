import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttributeMap } from "../value/attribute-value.ts";
import { TableEngine } from "./table-engine.ts";

let directory: string;
let store: Store;
let engine: TableEngine;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  engine = await TableEngine.open({ store });
  await engine.createTable({
    tableName: "things",
    attributeDefinitions: [
      { attributeName: "pk", attributeType: "S" },
      { attributeName: "sk", attributeType: "N" },
      { attributeName: "gk", attributeType: "S" },
      { attributeName: "lk", attributeType: "B" },
    ],
    keySchema: [
      { attributeName: "pk", keyType: "HASH" },
      { attributeName: "sk", keyType: "RANGE" },
    ],
    billingMode: "PAY_PER_REQUEST",
    globalSecondaryIndexes: [
      {
        indexName: "by-gk",
        keySchema: [{ attributeName: "gk", keyType: "HASH" }],
        projection: { projectionType: "KEYS_ONLY" },
      },
    ],
    localSecondaryIndexes: [
      {
        indexName: "by-lk",
        keySchema: [
          { attributeName: "pk", keyType: "HASH" },
          { attributeName: "lk", keyType: "RANGE" },
        ],
        projection: { projectionType: "ALL" },
      },
    ],
  });
});

afterAll(async () => {
  await engine?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

const tableName = "things";
const key = (): AttributeMap => ({ pk: { S: "a" }, sk: { N: "1" } });

async function refused(asked: Promise<unknown>, text: string): Promise<void> {
  await expect(asked).rejects.toMatchObject({
    kind: "invalid",
    code: "FIRN_TABLE_REQUEST_INVALID",
    message: expect.stringContaining(text) as string,
  });
}

test("a put must have the table's keys, of their types, and fit its indexes", async () => {
  const refusals: readonly (readonly [AttributeMap, string])[] = [
    [{ pk: { S: "a" } }, "Missing the key sk in the item"],
    [{ ...key(), sk: { S: "1" } }, "Type mismatch for key sk expected: N actual: S"],
    [{ ...key(), pk: { S: "" } }, "cannot contain an empty string value. Key: pk"],
    [{ ...key(), pk: { S: "x".repeat(2049) } }, "Size of hashkey has exceeded the maximum"],
    [{ ...key(), gk: { N: "1" } }, "Type mismatch for Index Key gk Expected: S Actual: N"],
    [{ ...key(), gk: { S: "" } }, "IndexName: by-gk, IndexKey: gk"],
    [{ ...key(), lk: { B: "" } }, "empty binary value. IndexName: by-lk, IndexKey: lk"],
  ];
  for (const [item, text] of refusals) await refused(engine.putItem({ tableName, item }), text);
});

test("a key is its attributes and no others", async () => {
  const mismatch = "The provided key element does not match the schema";
  const keys: readonly AttributeMap[] = [
    {},
    { pk: { S: "a" } },
    { ...key(), more: { S: "a" } },
    { pk: { S: "a" }, sk: { S: "1" } },
    { pk: { S: "a" }, other: { N: "1" } },
  ];
  for (const each of keys) {
    await refused(engine.getItem({ tableName, key: { ...each } }), mismatch);
    await refused(engine.deleteItem({ tableName, key: { ...each } }), mismatch);
    await refused(engine.updateItem({ tableName, key: { ...each } }), mismatch);
  }
});

test("keys are never updated, nor looked into", async () => {
  const update = (updateExpression: string): Promise<unknown> =>
    engine.updateItem({
      tableName,
      key: key(),
      updateExpression,
      expressionAttributeValues: { ":v": { N: "1" } },
    });
  await refused(
    update("SET sk = :v"),
    "Cannot update attribute sk. This attribute is part of the key",
  );
  await refused(update("SET gk = :v"), "update the secondary index key to unsupported type");
  await refused(update("SET pk.x = :v"), "Key attributes must be scalars");
  await refused(update("SET gk.x = :v"), "are not allowed: IndexKey: gk");
});

test("an item has at most 400 KB, and an update counts a little more", async () => {
  const overhead = 2 + 1 + 2 + 2 + 1;
  const fill = (bytes: number): AttributeMap => ({ ...key(), f: { S: "x".repeat(bytes) } });
  await engine.putItem({ tableName, item: fill(409_600 - overhead) });
  await refused(
    engine.putItem({ tableName, item: fill(409_600 - overhead + 1) }),
    "Item size has exceeded the maximum allowed size",
  );
  const update = (bytes: number): Promise<unknown> =>
    engine.updateItem({
      tableName,
      key: key(),
      updateExpression: "SET f = :f",
      expressionAttributeValues: { ":f": { S: "x".repeat(bytes) } },
    });
  // Without the key (7 bytes), with 3 for the update and 19 for its action.
  await update(409_600 - 1 - 22);
  await refused(update(409_600 - 1 - 21), "Item size to update has exceeded the maximum");
});

test("a query needs equality on the partition key, and at most one range on the sort key", async () => {
  const query = (
    keyConditionExpression: string,
    values: AttributeMap,
    more: object = {},
  ): Promise<unknown> =>
    engine.query({ tableName, keyConditionExpression, expressionAttributeValues: values, ...more });
  const p: AttributeMap = { ":p": { S: "a" } };
  const both: AttributeMap = { ...p, ":n": { N: "1" } };
  await refused(
    query("sk = :n", { ":n": { N: "1" } }),
    "Query condition missed key schema element: pk",
  );
  await refused(query("pk > :p", p), "Query key condition not supported");
  await refused(query("pk = :p AND thing = :n", both), "missed key schema element: sk");
  await refused(
    query("pk = :p AND sk = :n", { ...p, ":n": { S: "1" } }),
    "does not match schema type",
  );
  await refused(
    query("pk = :p", { ...p, ":n": { N: "1" } }, { filterExpression: "sk = :n" }),
    "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
  );
  await refused(
    query("pk = :p", p, { indexName: "nothing" }),
    "The table does not have the specified index: nothing",
  );
  await refused(
    query("gk = :p", p, { indexName: "by-gk", consistentRead: true }),
    "Consistent reads are not supported on global secondary indexes",
  );
  await refused(
    query("gk = :p", p, { indexName: "by-gk", projectionExpression: "z" }),
    "Global secondary index by-gk does not project [z]",
  );
  await refused(
    query("pk = :p", p, { exclusiveStartKey: { pk: { S: "b" }, sk: { N: "1" } } }),
    "outside query boundaries",
  );
  await refused(
    query("pk = :p", p, { exclusiveStartKey: { pk: { S: "a" } } }),
    "starting key is invalid",
  );
});

test("capacity counts what was read and what changed, index by index", async () => {
  const put = (more: AttributeMap): ReturnType<TableEngine["putItem"]> =>
    engine.putItem({
      tableName,
      item: { pk: { S: "c" }, sk: { N: "1" }, ...more },
      returnConsumedCapacity: "INDEXES",
    });
  const units = (capacityUnits: number): object => ({ capacityUnits });
  const first = await put({ gk: { S: "x" }, f: { S: "y".repeat(1500) } });
  expect(first.consumedCapacity).toEqual({
    tableName,
    capacityUnits: 3,
    table: units(2),
    globalSecondaryIndexes: { "by-gk": units(1) },
  });
  // Smaller, the same entry: the larger of both items, and nothing for the index.
  expect((await put({ gk: { S: "x" } })).consumedCapacity).toMatchObject(units(2));
  // The entry moves: one deletion, one write.
  expect((await put({ gk: { S: "z" } })).consumedCapacity?.globalSecondaryIndexes).toEqual({
    "by-gk": units(2),
  });
  const read = (consistentRead: boolean): ReturnType<TableEngine["getItem"]> =>
    engine.getItem({
      tableName,
      key: { pk: { S: "nobody" }, sk: { N: "1" } },
      consistentRead,
      returnConsumedCapacity: "TOTAL",
    });
  expect((await read(false)).consumedCapacity).toEqual({ tableName, capacityUnits: 0.5 });
  expect((await read(true)).consumedCapacity).toEqual({ tableName, capacityUnits: 1 });
});

test("a global index may have four attributes in each half of its key", async () => {
  const names = ["h1", "h2", "r1", "r2"];
  await engine.createTable({
    tableName: "wide",
    attributeDefinitions: [...names, "id"].map((attributeName) => ({
      attributeName,
      attributeType: "S",
    })),
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
    globalSecondaryIndexes: [
      {
        indexName: "four",
        keySchema: names.map((attributeName) => ({
          attributeName,
          keyType: attributeName.startsWith("h") ? "HASH" : "RANGE",
        })),
        projection: { projectionType: "ALL" },
      },
    ],
  });
  for (const [id, r1, r2] of [
    ["1", "a", "x"],
    ["2", "a", "y"],
    ["3", "ab", "x"],
    ["4", "b", "x"],
  ] as const) {
    await engine.putItem({
      tableName: "wide",
      item: { id: { S: id }, h1: { S: "h" }, h2: { S: "i" }, r1: { S: r1 }, r2: { S: r2 } },
    });
  }
  const ids = async (condition: string, values: AttributeMap): Promise<string> => {
    const page = await engine.query({
      tableName: "wide",
      indexName: "four",
      keyConditionExpression: `h1 = :h AND h2 = :i${condition}`,
      expressionAttributeValues: { ":h": { S: "h" }, ":i": { S: "i" }, ...values },
    });
    const items = (page.items ?? []).map((item) => Buffer.from(item).toString());
    return items.map((text) => /"id":\{"S":"(\d)"/.exec(text)?.[1]).join("");
  };
  expect(await ids("", {})).toBe("1234");
  expect(await ids(" AND r1 = :r", { ":r": { S: "a" } })).toBe("12");
  expect(await ids(" AND begins_with(r1, :r)", { ":r": { S: "a" } })).toBe("123");
  expect(await ids(" AND r1 = :r AND r2 > :s", { ":r": { S: "a" }, ":s": { S: "x" } })).toBe("2");
  await refused(ids(" AND r2 = :s", { ":s": { S: "x" } }), "missed key schema element: r1");
  await refused(
    ids(" AND r1 > :r AND r2 = :s", { ":r": { S: "a" }, ":s": { S: "x" } }),
    "Query key condition not supported",
  );
});
