import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, ManualClock, openStore, SeededRandom } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tables } from "../client/tables.ts";
import { STREAM_RETENTION_MS, STREAM_SHARD_MS, STREAM_SWEEP_MS } from "../constants.ts";
import type { StreamRecord, StreamSpecification } from "./stream-requests.ts";

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
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

const BOTH: StreamSpecification = { streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" };

async function makeTable(tableName: string, streamSpecification = BOTH): Promise<string> {
  const { latestStreamArn } = await tables.createTable({
    tableName,
    attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
    streamSpecification,
  });
  return latestStreamArn ?? "";
}

const put = (tableName: string, item: { readonly id: string; readonly [name: string]: unknown }) =>
  tables.putItem({ tableName, item: item as never });

/** All records of a stream, shard after shard, parents first. */
async function readAll(streamArn: string): Promise<StreamRecord[]> {
  const { streams } = tables.engine;
  const records: StreamRecord[] = [];
  for (const { shardId } of (await streams.describeStream({ streamArn })).shards) {
    const type = { shardIteratorType: "TRIM_HORIZON" as const };
    let { shardIterator } = await streams.getShardIterator({ streamArn, shardId, ...type });
    for (;;) {
      const page = await streams.getRecords({ shardIterator, limit: 3 });
      records.push(...page.records);
      if (page.records.length === 0 || page.nextShardIterator === undefined) break;
      shardIterator = page.nextShardIterator;
    }
  }
  return records;
}

interface Told {
  readonly event: string;
  readonly keys: unknown;
  readonly old: unknown;
  readonly new: unknown;
}

function told(record: StreamRecord): Told {
  const json = (text: Uint8Array | undefined): unknown =>
    text === undefined ? undefined : JSON.parse(Buffer.from(text).toString());
  const { eventName: event, keys, oldImage, newImage } = record;
  return { event, keys: json(keys), old: json(oldImage), new: json(newImage) };
}

/** Sweeps run behind the clock's back: what they leave is there in the end. */
async function until(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(
    async () => {
      (store.clock as ManualClock).advance(STREAM_SWEEP_MS);
      await check();
    },
    { timeout: 5000, interval: 5 },
  );
}

const shardCount = async (streamArn: string): Promise<number> =>
  (await tables.engine.streams.describeStream({ streamArn })).shards.length;

test("a record tells what happened to the item, and what the view asks for", async () => {
  const keys = { id: { S: "a" } };
  const one = { ...keys, n: { N: "1" } };
  const two = { ...keys, n: { N: "2" } };
  const change = async (tableName: string): Promise<void> => {
    await put(tableName, { id: "a", n: 1 });
    await put(tableName, { id: "a", n: 2 });
    await tables.deleteItem({ tableName, key: { id: "a" } });
  };
  const images = { KEYS_ONLY: [], NEW_IMAGE: ["new"], OLD_IMAGE: ["old"] } as const;
  for (const [streamViewType, shown] of Object.entries(images)) {
    const name = streamViewType.toLowerCase();
    const spec = { streamEnabled: true, streamViewType } as StreamSpecification;
    const arn = await makeTable(name, spec);
    await change(name);
    const has = (image: "new" | "old"): boolean => (shown as readonly string[]).includes(image);
    expect((await readAll(arn)).map(told)).toEqual([
      { event: "INSERT", keys, old: undefined, new: has("new") ? one : undefined },
      {
        event: "MODIFY",
        keys,
        old: has("old") ? one : undefined,
        new: has("new") ? two : undefined,
      },
      { event: "REMOVE", keys, old: has("old") ? two : undefined, new: undefined },
    ]);
  }
  const arn = await makeTable("both");
  await change("both");
  const records = await readAll(arn);
  expect(records[1]).toMatchObject({ sizeBytes: 3 + 2 * 6, awsRegion: "us-east-1" });
  expect(records[1]?.eventId).toMatch(/^[0-9a-f]{32}$/);
  expect(records.map(told)[1]).toEqual({ event: "MODIFY", keys, old: one, new: two });
});

test("what changes nothing leaves no record", async () => {
  const arn = await makeTable("quiet");
  await put("quiet", { id: "a", list: [1], set: new Set(["x", "y"]) });
  await put("quiet", { set: new Set(["y", "x"]), list: [1], id: "a" });
  await tables.updateItem({
    tableName: "quiet",
    key: { id: "a" },
    updateExpression: "SET #l = #l",
    expressionAttributeNames: { "#l": "list" },
  });
  await tables.deleteItem({ tableName: "quiet", key: { id: "never" } });
  await expect(
    tables.putItem({
      tableName: "quiet",
      item: { id: "a" },
      conditionExpression: "attribute_not_exists(id)",
    }),
  ).rejects.toThrow("The conditional request failed");
  expect((await readAll(arn)).map(({ eventName }) => eventName)).toEqual(["INSERT"]);
});

test("records of an item lie in one shard, in the order of commits, through every kind of write", async () => {
  const random = new SeededRandom(7);
  const arn = await makeTable("mixed");
  for (let n = 1; n <= 60; n++) {
    const ids = [...new Set([0, 1, 2].map(() => `k${random.below(20)}`))];
    const items = ids.map((id) => ({ id, n }));
    if (n % 3 === 0) await put("mixed", items[0] as { id: string; n: number });
    if (n % 3 === 1) {
      const puts = items.map((item) => ({ put: item }));
      await tables.batchWriteItem({ requestItems: { mixed: puts } });
    }
    if (n % 3 === 2) {
      const actions = items.map((item) => ({ put: { tableName: "mixed", item } }));
      await tables.transactWriteItems({ transactItems: actions });
    }
  }
  const seen = new Map<string, number>();
  let last = "";
  for (const record of await readAll(arn)) {
    const image = told(record).new as { id: { S: string }; n: { N: string } };
    expect(Number(image.n.N)).toBeGreaterThan(seen.get(image.id.S) ?? 0);
    seen.set(image.id.S, Number(image.n.N));
    last = record.sequenceNumber;
  }
  expect(last).toMatch(/^\d{22}$/);
  const scan = tables.scan<{ id: string; n: number }>({ tableName: "mixed" });
  for (const { id, n } of await scan.toArray()) expect(seen.get(id)).toBe(n);
});

test("iterators begin where they are told to, go on behind the end, and expire", async () => {
  const { streams } = tables.engine;
  const streamArn = await makeTable("walk");
  for (const n of [1, 2, 3]) await put("walk", { id: "a", n });
  const [first, second] = await readAll(streamArn);
  const { shards } = await streams.describeStream({ streamArn });
  const read = async (type: string, sequenceNumber?: string): Promise<unknown[]> => {
    const all: unknown[] = [];
    for (const [i, { shardId }] of shards.entries()) {
      const of = { streamArn, shardId, shardIteratorType: type as "LATEST", sequenceNumber };
      const { shardIterator } = await streams.getShardIterator(of);
      if (type === "LATEST") await put("walk", { id: "a", n: i + 10 });
      const { records } = await streams.getRecords({ shardIterator });
      all.push(...records.map((record) => (told(record).new as { n: { N: string } }).n.N));
    }
    return all;
  };
  expect(await read("TRIM_HORIZON")).toEqual(["1", "2", "3"]);
  expect(await read("AT_SEQUENCE_NUMBER", second?.sequenceNumber)).toEqual(["2", "3"]);
  expect(await read("AFTER_SEQUENCE_NUMBER", second?.sequenceNumber)).toEqual(["3"]);
  expect(await read("LATEST")).toHaveLength(1);
  await expect(read("AT_SEQUENCE_NUMBER")).rejects.toThrow("SequenceNumber is required");
  await expect(read("TRIM_HORIZON", first?.sequenceNumber)).rejects.toThrow("must not be");
  await expect(read("AT_SEQUENCE_NUMBER", "9".repeat(22))).rejects.toThrow("Invalid Sequence");
  const shardId = shards[0]?.shardId ?? "";
  const latest = { streamArn, shardId, shardIteratorType: "LATEST" } as const;
  const { shardIterator } = await streams.getShardIterator(latest);
  await store.advanceClock(15 * 60 * 1000 - 1);
  const { nextShardIterator } = await streams.getRecords({ shardIterator });
  await store.advanceClock(1);
  await expect(streams.getRecords({ shardIterator })).rejects.toMatchObject({
    code: "FIRN_TABLE_ITERATOR_EXPIRED",
  });
  await streams.getRecords({ shardIterator: nextShardIterator ?? "" });
  for (const bad of ["x", `${streamArn}|1|x`, `${streamArn}|2|${"e30="}`, `${streamArn}|1|W10=`]) {
    await expect(streams.getRecords({ shardIterator: bad })).rejects.toThrow("Invalid ShardIt");
  }
});

test("shards end with age and have children; each record is in the right one", async () => {
  const { streams } = tables.engine;
  const streamArn = await makeTable("aging");
  let n = 0;
  const writers = { on: true };
  const write = async (id: string): Promise<void> => {
    while (writers.on) await put("aging", { id, n: ++n });
  };
  const writing = ["a", "b", "c"].map(write);
  (store.clock as ManualClock).advance(STREAM_SHARD_MS);
  await until(async () => expect(await shardCount(streamArn)).toBeGreaterThanOrEqual(8));
  writers.on = false;
  await Promise.all(writing);
  const { shards } = await streams.describeStream({ streamArn });
  const parents = shards.filter(({ parentShardId }) => parentShardId === undefined);
  expect(parents).toHaveLength(4);
  const seen = new Map<string, number>();
  let count = 0;
  for (const { shardId, sequenceNumberRange: range } of shards) {
    const of = { streamArn, shardId, shardIteratorType: "TRIM_HORIZON" } as const;
    let next: string | undefined = (await streams.getShardIterator(of)).shardIterator;
    const { startingSequenceNumber: from, endingSequenceNumber: to } = range;
    while (next !== undefined) {
      const page = await streams.getRecords({ shardIterator: next });
      for (const record of page.records) {
        expect(record.sequenceNumber >= from).toBe(true);
        expect(to === undefined || record.sequenceNumber <= to).toBe(true);
        const image = told(record).new as { id: { S: string }; n: { N: string } };
        expect(Number(image.n.N)).toBeGreaterThan(seen.get(image.id.S) ?? 0);
        seen.set(image.id.S, Number(image.n.N));
      }
      count += page.records.length;
      next = page.records.length === 0 ? undefined : page.nextShardIterator;
    }
  }
  expect(count).toBe(n);
  const shardId = shards[0]?.shardId;
  const children = await streams.describeStream({
    streamArn,
    shardFilter: { type: "CHILD_SHARDS", shardId },
  });
  expect(children.shards.map(({ parentShardId }) => parentShardId)).toEqual([shardId]);
  const page = await streams.describeStream({ streamArn, limit: 3 });
  const rest = { streamArn, exclusiveStartShardId: page.lastEvaluatedShardId };
  const others = (await streams.describeStream(rest)).shards;
  expect([...page.shards, ...others]).toEqual(shards);
});

test("records go after 24 hours, to the millisecond, and asking for them says so", async () => {
  const { streams } = tables.engine;
  const streamArn = await makeTable("trimmed");
  await put("trimmed", { id: "a", n: 1 });
  await store.advanceClock(1000);
  await put("trimmed", { id: "a", n: 2 });
  const [first] = await readAll(streamArn);
  const numbers = async (): Promise<unknown[]> =>
    (await readAll(streamArn)).map((each) => (told(each).new as { n: { N: string } }).n.N);
  await store.advanceClock(STREAM_RETENTION_MS - 1001);
  expect(await numbers()).toEqual(["1", "2"]);
  await store.advanceClock(1);
  expect(await numbers()).toEqual(["2"]);
  const { shards } = await streams.describeStream({ streamArn });
  const refusals = await Promise.all(
    shards.map(({ shardId }) =>
      streams
        .getShardIterator({
          streamArn,
          shardId,
          shardIteratorType: "AT_SEQUENCE_NUMBER",
          sequenceNumber: first?.sequenceNumber,
        })
        .then(
          () => "",
          (error: { code: string }) => error.code,
        ),
    ),
  );
  expect(refusals.filter((code) => code !== "")).toContain("FIRN_TABLE_DATA_TRIMMED");
});

test("a stream outlives its end and its table by a day, and a restart", async () => {
  const streamArn = await makeTable("ended");
  await put("ended", { id: "a" });
  await tables.updateTable({ tableName: "ended", streamSpecification: { streamEnabled: false } });
  await put("ended", { id: "b" });
  const described = await tables.describeTable({ tableName: "ended" });
  expect(described).toMatchObject({ latestStreamArn: streamArn });
  expect(described.streamSpecification).toBeUndefined();
  await expect(
    tables.updateTable({ tableName: "ended", streamSpecification: { streamEnabled: false } }),
  ).rejects.toThrow("Table has no stream to disable: TableName: ended");
  const again = await tables.updateTable({ tableName: "ended", streamSpecification: BOTH });
  expect(again.latestStreamArn).not.toBe(streamArn);
  await expect(
    tables.updateTable({ tableName: "ended", streamSpecification: BOTH }),
  ).rejects.toThrow("Table already has an enabled stream: TableName: ended");
  await put("ended", { id: "c" });
  await tables.deleteTable({ tableName: "ended" });
  await close();
  await open();
  const second = again.latestStreamArn ?? "";
  const ids = async (arn: string): Promise<unknown[]> =>
    (await readAll(arn)).map((record) => (told(record).keys as { id: unknown }).id);
  expect(await ids(streamArn)).toEqual([{ S: "a" }]);
  expect(await ids(second)).toEqual([{ S: "c" }]);
  const listed = await tables.engine.streams.listStreams({ tableName: "ended", limit: 1 });
  expect(listed.lastEvaluatedStreamArn).toBe(streamArn);
  const rest = await tables.engine.streams.listStreams({ exclusiveStartStreamArn: streamArn });
  expect(rest.streams.map((stream) => stream.streamArn)).toEqual([second]);
  expect(await tables.engine.streams.describeStream({ streamArn })).toMatchObject({
    streamStatus: "DISABLED",
  });
  await store.advanceClock(STREAM_RETENTION_MS);
  await expect(tables.engine.streams.describeStream({ streamArn })).rejects.toThrow("not found");
  expect((await tables.engine.streams.listStreams()).streams).toEqual([]);
  await until(async () => {
    const view = store.view();
    try {
      const space = await store.openKeySpace("tables.streams");
      expect(await view.page(space, { limit: 10 })).toEqual([]);
    } finally {
      view.close();
    }
  });
});

test("an item that expired is removed by DynamoDB itself", async () => {
  const arn = await makeTable("sessions");
  await tables.updateTimeToLive({
    tableName: "sessions",
    timeToLiveSpecification: { enabled: true, attributeName: "expires" },
  });
  await put("sessions", { id: "a", expires: Math.floor(store.clock.now() / 1000) + 1 });
  await until(async () => {
    const [, removal] = await readAll(arn);
    expect(removal).toMatchObject({
      eventName: "REMOVE",
      userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
    });
  });
});

test("a page of records ends at about 1 MB", async () => {
  const { streams } = tables.engine;
  const streamArn = await makeTable("large");
  const text = "x".repeat(300_000);
  for (let n = 0; n < 6; n++) await put("large", { id: "a", n, text });
  const { shards } = await streams.describeStream({ streamArn });
  const counts: number[] = [];
  for (const { shardId } of shards) {
    const of = { streamArn, shardId, shardIteratorType: "TRIM_HORIZON" } as const;
    let next: string | undefined = (await streams.getShardIterator(of)).shardIterator;
    while (next !== undefined) {
      const page: { records: readonly unknown[]; nextShardIterator?: string | undefined } =
        await streams.getRecords({ shardIterator: next });
      if (page.records.length === 0) break;
      counts.push(page.records.length);
      next = page.nextShardIterator;
    }
  }
  expect(counts).toEqual([2, 1, 1, 1, 1]);
});

test("the streams of another account are not to be seen", async () => {
  const streamArn = await makeTable("mine");
  const other = tables.in({ accountId: "111111111111", region: "us-east-1" }).engine.streams;
  await expect(other.describeStream({ streamArn })).rejects.toThrow("not found");
  expect((await other.listStreams()).streams).toEqual([]);
  await expect(other.describeStream({ streamArn: "arn:aws:dynamodb:x" })).rejects.toThrow(
    "Invalid StreamArn",
  );
});
