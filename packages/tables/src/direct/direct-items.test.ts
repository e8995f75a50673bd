import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore, SeededRandom } from "@firn/core";
import type { Store } from "@firn/core";
import { testSeed } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeySchema, TableRecord } from "../catalog/table-record.ts";
import type { PlainItem, PlainValue } from "../client/plain-values.ts";
import type { BatchWrite } from "../client/plain-requests.ts";
import { fromAttributes, toAttributes } from "../client/plain-values.ts";
import { Tables } from "../client/tables.ts";
import { keyBytes, keyOf } from "../engine/item-key.ts";
import { StoredItem } from "../engine/stored-item.ts";
import { checkItem } from "../value/check-value.ts";
import { Decimal } from "../value/decimal.ts";
import { SHORT_TEXT_MAX, partitionHash } from "../value/partition-hash.ts";
import { quickKey } from "../value/quick-key.ts";
import { decodeItem } from "./item-decoder.ts";
import { ItemEncoder } from "./item-encoder.ts";

/*
 * The short ways do what the long way does, byte for byte, or leave it to that: each is compared
 * with it on random values.
 */

const random = new SeededRandom(testSeed());
const CASES = 800;

function pick<T>(values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}

function drawText(lengthMax: number): string {
  const from = pick(["az09-_ ~!", 'az"\\\n\u0000\u007f', "aé\u{1f600}ÿ"]);
  const characters = [...from];
  return Array.from({ length: random.below(lengthMax + 1) }, () => pick(characters)).join("");
}

function drawNumber(): number | bigint | Decimal {
  return pick([
    () => random.below(1000),
    () => random.below(2 ** 31) * random.below(2 ** 21),
    () => -random.below(1e6),
    () => random.below(1e6) / 1024,
    () => random.below(1000) * 10 ** random.below(40),
    () => BigInt(random.below(2 ** 31)) ** 3n,
    () => Decimal.parse(`${random.below(1000)}.00${random.below(1000)}e-${random.below(50)}`),
    () => pick([0, -0, 1e15, 1e15 - 1, 2 ** 53, 1e21, 1e-7, 1e300, NaN, Infinity]),
  ])();
}

function drawValue(depth: number): PlainValue | undefined {
  return pick<() => PlainValue | undefined>([
    () => drawText(300),
    () => drawText(10),
    drawNumber,
    () => pick([true, false, null, undefined, "\ud800"]),
    () => Buffer.from(drawText(9)),
    () => new Set([drawText(3)]),
    () => new Map([[drawText(3), drawText(3)]]),
    () => (depth > 3 ? null : Array.from({ length: random.below(4) }, () => drawWhole(depth + 1))),
    () => (depth > 3 ? null : drawItem(depth + 1)),
  ])();
}

function drawWhole(depth: number): PlainValue {
  return drawValue(depth) ?? null;
}

function drawItem(depth = 0): PlainItem {
  const names = ["pk", "sk", "1", "__proto__", 'a"b', "é", drawText(5)];
  const entries = names
    .filter(() => random.below(2) === 0)
    .map((name) => [name, drawValue(depth)] as const);
  return Object.fromEntries(entries);
}

/** What the long way makes of an item; `undefined` when it refuses it. */
function whole(item: PlainItem): StoredItem | undefined {
  try {
    const attributes = toAttributes(item);
    return StoredItem.encode(attributes, checkItem(attributes));
  } catch {
    return undefined;
  }
}

test("the hash of a partition is the head of the digest that DynamoDB makes", () => {
  for (let length = 0; length <= SHORT_TEXT_MAX; length++) {
    const text = Array.from({ length }, () => String.fromCharCode(1 + random.below(127))).join("");
    const digest = createHash("md5").update(`Outliers${text}`).digest();
    expect(partitionHash(text), text).toBe(digest.readInt32LE(0));
  }
  expect(partitionHash("x".repeat(SHORT_TEXT_MAX + 1))).toBeUndefined();
  expect(partitionHash("é")).toBeUndefined();
  expect(partitionHash("a\0")).toBeUndefined();
});

test("a quick key is the key, and only a plain one is quick", () => {
  let quick = 0;
  for (let i = 0; i < CASES; i++) {
    const type = pick(["S", "N"] as const);
    const key: KeySchema = {
      partition: [{ name: "p", type: "S" }],
      sort: random.below(3) === 0 ? [] : [{ name: "s", type }],
    };
    const p = drawText(60);
    const s = type === "S" ? drawText(60) : drawNumber();
    const made = quickKey(key, p, s);
    if (made === undefined) continue;
    quick++;
    const item = toAttributes(key.sort.length === 0 ? { p } : { p, s });
    checkItem(item);
    expect(Buffer.from(made).equals(keyBytes(key, item)), JSON.stringify([p, String(s)])).toBe(
      true,
    );
  }
  expect(quick).toBeGreaterThan(CASES / 20);
  const sorted: KeySchema = {
    partition: [{ name: "p", type: "S" }],
    sort: [{ name: "s", type: "N" }],
  };
  for (const s of ["1", 0, -1, 1.5, 1e15, undefined, 1n]) {
    expect(quickKey(sorted, "p", s)).toBeUndefined();
  }
  expect(quickKey(sorted, "", 1)).toBeUndefined();
});

test("a number that is nearly an integer has a key of its own", () => {
  const key: KeySchema = {
    partition: [{ name: "p", type: "S" }],
    sort: [{ name: "s", type: "N" }],
  };
  const table = { key } as TableRecord;
  const of = (n: string): Uint8Array => keyOf(table, { p: { S: "a" }, s: { N: n } });
  expect(Buffer.compare(of("9.99999999999999999999"), of("10"))).toBeLessThan(0);
  expect(Buffer.compare(of("1000000000000001"), of("1000000000000000"))).toBeGreaterThan(0);
});

test("an item in one pass is the item in three, or is left to them", () => {
  const encoder = new ItemEncoder();
  let encoded = 0;
  for (let i = 0; i < CASES; i++) {
    const item = drawItem();
    const made = encoder.encode(item);
    if (made === undefined) continue;
    encoded++;
    const expected = whole(item);
    expect(made.bytes).toBe(expected?.bytes);
    expect(Buffer.compare(made.value, expected?.value ?? new Uint8Array(0))).toBe(0);
  }
  expect(encoded).toBeGreaterThan(CASES / 20);
  expect(encoder.encode({ a: "x".repeat(500_000) })).toBeUndefined();
  expect(encoder.encode({ a: "\ud800" })).toBeUndefined();
  expect(encoder.encode({ a: 1e126 })).toBeUndefined();
  let deep: PlainValue = "bottom";
  for (let level = 0; level < 33; level++) deep = [deep];
  expect(encoder.encode({ deep })).toBeUndefined();
});

test.each(["auto", "decimal"] as const)(
  "an item cut out of its text is the parsed one, numbers: %s",
  (numbers) => {
    for (let i = 0; i < CASES; i++) {
      const stored = whole(drawItem());
      if (stored === undefined) continue;
      const cut = decodeItem(StoredItem.textOf(stored.value), numbers);
      expect(cut).toEqual(fromAttributes(stored.attributes(), numbers));
      expect(Object.keys(cut)).toEqual(Object.keys(stored.attributes()));
    }
  },
);

test("bytes that are no item are damage, whichever way they are read", () => {
  expect(() => StoredItem.textOf(Buffer.from([2, 0, 0, 1, 123]))).toThrow("not in a known format");
  expect(() => StoredItem.textOf(Buffer.from([1, 0, 0, 1]))).toThrow("not in a known format");
});

let directory: string;
let store: Store;
let tables: Tables;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  tables = await Tables.open({ store });
  await tables.createTable({
    tableName: "t",
    attributeDefinitions: [
      { attributeName: "pk", attributeType: "S" },
      { attributeName: "sk", attributeType: "N" },
    ],
    keySchema: [
      { attributeName: "pk", keyType: "HASH" },
      { attributeName: "sk", keyType: "RANGE" },
    ],
    billingMode: "PAY_PER_REQUEST",
  });
});

afterAll(async () => {
  await tables?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

test("what one way wrote the other reads", async () => {
  for (const [pk, sk] of [
    ["a", 1],
    ["a", -1],
    ["é", 7],
    ["a".repeat(100), 1.5],
  ] as const) {
    const item = { pk, sk, text: 'quoted "text"', list: [1, { a: null }] };
    expect(await tables.putItem({ tableName: "t", item })).toEqual({});
    const key = { pk, sk };
    const asked = { tableName: "t", key };
    expect((await tables.getItem(asked)).item).toEqual(item);
    const counted = await tables.getItem({ ...asked, returnConsumedCapacity: "TOTAL" });
    expect(counted).toMatchObject({ item, consumedCapacity: { capacityUnits: 0.5 } });
    const again = { ...asked, item: { ...item, list: [] }, returnValues: "ALL_OLD" } as const;
    expect((await tables.putItem(again)).attributes).toEqual(item);
    expect((await tables.getItem(asked)).item).toEqual(again.item);
  }
});

test("a batch of plain writes commits, and one that is refused writes nothing", async () => {
  const item = (sk: number): PlainItem => ({ pk: "batch", sk, text: `item ${sk}` });
  const write = (...batch: readonly BatchWrite[]): Promise<unknown> =>
    tables.batchWriteItem({ requestItems: { t: batch } });
  await write({ put: item(1) }, { put: item(2) }, { put: item(3) });
  expect(await write({ delete: { pk: "batch", sk: 1 } }, { put: item(4) })).toEqual({
    unprocessedItems: new Map(),
  });
  await expect(write({ put: item(5) }, { delete: { pk: "batch", sk: 5 } })).rejects.toThrow(
    "contains duplicates",
  );
  await expect(write({ put: item(5) }, { put: { pk: "batch" } })).rejects.toThrow(
    "Missing the key sk",
  );
  await expect(write({ put: item(5) }, { delete: item(6) })).rejects.toThrow("does not match");
  await expect(write({ put: item(5) }, {})).rejects.toThrow();
  const all = Array.from({ length: 26 }, (_, sk) => ({ put: item(sk + 1) }));
  await expect(write(...all)).rejects.toThrow("Too many items");
  const query = tables.query({
    tableName: "t",
    keyConditionExpression: "pk = :p",
    expressionAttributeValues: { ":p": "batch" },
  });
  expect(await query.toArray()).toEqual([item(2), item(3), item(4)]);
});

test("what is refused is refused in the service's words", async () => {
  const put = (item: PlainItem): Promise<unknown> => tables.putItem({ tableName: "t", item });
  await expect(put({ pk: "a" })).rejects.toThrow("Missing the key sk in the item");
  await expect(put({ pk: "a", sk: "1" })).rejects.toThrow("Type mismatch for key sk");
  await expect(put({ pk: "", sk: 1 })).rejects.toThrow("empty string value");
  await expect(put({ pk: "a", sk: 1, n: 1e126 })).rejects.toThrow("Number overflow");
  const get = (key: PlainItem): Promise<unknown> => tables.getItem({ tableName: "t", key });
  await expect(get({ pk: "a" })).rejects.toThrow("does not match the schema");
  await expect(get({ pk: "a", sk: 1, more: 1 })).rejects.toThrow("does not match the schema");
  await expect(tables.getItem({ tableName: "none", key: { pk: "a" } })).rejects.toMatchObject({
    code: "FIRN_TABLE_NOT_FOUND",
  });
});

test("a put meets an index that was added while it was under way", async () => {
  const update = {
    indexName: "by-text",
    keySchema: [{ attributeName: "text", keyType: "HASH" }],
    projection: { projectionType: "ALL" },
  } as const;
  const adding = tables.updateTable({
    tableName: "t",
    attributeDefinitions: [
      { attributeName: "pk", attributeType: "S" },
      { attributeName: "sk", attributeType: "N" },
      { attributeName: "text", attributeType: "S" },
    ],
    globalSecondaryIndexUpdates: [{ create: update }],
  });
  const puts = Array.from({ length: 50 }, (_, sk) =>
    tables.putItem({ tableName: "t", item: { pk: "indexed", sk: sk + 1, text: "same" } }),
  );
  await Promise.all([adding, ...puts]);
  for (;;) {
    const { globalSecondaryIndexes = [] } = await tables.describeTable({ tableName: "t" });
    if (globalSecondaryIndexes.every(({ indexStatus }) => indexStatus === "ACTIVE")) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const query = tables.query({
    tableName: "t",
    indexName: "by-text",
    keyConditionExpression: "#t = :t",
    expressionAttributeNames: { "#t": "text" },
    expressionAttributeValues: { ":t": "same" },
  });
  expect(await query.toArray()).toHaveLength(50);
});
