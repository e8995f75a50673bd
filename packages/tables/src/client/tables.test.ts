import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, ManualClock, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Decimal } from "../value/decimal.ts";
import { Tables } from "./tables.ts";

let directory: string;
let store: Store;
let tables: Tables;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  tables = await Tables.open({ store, throttle: true });
  await tables.createTable({
    tableName: "notes",
    attributeDefinitions: [
      { attributeName: "user", attributeType: "S" },
      { attributeName: "at", attributeType: "N" },
    ],
    keySchema: [
      { attributeName: "user", keyType: "HASH" },
      { attributeName: "at", keyType: "RANGE" },
    ],
    billingMode: "PAY_PER_REQUEST",
  });
});

afterAll(async () => {
  await tables?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

test("plain values come back as they went in, numbers exact", async () => {
  const item = {
    user: "u",
    at: 1,
    text: "",
    big: 12345678901234567890123456789012345678n,
    half: 0.5,
    long: Decimal.parse("0.12345678901234567890"),
    yes: true,
    nothing: null,
    bytes: Uint8Array.of(1, 2, 255),
    list: [1, "a", [null]],
    map: { deep: { er: "x" }, left: undefined },
    words: new Set(["a", "b"]),
    numbers: new Set([1, 2.5]),
  };
  await tables.putItem({ tableName: "notes", item });
  const { item: read } = await tables.getItem({ tableName: "notes", key: { user: "u", at: 1 } });
  expect(read).toMatchObject({
    text: "",
    half: 0.5,
    yes: true,
    nothing: null,
    list: [1, "a", [null]],
    map: { deep: { er: "x" } },
    words: new Set(["a", "b"]),
    numbers: new Set([1, 2.5]),
  });
  expect(String(read?.["big"])).toBe("12345678901234567890123456789012345678");
  expect((read?.["long"] as Decimal).toString()).toBe("0.1234567890123456789");
  expect(Buffer.compare(read?.["bytes"] as Uint8Array, item.bytes)).toBe(0);
});

test("an attribute called __proto__ is an attribute", async () => {
  const item = JSON.parse('{"user":"p","at":1,"__proto__":"x","constructor":"y"}') as never;
  await tables.putItem({ tableName: "notes", item });
  const { item: read } = await tables.getItem({ tableName: "notes", key: { user: "p", at: 1 } });
  expect(JSON.stringify(read)).toContain('"__proto__":"x"');
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
});

test("a query is read item by item, or page by page", async () => {
  for (let at = 0; at < 10; at++) {
    await tables.putItem({ tableName: "notes", item: { user: "q", at, even: at % 2 === 0 } });
  }
  const query = tables.query<{ at: number }>({
    tableName: "notes",
    keyConditionExpression: "#u = :u",
    filterExpression: "even = :even",
    expressionAttributeNames: { "#u": "user" },
    expressionAttributeValues: { ":u": "q", ":even": true },
    limit: 4,
    scanIndexForward: false,
  });
  const seen: number[] = [];
  for await (const { at } of query) seen.push(at);
  expect(seen).toEqual([8, 6, 4, 2, 0]);
  const sizes: number[] = [];
  for await (const page of query.pages()) sizes.push(page.scannedCount);
  expect(sizes).toEqual([4, 4, 2]);
  const all = await tables.scan({ tableName: "notes", limit: 3 }).toArray();
  expect(all).toHaveLength(12);
});

test("batches read and write several items", async () => {
  const result = await tables.batchWriteItem({
    requestItems: {
      notes: [
        { put: { user: "b", at: 1 } },
        { put: { user: "b", at: 2 } },
        { delete: { user: "u", at: 1 } },
      ],
    },
  });
  expect(result.unprocessedItems.size).toBe(0);
  const { responses } = await tables.batchGetItem({
    requestItems: {
      notes: {
        keys: [
          { user: "b", at: 1 },
          { user: "b", at: 2 },
          { user: "u", at: 1 },
        ],
      },
    },
  });
  expect(responses.get("notes")).toHaveLength(2);
});

test("a provisioned table keeps 300 seconds of burst, then holds to its rate", async () => {
  const clock = store.clock as ManualClock;
  await tables.createTable({
    tableName: "slow",
    attributeDefinitions: [{ attributeName: "pk", attributeType: "N" }],
    keySchema: [{ attributeName: "pk", keyType: "HASH" }],
    provisionedThroughput: { readCapacityUnits: 1, writeCapacityUnits: 1 },
  });
  const put = (pk: number): Promise<unknown> => tables.putItem({ tableName: "slow", item: { pk } });
  for (let i = 0; i < 300; i++) await put(i);
  await expect(put(300)).rejects.toMatchObject({
    code: "FIRN_TABLE_THROUGHPUT_EXCEEDED",
    detail: { throttlingReasons: [{ reason: "TableWriteProvisionedThroughputExceeded" }] },
  });
  clock.advance(2000);
  await put(300);
  await put(301);
  await expect(put(302)).rejects.toThrow("The level of configured provisioned throughput");
  clock.advance(1000);
  const batch = { requestItems: { slow: [1, 2, 3].map((pk) => ({ put: { pk } })) } };
  const { unprocessedItems } = await tables.batchWriteItem(batch);
  expect(unprocessedItems.get("slow")).toEqual([{ put: { pk: 2 } }, { put: { pk: 3 } }]);
  await expect(tables.batchWriteItem(batch)).rejects.toMatchObject({
    code: "FIRN_TABLE_THROUGHPUT_EXCEEDED",
  });
  // An hour of rest is worth 300 seconds, no more.
  clock.advance(3_600_000);
  for (let i = 0; i < 300; i++) await put(i);
  await expect(put(300)).rejects.toThrow("exceeded");
});

test("throughput goes up at once, and down four times a day, then once an hour", async () => {
  const clock = store.clock as ManualClock;
  const set = async (units: number): Promise<unknown> =>
    tables.updateTable({
      tableName: "slow",
      provisionedThroughput: { readCapacityUnits: units, writeCapacityUnits: units },
    });
  await set(10);
  await expect(set(10)).rejects.toThrow("The provisioned throughput for the table will not change");
  for (const units of [9, 8, 7, 6]) await set(units);
  await expect(set(5)).rejects.toMatchObject({ code: "FIRN_TABLE_LIMIT_EXCEEDED" });
  clock.advance(3_600_000);
  await set(5);
  await expect(set(4)).rejects.toMatchObject({ code: "FIRN_TABLE_LIMIT_EXCEEDED" });
});
