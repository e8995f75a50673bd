import { afterEach, beforeEach, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "../store/open-store.ts";

const fileSystem = new NodeFileSystem({ sync: false });
const SPACE = 16;
const LIMITS = { segmentBytes: 512 * 1024, extentSegmentBytes: 2 * 1024 * 1024 };
const FAST = { rate: Infinity };
let directory: string;
let store: LogStore;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  store = await open();
  await store.transact((tx) => tx.createKeySpace({ indexedValueBytes: 0 }));
});

afterEach(async () => {
  await store.close();
  await fileSystem.remove(directory);
});

function open(): Promise<LogStore> {
  const parity = { segments: "all", coldAfterMs: 0 } as const;
  return openStore({ directory, ephemeral: true, limits: LIMITS, parity, compaction: "off" });
}

async function fill(from: number, to: number): Promise<void> {
  for (let key = from; key < to; key++) {
    const value = new Uint8Array(50_000).fill(key);
    await store.transact((tx) => tx.put(SPACE, Buffer.from(`key ${key}`), value));
  }
}

async function putBlob(byte: number): Promise<string> {
  const staged = await store.blobs.stage(new Uint8Array(1_500_000).fill(byte));
  return store.transact((tx) => tx.attachBlob(staged));
}

async function blobByte(blob: string): Promise<number | undefined> {
  let byte: number | undefined;
  for await (const part of store.blobs.read(blob)) byte = part[part.length - 1];
  return byte;
}

async function paths(folder: string): Promise<string[]> {
  const names = await fileSystem.list(`${directory}/${folder}/0000`);
  return names.sort().map((name) => `${directory}/${folder}/0000/${name}`);
}

async function flip(path: string, offset: number): Promise<void> {
  const file = await fileSystem.open(path, { create: false });
  const byte = Buffer.alloc(1);
  await file.read(byte, offset);
  byte[0] = (byte[0] as number) ^ 1;
  await file.write([byte], offset);
  await file.close();
}

test("sealed segments get parity, and lose it when they go", async () => {
  await fill(0, 40);
  const blobs = [await putBlob(1), await putBlob(2), await putBlob(3)];
  await store.close();
  store = await open();
  await store.care.parity.run();
  const { parity, space } = await store.status();
  expect(parity).toMatchObject({ segments: "all", waiting: 0, failure: undefined });
  expect(parity.covered).toBe(space.commitSegments + space.extentSegments);
  expect((await paths("parity")).length).toBe(parity.covered);
  const bytes = space.commitBytes + space.extentBytes;
  expect(space.parityBytes / bytes).toBeLessThan(0.26);
  for (const blob of blobs) await store.transact((tx) => tx.releaseBlob(blob));
  await store.close();
  store = await open();
  await store.compact();
  await store.care.parity.run();
  const after = await store.status();
  const ids = (await paths("parity")).map((path) => path.slice(-10));
  const segments = [...(await paths("log")), ...(await paths("extents"))];
  for (const id of ids) expect(segments.some((path) => path.endsWith(id))).toBe(true);
  expect(after.space.extentSegments).toBeLessThan(space.extentSegments);
});

test("rot is found and repaired while the store is read and written", async () => {
  await fill(0, 40);
  const blob = await putBlob(7);
  await store.close();
  store = await open();
  // A segment that was only prepared has nothing to rot.
  const rotten: string[] = [];
  for (const path of [...(await paths("log")), ...(await paths("extents"))]) {
    if ((await fileSystem.readFile(path)).subarray(100_000, 150_000).some((byte) => byte !== 0)) {
      rotten.push(path);
    }
  }
  await store.care.parity.run();
  expect(await store.scrub(FAST)).toMatchObject({ problems: [], repaired: [] });
  expect(await blobByte(blob)).toBe(7);
  for (const path of rotten) await flip(path, 100_000);
  const writing = fill(40, 80);
  const report = await store.scrub(FAST);
  await writing;
  expect(report.problems).toEqual([]);
  expect(report.repaired.length).toBe(rotten.length);
  expect(await blobByte(blob)).toBe(7);
  for (let key = 0; key < 80; key++) {
    const value = await store.get(SPACE, Buffer.from(`key ${key}`));
    expect(value?.[49_999]).toBe(key);
  }
  expect(await store.scrub(FAST)).toMatchObject({ problems: [], repaired: [] });
  const { scrub } = await store.status();
  expect(scrub).toMatchObject({ running: false, problems: 0, repaired: 0 });
  expect(scrub.lastFinishedAtMs).toBeGreaterThan(0);
});

test("a reader that meets rot is refused, and has it repaired for the next one", async () => {
  await fill(0, 40);
  const blob = await putBlob(7);
  await store.close();
  store = await open();
  const rotten = [...(await paths("log")), ...(await paths("extents"))];
  await store.care.parity.run();
  for (const path of rotten) for (let at = 20; at < 90_000; at += 999) await flip(path, at);
  const corrupt = { code: "FIRN_RECORD_CORRUPT" };
  await expect(store.get(SPACE, Buffer.from("key 1"))).rejects.toMatchObject(corrupt);
  await expect(blobByte(blob)).rejects.toMatchObject(corrupt);
  await expect.poll(async () => (await store.status()).parity.healed).toBe(2);
  expect((await store.get(SPACE, Buffer.from("key 1")))?.[9]).toBe(1);
  expect(await blobByte(blob)).toBe(7);
});

test("rot in the segment that is being written is told, with the keys that it hits", async () => {
  await fill(0, 3);
  const [path] = await paths("log");
  const bytes = Buffer.from(await fileSystem.readFile(path as string));
  await flip(path as string, bytes.indexOf(new Uint8Array(1000).fill(2)));
  await store.checkpoint();
  const { problems } = await store.scrub(FAST);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ segment: 1, owners: [`key space ${SPACE}, key "key 2"`] });
  await expect(store.get(SPACE, Buffer.from("key 2"))).rejects.toMatchObject({
    code: "FIRN_RECORD_CORRUPT",
  });
});

test("a blob in a segment without parity is told by its id", async () => {
  const blob = await putBlob(7);
  const gone = await putBlob(8);
  const [path] = await paths("extents");
  const at = Buffer.from(await fileSystem.readFile(path as string)).indexOf(7);
  await flip(path as string, at + 70_000);
  await store.transact((tx) => tx.releaseBlob(gone));
  const { problems } = await store.scrub(FAST);
  expect(problems).toMatchObject([{ owners: [`blob ${blob}`] }]);
  expect(problems[0]?.what).toContain("bytes 65536 to 131072");
  // Parity of rot would keep it for ever.
  await store.close();
  store = await open();
  await store.care.parity.run();
  expect((await store.status()).parity.failure).toMatch(/does not verify/);
});

test("the manifest is written again when its file has changed", async () => {
  await flip(`${directory}/manifest`, 60);
  expect((await store.scrub(FAST)).repaired).toMatchObject([{ file: `${directory}/manifest` }]);
  expect(await store.scrub(FAST)).toMatchObject({ problems: [], repaired: [] });
});

test("one scrub runs at a time, and a signal or the end of the store breaks it off", async () => {
  await fill(0, 20);
  const abort = new AbortController();
  const slow = store.scrub({ rate: 1000, signal: abort.signal });
  await expect(store.scrub(FAST)).rejects.toMatchObject({ code: "FIRN_SCRUB_RUNNING" });
  expect((await store.status()).scrub).toMatchObject({ running: true });
  abort.abort(new Error("enough"));
  await expect(slow).rejects.toThrow("enough");
  const broken = store.scrub({ rate: 1000 });
  const rejected = expect(broken).rejects.toMatchObject({ code: "FIRN_STORE_CLOSED" });
  await store.close();
  await rejected;
});

test("a pass that was broken off goes on where it was", async () => {
  await fill(0, 60);
  const abort = new AbortController();
  let files = new Set<string>();
  const onProgress = ({ file }: { readonly file: string }): void => {
    files.add(file);
    if (file.endsWith("/0000000003")) abort.abort(new Error("enough"));
  };
  await expect(store.scrub({ ...FAST, signal: abort.signal, onProgress })).rejects.toThrow(
    "enough",
  );
  expect([...files].filter((file) => file.endsWith("1"))).toHaveLength(1);
  files = new Set();
  await store.scrub({ ...FAST, onProgress: ({ file }) => files.add(file) });
  expect([...files].some((file) => file.endsWith("/0000000001"))).toBe(false);
  expect([...files].some((file) => file.endsWith("/0000000004"))).toBe(true);
});

test("status tells head, lag, space and failure", async () => {
  const before = await store.status();
  await fill(0, 10);
  const { head, index, space, failure, pins, storeId } = await store.status();
  expect(storeId).toBe(store.id);
  expect(head.lsn).toBe(before.head.lsn + 10);
  expect(head.durableLsn).toBe(head.lsn);
  expect(index.lagRecords).toBe(head.lsn - index.lsn);
  expect(index.lagBytes).toBeGreaterThan(500_000);
  expect(space.commitBytes).toBeGreaterThan(500_000);
  expect([failure, pins]).toEqual([undefined, []]);
  await store.checkpoint();
  expect((await store.status()).index).toMatchObject({ lagRecords: 0, failure: undefined });
});

test("a damaged index is built anew while the store is read and written", async () => {
  await store.transact((tx) => tx.createKeySpace());
  await fill(0, 30);
  for (let round = 0; round < 45; round++) {
    await store.transact((tx) => {
      for (let at = 0; at < 1000; at++) {
        const key = Buffer.from(`small ${round} ${at}`);
        tx.put(SPACE + 1, key, Buffer.alloc(250, at));
      }
    });
  }
  await store.checkpoint();
  const tables = await findTables("index");
  expect(tables).not.toEqual([]);
  for (const path of tables) await flip(path, 20);
  const view = store.view();
  const writing = fill(30, 60);
  const { repaired, problems } = await store.scrub(FAST);
  await writing;
  expect(problems).toEqual([]);
  expect(repaired[0]?.what).toContain("while the store was open");
  view.close();
  for (let key = 0; key < 60; key++) {
    expect((await store.get(SPACE, Buffer.from(`key ${key}`)))?.[0]).toBe(key);
  }
  const [page] = [await store.view().page(SPACE + 1, { limit: 10_000 })];
  expect(page).toHaveLength(10_000);
  expect(await store.scrub(FAST)).toMatchObject({ problems: [], repaired: [] });
  expect((await store.status()).index.failure).toBe(undefined);
  await store.checkpoint();
  await store.close();
  expect(await fileSystem.list(directory)).not.toContain("index");
  expect(await checkStore({ directory })).toMatchObject({ problems: [], indexEntries: 45_064 });
  store = await open();
  expect((await store.status()).index.lagRecords).toBeLessThan(5);
  expect((await store.get(SPACE + 1, Buffer.from("small 3 7")))?.[0]).toBe(7);
});

test("a reader that meets damage in the index has it built anew", async () => {
  await fill(0, 5);
  await store.checkpoint();
  await store.close();
  store = await open();
  const index = store.care.holder.index;
  const key = Buffer.concat([Buffer.from([0, 0, 0, SPACE]), Buffer.from("key 3")]);
  await index.write([{ key, value: Buffer.from("this is no entry of an index") }]);
  await expect(store.get(SPACE, Buffer.from("key 3"))).rejects.toMatchObject({
    code: "FIRN_RECORD_CORRUPT",
  });
  await expect
    .poll(() => store.get(SPACE, Buffer.from("key 3")).catch(() => undefined))
    .toBeDefined();
  expect((await store.get(SPACE, Buffer.from("key 3")))?.[0]).toBe(3);
});

test("an index that cannot be built while the store is open is built by the next opening", async () => {
  await fill(0, 40);
  await store.checkpoint();
  const [log] = await paths("log");
  const rotten = Buffer.from(await fileSystem.readFile(log as string));
  const at = rotten.indexOf(new Uint8Array(1000).fill(2));
  await flip(log as string, at);
  await store.care.indexDamaged("somebody said so");
  await expect.poll(async () => (await store.status()).index.failure).toBe("somebody said so");
  await flip(log as string, at);
  await store.close();
  expect(await fileSystem.list(directory)).toContain("index.rebuild");
  store = await open();
  expect(await fileSystem.list(directory)).not.toContain("index.rebuild");
  expect((await store.get(SPACE, Buffer.from("key 2")))?.[0]).toBe(2);
});

/** Tables of LevelDB, or runs. */
async function findTables(folder: string): Promise<string[]> {
  const names = await fileSystem.list(`${directory}/${folder}`);
  return names
    .filter((name) => /\.(ldb|run)$/.test(name))
    .map((name) => `${directory}/${folder}/${name}`);
}
