import { open as openFile, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import type { BlobId } from "../store-api.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "./open-store.ts";

const SEGMENT_BYTES = 1024 * 1024;
const BLOB_BYTES = 200_000;

let directory: string;
let store: LogStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-extents-"));
  store = await open("off");
});

afterEach(async () => {
  await store.close();
  expect((await checkStore({ directory })).problems).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

function open(compaction: "auto" | "off"): Promise<LogStore> {
  const limits = { extentSegmentBytes: SEGMENT_BYTES, backgroundBytesPerSecond: Infinity };
  return openStore({ directory, ephemeral: true, compaction, limits });
}

async function reopen(compaction: "auto" | "off" = "off"): Promise<void> {
  await store.close();
  store = await open(compaction);
}

/** Bytes that tell which blob they are of. */
function contentOf(number: number): Buffer {
  return Buffer.alloc(BLOB_BYTES, `blob ${number} `);
}

async function put(number: number): Promise<BlobId> {
  const staged = await store.blobs.stage(contentOf(number));
  return store.transact((tx) => tx.attachBlob(staged));
}

async function putMany(count: number): Promise<BlobId[]> {
  const ids: BlobId[] = [];
  for (let number = 0; number < count; number++) ids.push(await put(number));
  return ids;
}

function release(ids: readonly BlobId[]): Promise<void> {
  return store.transact((tx) => ids.forEach((id) => tx.releaseBlob(id)));
}

async function expectWhole(id: BlobId, number: number): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of store.blobs.read(id)) parts.push(part);
  expect(Buffer.concat(parts).equals(contentOf(number))).toBe(true);
}

async function extentFiles(): Promise<number[]> {
  const folder = join(directory, "extents", "0000");
  const names = await readdir(folder);
  return Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
}

async function extentBytes(): Promise<number> {
  return (await extentFiles()).reduce((sum, bytes) => sum + bytes, 0);
}

test("segments of which nothing is left are dropped, the one that fills included", async () => {
  const ids = await putMany(20);
  expect(await extentBytes()).toBeGreaterThan(20 * BLOB_BYTES);
  await release(ids);
  const { extents } = await store.compact();
  expect(extents).toMatchObject({ liveBytes: 0, garbageBytes: 0 });
  expect(extents.freedBytes).toBeGreaterThan(20 * BLOB_BYTES);
  expect(await extentBytes()).toBeLessThan(1000);
});

test("what is left of half dead segments is packed under the same ids, and read after a restart", async () => {
  const ids = await putMany(20);
  const dead = ids.filter((_, number) => number % 3 !== 0);
  await release(dead);
  await store.compact();
  expect(await extentBytes()).toBeLessThan(7 * BLOB_BYTES * 1.01);
  const check = async (): Promise<void> => {
    for (const [number, id] of ids.entries()) {
      if (number % 3 === 0) await expectWhole(id, number);
      else
        await expect(store.blobs.size(id)).rejects.toMatchObject({ code: "FIRN_BLOB_NOT_FOUND" });
    }
  };
  await check();
  await reopen();
  await check();
  const again = await store.compact();
  expect(again.extents.freedBytes).toBe(0);
});

test("a segment with a chunk that does not verify is left as it is; others are packed", async () => {
  const ids = await putMany(20);
  await reopen();
  const folder = join(directory, "extents", "0000");
  const [first = ""] = (await readdir(folder)).sort();
  const handle = await openFile(join(folder, first), "r+");
  const { size } = await handle.stat();
  await handle.write(Buffer.from("rot"), 0, 3, 150_000);
  await handle.close();
  await release(ids.filter((_, number) => number % 2 === 1));
  const { extents } = await store.compact();
  expect((await stat(join(folder, first))).size).toBe(size);
  expect(extents.garbageBytes).toBeGreaterThan(1.9 * BLOB_BYTES);
  expect(await extentBytes()).toBeLessThan(size + 9 * BLOB_BYTES);
  await expectWhole(ids[2] as BlobId, 2);
  const read = store.blobs.read(ids[0] as BlobId).next();
  await expect(read).rejects.toMatchObject({ code: "FIRN_RECORD_CORRUPT" });
  // The damage is scrub's to tell, with its owner: here it ends with its blob.
  await release([ids[0] as BlobId]);
  await store.compact();
});

test("no position is given out twice: blobs put behind a compaction disturb no older one", async () => {
  const [first, second] = [await put(1), await put(2)];
  await release([second]);
  await store.compact();
  await reopen();
  await release([first]);
  await store.compact();
  await reopen();
  const [third, fourth] = [await put(3), await put(4)];
  await release([third]);
  await store.compact();
  await expectWhole(fourth, 4);
  await reopen();
  await expectWhole(fourth, 4);
});

test("a blob that is released while it is read is read to its end", async () => {
  const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251));
  const staged = await store.blobs.stage(content);
  const id = await store.transact((tx) => tx.attachBlob(staged));
  const reading = store.blobs.read(id);
  const parts = [(await reading.next()).value as Uint8Array];
  await release([id]);
  await store.compact();
  expect(await extentBytes()).toBeGreaterThan(3_000_000);
  for await (const part of reading) parts.push(part);
  expect(Buffer.concat(parts).equals(content)).toBe(true);
  await expect.poll(extentBytes).toBeLessThan(1000);
});

test("staged and half-written blobs are kept, discarded and abandoned ones are not", async () => {
  const staged = await store.blobs.stage(contentOf(1));
  const discarded = await store.blobs.stage(contentOf(2));
  store.blobs.discard(discarded);
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield contentOf(3);
    throw new Error("the client is gone");
  }
  await expect(store.blobs.stage(failing())).rejects.toThrow("the client is gone");
  await store.compact();
  expect(await extentBytes()).toBeLessThan(1.1 * BLOB_BYTES);
  const id = await store.transact((tx) => tx.attachBlob(staged));
  await expectWhole(id, 1);
});

test("a blob that grows through a compaction is whole", async () => {
  const parts = Array.from({ length: 20 }, (_, number) => contentOf(number));
  async function* growing(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      yield part;
      const other = await put(99);
      await release([other]);
      await store.compact();
    }
  }
  const staged = await store.blobs.stage(growing());
  const id = await store.transact((tx) => tx.attachBlob(staged));
  const read: Uint8Array[] = [];
  for await (const part of store.blobs.read(id)) read.push(part);
  expect(Buffer.concat(read).equals(Buffer.concat(parts))).toBe(true);
});

test("what a former process staged and nobody attached is garbage for the next", async () => {
  await store.blobs.stage(contentOf(1));
  await reopen();
  await store.compact();
  expect(await extentBytes()).toBeLessThan(1000);
});

test("small files that restarts leave behind become one", async () => {
  const ids: BlobId[] = [];
  for (let number = 0; number < 8; number++) {
    const staged = await store.blobs.stage(Buffer.alloc(70_000, number));
    ids.push(await store.transact((tx) => tx.attachBlob(staged)));
    await reopen();
  }
  expect(await extentFiles()).toHaveLength(8);
  await store.compact();
  expect(await extentFiles()).toHaveLength(1);
  for (const [number, id] of ids.entries()) {
    for await (const part of store.blobs.read(id))
      expect(part.every((b) => b === number)).toBe(true);
  }
});

test("the room of deleted blobs comes back by itself, without a restart", async () => {
  await reopen("auto");
  const ids = await putMany(30);
  await release(ids.slice(0, 29));
  await expect
    .poll(extentBytes, { timeout: 20_000, interval: 100 })
    .toBeLessThan(2 * SEGMENT_BYTES);
  await expectWhole(ids[29] as BlobId, 29);
}, 30_000);
