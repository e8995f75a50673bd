import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Tables } from "../client/tables.ts";

let directory: string;
let store: Store;
let tables: Tables;

const open = async (): Promise<void> => {
  store = await openStore({ directory, ephemeral: true });
  tables = await Tables.open({ store });
};

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  await open();
});

afterAll(async () => {
  await tables?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

async function makeTable(tableName: string): Promise<void> {
  await tables.createTable({
    tableName,
    attributeDefinitions: [{ attributeName: "id", attributeType: "N" }],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
  });
}

const createByGroup = (tableName: string): Promise<unknown> =>
  tables.updateTable({
    tableName,
    attributeDefinitions: [
      { attributeName: "group", attributeType: "N" },
      { attributeName: "rank", attributeType: "N" },
    ],
    globalSecondaryIndexUpdates: [
      {
        create: {
          indexName: "by-group",
          keySchema: [
            { attributeName: "group", keyType: "HASH" },
            { attributeName: "rank", keyType: "RANGE" },
          ],
          projection: { projectionType: "KEYS_ONLY" },
        },
      },
    ],
  });

async function untilActive(tableName: string): Promise<void> {
  for (;;) {
    const { globalSecondaryIndexes } = await tables.describeTable({ tableName });
    if (globalSecondaryIndexes?.every(({ indexStatus }) => indexStatus === "ACTIVE")) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function ranks(tableName: string, group: number): Promise<unknown[]> {
  const items = await tables
    .query({
      tableName,
      indexName: "by-group",
      keyConditionExpression: "#g = :g",
      expressionAttributeNames: { "#g": "group" },
      expressionAttributeValues: { ":g": group },
    })
    .toArray();
  return items.map((item) => item["rank"]);
}

test("an index made under load has every item, whenever it was written", async () => {
  await makeTable("busy");
  const put = (id: number): Promise<unknown> =>
    tables.putItem({ tableName: "busy", item: { id, group: id % 3, rank: id } });
  for (let id = 0; id < 350; id++) await put(id);
  const writes: Promise<unknown>[] = [];
  for (let id = 350; id < 450; id++) writes.push(put(id));
  const creating = createByGroup("busy");
  for (let id = 450; id < 550; id++) writes.push(put(id));
  await creating;
  for (let id = 550; id < 650; id++) writes.push(put(id));
  for (let id = 0; id < 30; id++) {
    writes.push(tables.deleteItem({ tableName: "busy", key: { id } }));
  }
  await Promise.all(writes);
  await untilActive("busy");
  for (const group of [0, 1, 2]) {
    const expected = Array.from({ length: 620 }, (_, i) => i + 30).filter((id) => id % 3 === group);
    expect(await ranks("busy", group)).toEqual(expected);
  }
});

test("filling an index goes on after a restart", async () => {
  await makeTable("stopped");
  for (let id = 0; id < 300; id++) {
    await tables.putItem({ tableName: "stopped", item: { id, group: 1, rank: -id } });
  }
  await createByGroup("stopped");
  await tables.close();
  await store.close();
  await open();
  await untilActive("stopped");
  expect(await ranks("stopped", 1)).toHaveLength(300);
});

test("a deleted index is gone at once, writes go on, and its name is free again", async () => {
  await makeTable("dropped");
  await createByGroup("dropped");
  await untilActive("dropped");
  await expect(createByGroup("dropped")).rejects.toThrow(
    "Attempting to create an index which already exists",
  );
  const writes = Array.from({ length: 50 }, (_, id) =>
    tables.putItem({ tableName: "dropped", item: { id, group: 1, rank: id } }),
  );
  const deleting = tables.updateTable({
    tableName: "dropped",
    globalSecondaryIndexUpdates: [{ delete: { indexName: "by-group" } }],
  });
  for (let id = 50; id < 100; id++) {
    writes.push(tables.putItem({ tableName: "dropped", item: { id, group: 1, rank: id } }));
  }
  await Promise.all([...writes, deleting]);
  const { attributeDefinitions, globalSecondaryIndexes } = await tables.describeTable({
    tableName: "dropped",
  });
  expect(globalSecondaryIndexes).toBeUndefined();
  expect(attributeDefinitions).toEqual([{ attributeName: "id", attributeType: "N" }]);
  await expect(ranks("dropped", 1)).rejects.toThrow("does not have the specified index: by-group");
  await createByGroup("dropped");
  await untilActive("dropped");
  expect(await ranks("dropped", 1)).toHaveLength(100);
});
