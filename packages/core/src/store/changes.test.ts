import { afterEach, beforeEach, expect, test } from "vitest";
import { SimCore, makeMachine, restartMachine } from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import type { FirnError } from "../errors.ts";
import { encodeKey } from "../index/key.ts";
import type { Change, ChangeFeed, Lsn } from "../store-api.ts";

const key = (name: string | number): Uint8Array => encodeKey(name);
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** The store with what only tests and tools call. */
type OpenedStore = Awaited<ReturnType<SimCore["open"]>>;

let core: SimCore;
let machine: OpenMachine;
let store: OpenedStore;

beforeEach(async () => {
  core = await SimCore.load();
  machine = makeMachine(1);
  store = await core.open(machine);
});

afterEach(() => store.close());

async function take(feed: ChangeFeed, count: number): Promise<Change[]> {
  const changes: Change[] = [];
  while (changes.length < count) {
    const step = await feed.next();
    if (step.done === true) break;
    changes.push(step.value);
  }
  return changes;
}

const lsnsOf = (changes: readonly Change[]): Lsn[] => changes.map(({ lsn }) => lsn);

test("a feed shows each batch once, in order, with its writes, its deletions and its drops", async () => {
  const space = await store.openKeySpace("things");
  const from = store.durableLsn + 1;
  await store.transact((tx) => {
    tx.put(space, key("a"), bytes("one"));
    tx.put(space, key("b"), bytes("x".repeat(3000)));
  });
  await store.transact((tx) => tx.delete(space, key("a")));
  await store.transact((tx) => tx.dropKeySpace(space));
  const [first, second, third] = await take(store.changes(from, { spaces: [space] }), 3);
  expect(first).toMatchObject({ lsn: from, drops: [] });
  expect(first?.writes.map(({ value }) => value?.length)).toEqual([3, 3000]);
  expect(second?.writes).toEqual([{ space, key: Buffer.from(key("a")), value: undefined }]);
  expect(third).toMatchObject({ writes: [], drops: [space] });
});

test("a feed waits for what is committed later, and for nothing that is not durable", async () => {
  const space = await store.openKeySpace("things");
  const feed = store.changes(store.durableLsn + 1);
  const arrivals: Lsn[] = [];
  const reading = (async () => {
    for await (const { lsn } of feed) {
      expect(lsn).toBeLessThanOrEqual(store.durableLsn);
      arrivals.push(lsn);
      if (arrivals.length === 40) break;
    }
  })();
  const lsns = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      store.transact((tx) => {
        tx.put(space, key(i), bytes("x".repeat(i * 30)));
        return tx.lsn;
      }),
    ),
  );
  await reading;
  expect(arrivals).toEqual(lsns);
});

test("a feed from every LSN shows all that was committed from there on", async () => {
  await store.pin("from the beginning", 1);
  const space = await store.openKeySpace("things");
  const stream = store.stream(await store.openKeySpace("volume"));
  for (let i = 0; i < 60; i++) {
    if (i % 7 === 0) stream.append(await stream.reserve(50), [bytes("s".repeat(50))]);
    await store.transact((tx) => tx.put(space, key(i % 9), bytes(`${i}`.repeat(40))));
    if (i % 20 === 19) await store.checkpoint();
  }
  await store.close();
  store = await core.open(restartMachine(machine, "kill"));
  const last = store.durableLsn;
  const all: Lsn[] = [];
  for (const change of await takeUntil(store.changes(1), last)) all.push(change.lsn);
  expect(all).toHaveLength(63);
  for (let from = 1; from <= last; from++) {
    const seen = lsnsOf(await takeUntil(store.changes(from), last));
    expect(seen).toEqual(all.filter((lsn) => lsn >= from));
  }
});

async function takeUntil(feed: ChangeFeed, last: Lsn): Promise<Change[]> {
  const changes: Change[] = [];
  while (feed.nextLsn <= last) {
    const step = await feed.next();
    if (step.done === true) break;
    changes.push(step.value);
    if (step.value.lsn === last) break;
  }
  await feed.return();
  return changes;
}

test("the LSN at any time is the last one committed until then, and each LSN knows its time", async () => {
  await store.pin("from the beginning", 1);
  const space = await store.openKeySpace("things");
  for (let i = 0; i < 40; i++) {
    await store.transact((tx) => tx.put(space, key(i), bytes("x".repeat(400))));
    if (i % 4 === 3) await store.advanceClock(5);
  }
  const all = await takeUntil(store.changes(1), store.durableLsn);
  const times = all.map(({ time }) => time);
  for (let time = Math.min(...times) - 1; time <= Math.max(...times) + 1; time++) {
    const last = all.findLast((change) => change.time <= time);
    expect(await store.lsnAt(time)).toBe(last?.lsn ?? 0);
  }
  for (const { lsn, time } of all) expect(await store.timeOf(lsn)).toBe(time);
  await expect(store.timeOf(store.durableLsn + 1)).rejects.toMatchObject({
    code: "FIRN_LSN_AHEAD",
  });
});

test("a feed ends with its signal, with return, and with the store, even while it waits", async () => {
  const abort = new AbortController();
  const feeds = [0, 1, 2].map(() =>
    store.changes(store.durableLsn + 1, { signal: abort.signal }),
  ) as [ChangeFeed, ChangeFeed, ChangeFeed];
  const returned = store.changes(store.durableLsn + 1);
  const closed = store.changes(store.durableLsn + 1);
  const waiting = [...feeds, returned, closed].map((feed) => feed.next());
  abort.abort();
  await returned.return();
  await store.close();
  expect(await Promise.all(waiting)).toEqual(Array(5).fill({ done: true, value: undefined }));
});

test("a feed tells a failed store's readers all that is durable, and then why there is no more", async () => {
  const space = await store.openKeySpace("things");
  const from = store.durableLsn + 1;
  await store.transact((tx) => tx.put(space, key(1), bytes("durable")));
  const feed = store.changes(from);
  machine.fileSystem.hook = ({ operation }) => (operation === "sync" ? "eio" : undefined);
  const write = store.transact((tx) => tx.put(space, key(2), bytes("lost")));
  expect(lsnsOf(await take(feed, 1))).toEqual([from]);
  const next = feed.next();
  await expect(write).rejects.toMatchObject({ code: "FIRN_STORE_FAILED" });
  await expect(next).rejects.toMatchObject({ code: "FIRN_STORE_FAILED" });
  // What was written and not made durable lies in the log, and is shown to nobody.
  const another = store.changes(from);
  expect(lsnsOf(await take(another, 1))).toEqual([from]);
  await expect(another.next()).rejects.toMatchObject({ code: "FIRN_STORE_FAILED" });
  machine.fileSystem.hook = undefined;
});

test("compaction takes nothing that an open feed has still to show, and takes it afterwards", async () => {
  const space = await store.openKeySpace("things");
  const from = store.durableLsn + 1;
  const overwrite = async (): Promise<void> => {
    for (let i = 0; i < 80; i++) {
      await store.transact((tx) => tx.put(space, key(i % 2), bytes(`${i}`.padEnd(500))));
    }
  };
  const feed = store.changes(from);
  await overwrite();
  const last = store.durableLsn;
  const first = await take(feed, 1);
  await store.compact();
  const rest = await take(feed, 79);
  expect(lsnsOf([...first, ...rest])).toEqual(
    Array.from({ length: last - from + 1 }, (_, i) => from + i),
  );
  await feed.return();
  await overwrite();
  await store.compact();
  const { head, space: used } = await store.status();
  expect(used.commitBytes).toBeLessThan(head.position / 2);
  const late = (): ChangeFeed => store.changes(from);
  expect(late).toThrow("no longer whole");
  await expect(store.pin("late", from)).rejects.toMatchObject({ code: "FIRN_CHANGES_GONE" });
  const { oldestLsn } = goneOf(late).detail as { oldestLsn: Lsn };
  const left = await takeUntil(store.changes(oldestLsn), store.durableLsn);
  expect(lsnsOf(left)[0]).toBe(oldestLsn);
});

function goneOf(open: () => unknown): FirnError {
  try {
    open();
  } catch (error) {
    return error as FirnError;
  }
  throw new Error("it is still there");
}

test("a pin outlives a power failure, moves, and holds back what may be thinned", async () => {
  const space = await store.openKeySpace("things");
  for (let i = 0; i < 10; i++) await store.transact((tx) => tx.put(space, key(i), bytes("x")));
  await store.pin("exporter", 5);
  await store.pin("follower", 7);
  expect(store.pins()).toMatchObject([
    { name: "exporter", lsn: 5 },
    { name: "follower", lsn: 7 },
  ]);
  const crashed = restartMachine(machine, "crash");
  store = await core.open(crashed);
  expect(store.pins()).toMatchObject([{ lsn: 5 }, { lsn: 7 }]);
  await store.pin("exporter", 9);
  await store.unpin("follower");
  await store.unpin("nobody");
  expect(store.pins()).toMatchObject([{ name: "exporter", lsn: 9 }]);
  await expect(store.pin("", 9)).rejects.toMatchObject({ code: "FIRN_PIN_NAME" });
});
