import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tables } from "../client/tables.ts";
import { STREAM_RETENTION_MS, STREAM_SHARD_MS, STREAM_SWEEP_MS } from "../constants.ts";
import { recordText } from "./record-text.ts";

let directory: string;
let store: Store;
let tables: Tables;

async function open(): Promise<void> {
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  tables = await Tables.open({ store });
}

async function close(): Promise<void> {
  await tables.close();
  await store.close();
}

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  await open();
  await store.advanceClock(20 * 365 * 24 * 3600 * 1000);
  await tables.createTable({
    tableName: "orders",
    attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
    streamSpecification: { streamEnabled: true, streamViewType: "NEW_IMAGE" },
  });
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

interface Order {
  readonly id: string;
  readonly n: number;
}

const put = (n: number): Promise<unknown> =>
  tables.putItem({ tableName: "orders", item: { id: `k${n % 7}`, n } });

/** Reads until `count` changes have come; the last batch is not acknowledged. */
async function take(count: number, consumer = "indexer"): Promise<number[]> {
  const seen: number[] = [];
  for await (const { changes } of tables.changes<Order>({ tableName: "orders", consumer })) {
    seen.push(...changes.map(({ newImage }) => newImage?.n ?? -1));
    if (seen.length >= count) break;
  }
  return seen;
}

test("a consumer gets every change in the order of commits, over shards and generations", async () => {
  for (let n = 0; n < 250; n++) await put(n);
  await vi.waitFor(async () => {
    await store.advanceClock(STREAM_SHARD_MS + STREAM_SWEEP_MS);
    const { streams } = await tables.engine.streams.listStreams();
    const streamArn = streams[0]?.streamArn ?? "";
    const { shards } = await tables.engine.streams.describeStream({ streamArn });
    expect(shards.length).toBeGreaterThan(4);
  });
  for (let n = 250; n < 300; n++) await put(n);
  expect(await take(300)).toEqual(Array.from({ length: 300 }, (_, n) => n));
});

test("a batch that was not done comes again, also after a restart; one that was does not", async () => {
  for (let n = 0; n < 150; n++) await put(n);
  const batches: number[][] = [];
  const request = { tableName: "orders", consumer: "indexer" };
  for await (const { changes } of tables.changes<Order>(request)) {
    batches.push(changes.map(({ newImage }) => newImage?.n ?? -1));
    if (batches.length === 2) break;
  }
  await close();
  await open();
  const again = await take(1);
  expect(again).toEqual(batches[1]);
  expect(again.at(-1)).toBe(149);
});

test("a consumer waits for what comes, has its name alone, and ends with its signal", async () => {
  const abort = new AbortController();
  const request = { tableName: "orders", consumer: "indexer", signal: abort.signal };
  const reading = tables.changes<Order>({ ...request, from: "LATEST" });
  let n = 1;
  let came = false;
  const first = reading.next().then(() => void (came = true));
  await expect(tables.changes(request).next()).rejects.toMatchObject({ code: "FIRN_TABLE_IN_USE" });
  // It begins at the end of what is durable: a write that follows its beginning is seen.
  await vi.waitFor(async () => {
    await put(n++);
    expect(came).toBe(true);
  });
  await first;
  const waiting = reading.next();
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  const rest = await waiting;
  expect(rest.done === true || rest.value.changes.length > 0).toBe(true);
  await reading.return(undefined);
});

test("a consumer that comes too late is told so", async () => {
  const request = { tableName: "orders", consumer: "indexer" };
  const reading = tables.changes<Order>(request);
  await put(1);
  await reading.next();
  const second = reading.next();
  await put(2);
  await second;
  await reading.return(undefined);
  await store.advanceClock(STREAM_RETENTION_MS);
  await put(3);
  const { value } = await tables.changes<Order>(request).next();
  expect(value).toMatchObject({ missed: true, changes: [{ newImage: { n: 3 } }] });
  const fresh = tables.changes<Order>({ tableName: "orders", consumer: "fresh" });
  expect((await fresh.next()).value).toMatchObject({ missed: false });
});

test("a destination gets every batch at least once, after pauses that grow", async () => {
  const got: number[] = [];
  const failures = { left: 3 };
  const delivery = tables.engine.streams.deliver({
    tableName: "orders",
    consumer: "hook",
    send: async ({ records }) => {
      await Promise.resolve();
      if (failures.left-- > 0) throw new Error("503");
      got.push(
        ...records.map((record) => JSON.parse(Buffer.from(recordText(record)).toString()) as never),
      );
    },
  });
  await put(1);
  const tries: number[] = [];
  for (const seconds of [1, 2, 4]) {
    await vi.waitFor(() => expect(delivery.status().failureCount).toBe(tries.length + 1));
    tries.push(seconds);
    await store.advanceClock(seconds * 1000 - 1);
    expect(delivery.status().lastError).toBe("503");
    expect(delivery.status().failureCount).toBe(tries.length);
    await store.advanceClock(1);
  }
  await vi.waitFor(() => expect(delivery.status().batchCount).toBe(1));
  expect(got).toMatchObject([
    { eventName: "INSERT", eventSource: "aws:dynamodb", dynamodb: { NewImage: { n: { N: "1" } } } },
  ]);
  await delivery.stop();
  await put(2);
  expect(got).toHaveLength(1);
});
