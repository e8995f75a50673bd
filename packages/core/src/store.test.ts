import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FirnError } from "./errors.ts";
import { checkStore } from "./check/check-store.ts";
import { encodeKey } from "./index/key.ts";
import type { LogStore } from "./store.ts";
import { openStore } from "./store/open-store.ts";
import type { OpenStoreOptions } from "./store/open-store.ts";

let directory: string;
let open: LogStore[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-store-"));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((store) => store.close()));
  await rm(directory, { recursive: true, force: true });
});

async function openAt(options?: Partial<OpenStoreOptions>): Promise<LogStore> {
  const store = await openStore({ directory, ...options });
  open.push(store);
  return store;
}

const key = (name: string | number): Uint8Array => encodeKey(name);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

test("what was committed is there after closing and opening again", async () => {
  const first = await openAt();
  const space = await first.openKeySpace("things");
  await first.transact((tx) => {
    tx.put(space, key("a"), bytes("one"));
    tx.put(space, key("b"), bytes("x".repeat(5000)));
  });
  await first.transact((tx) => tx.delete(space, key("a")));
  await first.close();
  const again = await openAt();
  expect(await again.openKeySpace("things")).toBe(space);
  expect(await again.get(space, key("a"))).toBeUndefined();
  expect(text(await again.get(space, key("b")))).toBe("x".repeat(5000));
});

test("a transaction reads its own writes, and a range sees writes of every layer in order", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  for (let i = 0; i < 50; i += 2) {
    await store.transact((tx) => tx.put(space, key(i), bytes(`index ${i}`)));
  }
  await store.checkpoint();
  for (let i = 1; i < 50; i += 4) {
    await store.transact((tx) => tx.put(space, key(i), bytes(`memtable ${i}`)));
  }
  await store.transact((tx) => tx.delete(space, key(4)));
  const seen = await store.transact((tx) => {
    tx.put(space, key(3), bytes("own 3"));
    tx.delete(space, key(2));
    return tx.range(space, { limit: 6 }).map(({ value }) => text(value));
  });
  expect(seen).toEqual(["index 0", "memtable 1", "own 3", "memtable 5", "index 6", "index 8"]);
  const last = await store.transact((tx) =>
    tx.range(space, { lt: key(6), reverse: true, limit: 3 }).map(({ value }) => text(value)),
  );
  expect(last).toEqual(["memtable 5", "own 3", "memtable 1"]);
});

test("a transaction's ranges see what it wrote before each of them", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  await store.transact((tx) => tx.put(space, key(5), bytes("there")));
  const seen = await store.transact((tx) => {
    const texts = (): string =>
      tx
        .range(space, { limit: 9 })
        .map((e) => text(e.value))
        .join(" ");
    const first = texts();
    tx.put(space, key(1), bytes("one"));
    const second = texts();
    tx.put(space, key(1), bytes("uno"));
    tx.delete(space, key(5));
    const third = texts();
    tx.put(space, key(5), bytes("back"));
    return [first, second, third, texts()];
  });
  expect(seen).toEqual(["there", "one there", "uno", "uno back"]);
});

test("a read view sees one moment while writes and checkpoints go on", async () => {
  const store = await openAt({ limits: { memtableBytes: 20_000 } });
  const space = await store.openKeySpace("things");
  for (let i = 0; i < 100; i++) {
    await store.transact((tx) => tx.put(space, key(i), bytes(`old ${i}`)));
  }
  const view = store.view();
  const writes: Promise<void>[] = [];
  for (let i = 0; i < 200; i++) {
    writes.push(store.transact((tx) => tx.put(space, key(i), bytes(`new ${i}`.padEnd(300)))));
  }
  await Promise.all(writes);
  await store.checkpoint();
  const seen: (string | undefined)[] = [];
  for await (const entry of view.range(space)) seen.push(text(entry.value));
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => `old ${i}`));
  expect(text(await view.get(space, key(7)))).toBe("old 7");
  expect(await view.get(space, key(150))).toBeUndefined();
  view.close();
  expect(text(await store.get(space, key(7)))?.trim()).toBe("new 7");
});

test("blobs of every size come back whole and in ranges, and go with their last reference", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  for (const size of [0, 1, 65_536, 65_537, 1_048_576, 3_500_000]) {
    const content = Buffer.alloc(size);
    for (let i = 0; i < size; i += 7) content[i] = (i * 31) & 0xff;
    const staged = await store.blobs.stage(pieces(content, 100_000));
    const id = await store.transact((tx) => {
      const blob = tx.attachBlob(staged);
      tx.put(space, key(size), bytes(blob));
      return blob;
    });
    expect((await collect(store.blobs.read(id))).equals(content)).toBe(true);
    const start = Math.floor(size / 3);
    const middle = await collect(store.blobs.read(id, { start, end: start + 70_000 }));
    expect(middle.equals(content.subarray(start, start + 70_000))).toBe(true);
    await store.transact((tx) => tx.retainBlob(id));
    await store.transact((tx) => tx.releaseBlob(id));
    expect(await store.blobs.size(id)).toBe(size);
    await store.transact((tx) => tx.releaseBlob(id));
    await expect(store.blobs.size(id)).rejects.toMatchObject({ code: "FIRN_BLOB_NOT_FOUND" });
  }
});

test("a transaction knows the LSN that it gets, and gets it", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  const lsns = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      store.transact((tx) => {
        tx.put(space, key(i), bytes("x"));
        return tx.lsn;
      }),
    ),
  );
  expect(lsns).toEqual(lsns.map((_, i) => (lsns[0] as number) + i));
  expect(store.durableLsn).toBe(lsns.at(-1));
});

test("a dropped key space is empty at once, stays dropped, and its room in the index comes back", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  await store.transact((tx) => {
    for (let i = 0; i < 3000; i++) tx.put(space, key(i), bytes("x"));
  });
  await store.checkpoint();
  await store.transact((tx) => tx.dropKeySpace(space));
  const refused = { code: "FIRN_KEY_SPACE_NOT_FOUND" } satisfies Partial<FirnError>;
  await expect(store.get(space, key(1))).rejects.toMatchObject(refused);
  await store.close();
  const again = await openAt();
  await expect(again.get(space, key(1))).rejects.toMatchObject(refused);
});

test("stream records are readable at once, replayed in order, and durable behind a barrier", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("volume");
  const stream = store.stream(space);
  const written: string[] = [];
  for (let i = 0; i < 20; i++) {
    const body = bytes(`record ${i}`.padEnd(4000 + i));
    const appended = stream.append(await stream.reserve(body.length), [
      body.subarray(0, 9),
      body.subarray(9),
    ]);
    expect(text(stream.readSync(appended.position, body.length))).toBe(body.toString());
    written.push(body.toString());
  }
  await stream.barrier();
  await store.close();
  const again = await openAt();
  const seen: (string | undefined)[] = [];
  for await (const record of again.stream(space).replay(0)) seen.push(text(record.body));
  expect(seen).toEqual(written);
});

test("a second open of a directory is refused, in this process too", async () => {
  await openAt();
  await expect(openAt()).rejects.toMatchObject({ code: "FIRN_STORE_LOCKED" });
});

test("many writers share syncs, and each sees its own write when its promise resolves", async () => {
  const store = await openAt({ limits: { memtableBytes: 200_000, segmentBytes: 1_000_000 } });
  const space = await store.openKeySpace("things");
  const writer = async (name: number): Promise<void> => {
    for (let i = 0; i < 30; i++) {
      await store.transact((tx) => tx.put(space, key(name * 100 + i), bytes("v".repeat(500))));
      expect((await store.get(space, key(name * 100 + i)))?.length).toBe(500);
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, name) => writer(name)));
  let count = 0;
  using view = store.view();
  for await (const entry of view.range(space)) count += entry.value.length / 500;
  expect(count).toBe(64 * 30);
});

async function* pieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

test("a check of a closed store reads all of it and finds nothing wrong", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  const staged = await store.blobs.stage(Buffer.alloc(2_000_000, 7));
  await store.transact((tx) => {
    tx.attachBlob(staged);
    for (let i = 0; i < 500; i++) tx.put(space, key(i), bytes("x".repeat(i * 3)));
  });
  await expect(checkStore({ directory })).rejects.toMatchObject({ code: "FIRN_STORE_LOCKED" });
  await store.close();
  const report = await checkStore({ directory });
  expect(report).toMatchObject({ problems: [], blobs: 1, blobBytes: 2_000_000, records: 2 });
  expect(report.indexEntries).toBeGreaterThan(500);
});

test("a manual clock stands, after a new opening, where it was advanced to", async () => {
  const store = await openAt({ clockMode: { kind: "manual" } });
  const before = store.clock.now();
  await store.advanceClock(5 * 3_600_000);
  await store.close();
  const again = await openAt();
  expect(again.clock.mode).toEqual({ kind: "manual" });
  expect(again.clock.now()).toBe(before + 5 * 3_600_000);
  await again.close();
  await expect(openAt({ clockMode: { kind: "real" } })).rejects.toMatchObject({
    code: "FIRN_CLOCK_MODE",
  });
});

test("a real clock is not advanced by hand", async () => {
  const store = await openAt();
  await expect(store.advanceClock(1)).rejects.toMatchObject({
    code: "FIRN_CLOCK_MODE",
  });
});

test("writers that outrun the index wait for it, and none of them waits for ever", async () => {
  const store = await openAt({ limits: { memtableBytes: 10_000 } });
  const space = await store.openKeySpace("things");
  const writer = async (name: number): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      await store.transact((tx) => tx.put(space, key(name * 100 + i), bytes("v".repeat(200))));
    }
  };
  await Promise.all(Array.from({ length: 200 }, (_, name) => writer(name)));
  using view = store.view();
  let count = 0;
  for await (const entry of view.range(space)) count += entry.value.length / 200;
  expect(count).toBe(4000);
});
