import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CreateTableRequest, UpdateTableRequest } from "../catalog/table-requests.ts";
import { Tables } from "../client/tables.ts";

let directory: string;
let store: Store;
let tables: Tables;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  tables = await Tables.open({ store });
});

afterAll(async () => {
  await tables?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

const create = (tableName: string, more: Partial<CreateTableRequest> = {}): Promise<unknown> =>
  tables.createTable({
    tableName,
    attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
    ...more,
  });

const provisioned = {
  billingMode: "PROVISIONED",
  provisionedThroughput: { readCapacityUnits: 5, writeCapacityUnits: 5 },
} as const;

test("settings are kept, described, changed and taken back", async () => {
  const tableName = "settings";
  await create(tableName, {
    tableClass: "STANDARD_INFREQUENT_ACCESS",
    onDemandThroughput: { maxReadRequestUnits: 50 },
    warmThroughput: { readUnitsPerSecond: 20_000 },
  });
  expect(await tables.describeTable({ tableName })).toMatchObject({
    tableClassSummary: { tableClass: "STANDARD_INFREQUENT_ACCESS" },
    onDemandThroughput: { maxReadRequestUnits: 50, maxWriteRequestUnits: -1 },
    warmThroughput: { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 4000, status: "ACTIVE" },
  });
  const update = (change: Partial<UpdateTableRequest>): Promise<unknown> =>
    tables.updateTable({ tableName, ...change });
  await update({ tableClass: "STANDARD" });
  await update({ onDemandThroughput: { maxReadRequestUnits: -1 } });
  await update({ warmThroughput: { writeUnitsPerSecond: 5000 } });
  const described = await tables.describeTable({ tableName });
  expect(described).toMatchObject({
    tableClassSummary: { tableClass: "STANDARD" },
    warmThroughput: { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 5000 },
  });
  expect(described.tableClassSummary?.lastUpdateDateTime).toBeTypeOf("number");
  expect(described.onDemandThroughput).toBeUndefined();
});

const TOGETHER: [Partial<UpdateTableRequest>, string][] = [
  [
    { tableClass: "STANDARD", deletionProtectionEnabled: true },
    "TableClass modification must be the only operation in the request",
  ],
  [
    { warmThroughput: { readUnitsPerSecond: 1 }, deletionProtectionEnabled: true },
    "WarmThroughput must be the only operation in the request",
  ],
  [
    { onDemandThroughput: { maxReadRequestUnits: 1 }, deletionProtectionEnabled: true },
    "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
  ],
  [{ tableClass: "GLACIER" }, "Invalid table-class parameter provided."],
  [
    { onDemandThroughput: { maxWriteRequestUnits: 0 } },
    "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
  ],
  [
    { warmThroughput: { readUnitsPerSecond: 11_999 } },
    "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current",
  ],
];

test("what does not go together, or is out of range, is refused in the service's words", async () => {
  await create("plain");
  for (const [change, text] of TOGETHER) {
    await expect(tables.updateTable({ tableName: "plain", ...change })).rejects.toThrow(text);
  }
  await expect(
    create("other", { ...provisioned, onDemandThroughput: { maxReadRequestUnits: 1 } }),
  ).rejects.toThrow(
    "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode " +
      "is PROVISIONED",
  );
  await expect(
    create("other", { ...provisioned, warmThroughput: { readUnitsPerSecond: 4 } }),
  ).rejects.toThrow("is lower than ReadCapacityUnits of ProvisionedThroughput");
  await expect(create("other", { warmThroughput: { writeUnitsPerSecond: 1 } })).rejects.toThrow(
    "is lower than initial throughput for OnDemand",
  );
});

test("a table's name is one that an ARN can hold", async () => {
  for (const name of ["", "a/b", "é", "x".repeat(256)]) {
    await expect(create(name)).rejects.toThrow("at 'tableName' failed to satisfy constraint");
  }
});

test("a global index has maximums and warmth of its own", async () => {
  const tableName = "indexed";
  const key = { attributeName: "g", keyType: "HASH" } as const;
  await create(tableName, {
    attributeDefinitions: [
      { attributeName: "id", attributeType: "S" },
      { attributeName: "g", attributeType: "S" },
    ],
    globalSecondaryIndexes: [
      {
        indexName: "by-g",
        keySchema: [key],
        projection: { projectionType: "ALL" },
        onDemandThroughput: { maxWriteRequestUnits: 7 },
      },
    ],
  });
  const change = (update: object): Promise<unknown> =>
    tables.updateTable({
      tableName,
      globalSecondaryIndexUpdates: [{ update: { indexName: "by-g", ...update } }],
    });
  await change({ warmThroughput: { readUnitsPerSecond: 13_000 } });
  const { globalSecondaryIndexes: described } = await tables.describeTable({ tableName });
  expect(described).toMatchObject([
    {
      onDemandThroughput: { maxReadRequestUnits: -1, maxWriteRequestUnits: 7 },
      warmThroughput: { readUnitsPerSecond: 13_000, writeUnitsPerSecond: 4000 },
    },
  ]);
  await expect(
    change({ provisionedThroughput: { readCapacityUnits: 1, writeCapacityUnits: 1 } }),
  ).rejects.toThrow("The only Updates for index: by-g when TableThroughputMode is PAY_PER_REQUEST");
  await expect(change({ onDemandThroughput: { maxReadRequestUnits: 0 } })).rejects.toThrow(
    "Requested MaxReadRequestUnits for OnDemandThroughput for index : by-g is outside",
  );
});
