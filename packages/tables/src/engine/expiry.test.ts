import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, ManualClock, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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
  (store.clock as ManualClock).advance(20 * 365 * 24 * 3600 * 1000);
  await tables.createTable({
    tableName: "sessions",
    attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
  });
});

afterAll(async () => {
  await tables?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

const nowSeconds = (): number => Math.floor(store.clock.now() / 1000);
const put = (id: string, expires: unknown): Promise<unknown> =>
  tables.putItem({ tableName: "sessions", item: { id, expires: expires as number } });

async function ids(): Promise<string[]> {
  const items = await tables.scan<{ id: string }>({ tableName: "sessions" }).toArray();
  return items.map(({ id }) => id).sort();
}

function pass(seconds: number): void {
  (store.clock as ManualClock).advance(seconds * 1000);
}

/** Sweeps run behind the clock's back: what they leave is there in the end. */
async function leaves(...expected: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      pass(10);
      expect(await ids()).toEqual(expected);
    },
    { timeout: 3000 },
  );
}

async function untilEnabled(): Promise<void> {
  for (;;) {
    const { timeToLiveStatus } = await tables.describeTimeToLive({ tableName: "sessions" });
    if (timeToLiveStatus === "ENABLED") return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("items go when their time has come, those from before included, and no others", async () => {
  await put("before", nowSeconds() + 100);
  await tables.updateTimeToLive({
    tableName: "sessions",
    timeToLiveSpecification: { enabled: true, attributeName: "expires" },
  });
  await untilEnabled();
  await put("soon", nowSeconds() + 100);
  await put("later", nowSeconds() + 1000);
  await put("moved", nowSeconds() + 100);
  await put("moved", nowSeconds() + 1000);
  await put("text", String(nowSeconds()));
  await put("ancient", nowSeconds() - 6 * 365 * 24 * 3600);
  pass(50);
  expect(await ids()).toEqual(["ancient", "before", "later", "moved", "soon", "text"]);
  pass(40);
  await leaves("ancient", "later", "moved", "text");
});

test("time to live goes on after a restart, until it is disabled", async () => {
  await tables.close();
  await store.close();
  await open();
  pass(1000);
  await leaves("ancient", "text");
  await expect(
    tables.updateTimeToLive({
      tableName: "sessions",
      timeToLiveSpecification: { enabled: true, attributeName: "other" },
    }),
  ).rejects.toThrow("current AttributeName is expires");
  await tables.updateTimeToLive({
    tableName: "sessions",
    timeToLiveSpecification: { enabled: false, attributeName: "expires" },
  });
  await put("kept", nowSeconds() + 1);
  pass(100);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await ids()).toContain("kept");
});
