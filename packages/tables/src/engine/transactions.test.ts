import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, ManualClock, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Tables } from "../client/tables.ts";

let directory: string;
let store: Store;
let tables: Tables;

const open = async (): Promise<void> => {
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  tables = await Tables.open({ store });
};

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  await open();
  for (const tableName of ["accounts", "audit"]) {
    await tables.createTable({
      tableName,
      attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
      keySchema: [{ attributeName: "id", keyType: "HASH" }],
      billingMode: "PAY_PER_REQUEST",
    });
  }
});

afterAll(async () => {
  await store?.close();
  await rm(directory, { recursive: true });
});

async function balance(id: string): Promise<unknown> {
  const { item } = await tables.getItem({ tableName: "accounts", key: { id } });
  return item?.["balance"];
}

const transfer = (from: string, to: string): Parameters<Tables["transactWriteItems"]>[0] => ({
  transactItems: [
    {
      update: {
        tableName: "accounts",
        key: { id: from },
        updateExpression: "SET balance = balance - :one",
        conditionExpression: "balance >= :one",
        expressionAttributeValues: { ":one": 1 },
        returnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    {
      update: {
        tableName: "accounts",
        key: { id: to },
        updateExpression: "ADD balance :one",
        expressionAttributeValues: { ":one": 1 },
      },
    },
    { put: { tableName: "audit", item: { id: `${from}->${to}` } } },
  ],
});

test("a transaction happens as a whole or not at all, and says why not, action by action", async () => {
  await tables.putItem({ tableName: "accounts", item: { id: "a", balance: 1 } });
  const { consumedCapacity } = await tables.transactWriteItems({
    ...transfer("a", "b"),
    returnConsumedCapacity: "TOTAL",
  });
  expect(consumedCapacity).toEqual([
    { tableName: "accounts", capacityUnits: 4, writeCapacityUnits: 4 },
    { tableName: "audit", capacityUnits: 2, writeCapacityUnits: 2 },
  ]);
  expect([await balance("a"), await balance("b")]).toEqual([0, 1]);
  const failed = await tables
    .transactWriteItems(transfer("a", "c"))
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({
    code: "FIRN_TABLE_TRANSACTION_CANCELED",
    message:
      "Transaction cancelled, please refer cancellation reasons for specific reasons " +
      "[ConditionalCheckFailed, None, None]",
    detail: { reasons: [{ code: "ConditionalCheckFailed" }, { code: "None" }, { code: "None" }] },
  });
  expect(await balance("c")).toBeUndefined();
  const { items } = await tables.transactGetItems({
    transactItems: ["a->b", "a->c"].map((id) => ({ get: { tableName: "audit", key: { id } } })),
  });
  expect(items).toEqual([{ id: "a->b" }, undefined]);
});

test("a token makes a retry harmless, after a restart too, and for ten minutes", async () => {
  await tables.putItem({ tableName: "accounts", item: { id: "t", balance: 100 } });
  const request = { ...transfer("t", "u"), clientRequestToken: "once" };
  await tables.transactWriteItems(request);
  await store.close();
  await open();
  const { consumedCapacity } = await tables.transactWriteItems({
    ...request,
    returnConsumedCapacity: "TOTAL",
  });
  expect(consumedCapacity?.[0]).toMatchObject({ readCapacityUnits: 4 });
  expect(await balance("t")).toBe(99);
  await expect(
    tables.transactWriteItems({ ...transfer("t", "v"), clientRequestToken: "once" }),
  ).rejects.toMatchObject({ code: "FIRN_TABLE_TOKEN_MISMATCH" });
  (store.clock as ManualClock).advance(600_000);
  await tables.transactWriteItems(request);
  expect(await balance("t")).toBe(98);
});

test("who meets an item in a transaction is told of the conflict", async () => {
  await tables.putItem({ tableName: "accounts", item: { id: "x", balance: 10 } });
  const running = tables.transactWriteItems(transfer("x", "y"));
  // The transaction takes its items once its tables are known, a turn later.
  await Promise.resolve();
  await new Promise((resolve) => process.nextTick(resolve));
  const [write, transaction, read] = await Promise.allSettled([
    tables.putItem({ tableName: "accounts", item: { id: "x", balance: 0 } }),
    tables.transactWriteItems(transfer("x", "z")),
    tables.transactGetItems({
      transactItems: [{ get: { tableName: "accounts", key: { id: "x" } } }],
    }),
  ]);
  await running;
  expect(write).toMatchObject({ reason: { code: "FIRN_TABLE_TRANSACTION_CONFLICT" } });
  const conflict = { code: "TransactionConflict", message: "Transaction is ongoing for the item" };
  expect(transaction).toMatchObject({
    reason: { detail: { reasons: [conflict, { code: "None" }, { code: "None" }] } },
  });
  expect(read).toMatchObject({ reason: { detail: { reasons: [conflict] } } });
  await tables.putItem({ tableName: "accounts", item: { id: "x", balance: 5 } });
});

test("of concurrent transfers none is half done", async () => {
  const ids = ["p", "q", "r", "s"];
  for (const id of ids) {
    await tables.putItem({ tableName: "accounts", item: { id, balance: 10 } });
  }
  const transfers = Array.from({ length: 60 }, (_, i) =>
    transfer(ids[i % 4] as string, ids[(i + 1 + (i % 3)) % 4] as string),
  );
  await Promise.allSettled(transfers.map((request) => tables.transactWriteItems(request)));
  let sum = 0;
  for (const id of ids) sum += (await balance(id)) as number;
  expect(sum).toBe(40);
});

test("requests that no transaction can carry out are refused", async () => {
  const put = (
    id: string,
    fill = "",
  ): { readonly put: { tableName: string; item: { id: string } } } => ({
    put: { tableName: "accounts", item: { id, ...(fill === "" ? {} : { fill }) } },
  });
  await expect(tables.transactWriteItems({ transactItems: [put("d"), put("d")] })).rejects.toThrow(
    "Transaction request cannot include multiple operations on one item",
  );
  await expect(
    tables.transactWriteItems({
      transactItems: [{ ...put("d"), ...{ delete: { tableName: "accounts", key: { id: "e" } } } }],
    }),
  ).rejects.toThrow("TransactItems can only contain one of Check, Put, Update or Delete");
  const large = "x".repeat(390_000);
  await expect(
    tables.transactWriteItems({
      transactItems: Array.from({ length: 11 }, (_, i) => put(`large${i}`, large)),
    }),
  ).rejects.toMatchObject({ code: "FIRN_TABLE_REQUEST_INVALID" });
  await expect(
    tables.transactWriteItems({
      transactItems: [put("f"), { delete: { tableName: "accounts", key: { wrong: "f" } } }],
    }),
  ).rejects.toMatchObject({
    detail: { reasons: [{ code: "None" }, { code: "ValidationError" }] },
  });
});
