import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import { BLOB_UNIT_BYTES } from "../constants.ts";
import { loadHasher } from "../hasher.ts";
import { encodeKey } from "../index/key.ts";
import { runsIndex } from "../index/runs/runs-index.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStoreOptions } from "../store/open-store.ts";
import { keyFromBytes } from "./key-bytes.ts";

let directory: string;
let open: LogStore[];
const keys = keyFromBytes({ key: Buffer.alloc(32, 7) });
const others = keyFromBytes({ key: Buffer.alloc(32, 8) });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-sealed-"));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((store) => store.close()));
  await rm(directory, { recursive: true, force: true });
});

async function openAt(options?: Partial<OpenStoreOptions>): Promise<LogStore> {
  const store = await openStore({ directory, encryption: { keys }, ...options });
  open.push(store);
  return store;
}

const key = (name: string | number): Uint8Array => encodeKey(name);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

test("what was written comes back, from memory, from the index, after opening again", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  for (const size of [0, 1, 256, 257, 5000, 100_000]) {
    await store.transact((tx) => tx.put(space, key(size), bytes("x".repeat(size))));
  }
  const check = async (from: LogStore): Promise<void> => {
    for (const size of [0, 1, 256, 257, 5000, 100_000]) {
      expect(text(await from.get(space, key(size)))).toBe("x".repeat(size));
    }
    using view = from.view();
    const lengths: number[] = [];
    for await (const { value } of view.range(space)) lengths.push(value.length);
    expect(lengths).toEqual([0, 1, 256, 257, 5000, 100_000]);
  };
  await check(store);
  await store.checkpoint();
  await check(store);
  await store.close();
  await check(await openAt());
});

test("a transaction reads its own writes plain, among others of every layer", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  await store.transact((tx) => tx.put(space, key(1), bytes("index")));
  await store.checkpoint();
  await store.transact((tx) => tx.put(space, key(2), bytes("memtable")));
  const seen = await store.transact((tx) => {
    tx.put(space, key(3), bytes("own"));
    expect(text(tx.get(space, key(3)))).toBe("own");
    expect(text(tx.get(space, key(1)))).toBe("index");
    return tx.range(space, { limit: 9 }).map(({ value }) => text(value));
  });
  expect(seen).toEqual(["index", "memtable", "own"]);
});

test.each([1, 65_499, 65_500, 65_501, 1_048_000, 1_048_001, 3_500_000])(
  "a blob of %i bytes comes back, whole and in ranges",
  async (size) => {
    const store = await openAt();
    const content = Buffer.alloc(size);
    for (let at = 0; at < size; at++) content[at] = at * 31 + (at >> 8);
    const staged = await store.blobs.stage(content);
    expect(staged.bytes).toBe(size);
    const id = await store.transact((tx) => tx.attachBlob(staged));
    expect(await store.blobs.size(id)).toBe(size);
    expect((await all(store.blobs.read(id))).equals(content)).toBe(true);
    for (const at of [0, 65_499, 65_500, BLOB_UNIT_BYTES, 1_047_999, 1_048_000, size - 1]) {
      const range = { start: at, end: Math.min(size, at + 70_000) };
      const part = await all(store.blobs.read(id, range));
      expect(part.equals(content.subarray(range.start, range.end))).toBe(true);
    }
  },
);

test("history, feeds and views of older LSNs show what was written", async () => {
  const store = await openAt();
  const retention = { ms: 60_000 };
  const space = await store.openKeySpace("things", { retention });
  await store.transact((tx) => tx.put(space, key("a"), bytes("old")));
  const lsn = store.durableLsn;
  await store.transact((tx) => tx.put(space, key("a"), bytes("new")));
  const past = async (): Promise<string | undefined> => {
    using view = store.viewAt(lsn);
    return text(await view.get(space, key("a")));
  };
  expect(await past()).toBe("old");
  await store.checkpoint();
  expect(await past()).toBe("old");
  const values: (string | undefined)[] = [];
  for await (const { writes } of store.changes(1, { spaces: [space] })) {
    values.push(...writes.map(({ value }) => text(value)));
    if (values.length === 2) break;
  }
  expect(values).toEqual(["old", "new"]);
});

test("without its key, or with another one, an encrypted store does not open, and is not changed", async () => {
  const store = await openAt();
  const space = await store.openKeySpace("things");
  await store.transact((tx) => tx.put(space, key("a"), bytes("one")));
  await store.close();
  const without = openAt({ encryption: undefined });
  await expect(without).rejects.toMatchObject({ code: "FIRN_ENCRYPTION_KEY_REQUIRED" });
  await expect(openAt({ encryption: { keys: others } })).rejects.toMatchObject({
    code: "FIRN_ENCRYPTION_KEY_WRONG",
    detail: { given: others.id, wanted: keys.id },
  });
  expect((await checkStore({ directory })).problems).toEqual([]);
  expect(text(await (await openAt()).get(space, key("a")))).toBe("one");
});

test("a plain store that gets a key is sealed from then on, and reads what was there", async () => {
  const plain = await openAt({ encryption: undefined });
  const space = await plain.openKeySpace("things");
  const content = Buffer.alloc(200_000, 5);
  await plain.transact((tx) => tx.put(space, key("a"), bytes("before")));
  const before = await plain.blobs.stage(content);
  const old = await plain.transact((tx) => tx.attachBlob(before));
  await plain.close();
  const store = await openAt();
  await store.transact((tx) => tx.put(space, key("b"), bytes("after")));
  const after = await store.blobs.stage(content);
  const id = await store.transact((tx) => tx.attachBlob(after));
  await store.close();
  await expect(openAt({ encryption: undefined })).rejects.toMatchObject({
    code: "FIRN_ENCRYPTION_KEY_REQUIRED",
  });
  const again = await openAt();
  expect(text(await again.get(space, key("a")))).toBe("before");
  expect(text(await again.get(space, key("b")))).toBe("after");
  expect((await all(again.blobs.read(old))).equals(content)).toBe(true);
  expect((await all(again.blobs.read(id))).equals(content)).toBe(true);
});

test("compaction, scrub, check and status of an encrypted store need no key", async () => {
  const store = await openAt({ compaction: "off" });
  const space = await store.openKeySpace("things");
  for (let round = 0; round < 4; round++) {
    await store.transact((tx) => {
      for (let i = 0; i < 200; i++)
        tx.put(space, key(i), bytes(`${round} of ${i} ${"y".repeat(900)}`));
    });
  }
  const kept = await store.blobs.stage(Buffer.alloc(300_000, 1));
  const gone = await store.blobs.stage(Buffer.alloc(3_000_000, 2));
  const [id, dead] = await store.transact((tx) => [tx.attachBlob(kept), tx.attachBlob(gone)]);
  await store.transact((tx) => tx.releaseBlob(dead as string));
  await store.close();
  const locked = await openAt({ encryption: "locked", compaction: "off" });
  await expect(locked.get(space, key(1))).rejects.toMatchObject({
    code: "FIRN_ENCRYPTION_KEY_REQUIRED",
  });
  const put = locked.transact((tx) => tx.put(space, key(1), bytes("z")));
  await expect(put).rejects.toMatchObject({ code: "FIRN_ENCRYPTION_KEY_REQUIRED" });
  // The core's own key spaces are plain: this moves the index's mark behind the old segment.
  await locked.openKeySpace("named without a key");
  await locked.checkpoint();
  const report = await locked.compact();
  expect(report.bytesFreed).toBeGreaterThan(400_000);
  expect(report.extents.freedBytes).toBeGreaterThan(2_000_000);
  expect((await locked.scrub()).problems).toEqual([]);
  expect((await locked.status()).directory).toBeDefined();
  await locked.close();
  expect((await checkStore({ directory })).problems).toEqual([]);
  const again = await openAt();
  expect(text(await again.get(space, key(7)))).toBe(`3 of 7 ${"y".repeat(900)}`);
  expect((await all(again.blobs.read(id as string))).equals(Buffer.alloc(300_000, 1))).toBe(true);
});

test("an index of sorted runs holds sealed values, and is made anew without a key", async () => {
  const hasher = await loadHasher();
  const index = runsIndex({ fileSystem: new NodeFileSystem(), hasher });
  const store = await openAt({ index });
  const space = await store.openKeySpace("things");
  await store.transact((tx) => tx.put(space, key("a"), bytes("one")));
  await store.close();
  await rm(join(directory, "index"), { recursive: true });
  await (await openAt({ index, encryption: "locked" })).close();
  const again = await openAt({ index });
  expect(text(await again.get(space, key("a")))).toBe("one");
});
