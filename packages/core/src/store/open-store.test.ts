import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import { loadHasher } from "../hasher.ts";
import { encodeKey } from "../index/key.ts";
import { levelIndex } from "../index/level-index.ts";
import type { IndexFactory } from "../index/ordered-index.ts";
import type { LogStore } from "../store.ts";
import { indexTag } from "./index-holder.ts";
import { openStore } from "./open-store.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-open-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const SMALL = { memtableBytes: 20_000, segmentBytes: 200_000, prepareBytes: 16_384 };
const open = (): Promise<LogStore> => openStore({ directory, limits: SMALL });
const valueOf = (i: number): Buffer => Buffer.alloc(50 + (i % 700), i);

/** A closed store with 500 values, in several segments and memtables. */
async function makeStore(index?: IndexFactory): Promise<void> {
  const store = await openStore({ directory, limits: SMALL, index });
  const space = await store.openKeySpace("things");
  for (let i = 0; i < 500; i++) {
    await store.transact((tx) => tx.put(space, encodeKey(i), valueOf(i)));
  }
  await store.close();
}

async function expectWhole(): Promise<void> {
  const store = await open();
  const space = await store.openKeySpace("things");
  for (let i = 0; i < 500; i++) {
    const value = await store.get(space, encodeKey(i));
    expect(Buffer.from(value ?? []).equals(valueOf(i)), `value ${i}`).toBe(true);
  }
  await store.close();
}

/** Rewrites the manifest's JSON and its checksum. */
async function editManifest(edit: (state: Record<string, unknown>) => void): Promise<void> {
  const path = join(directory, "manifest");
  const text = await readFile(path, "utf8");
  const state = JSON.parse(text.slice(text.indexOf("\n") + 1)) as Record<string, unknown>;
  edit(state);
  const body = Buffer.from(JSON.stringify(state));
  const check = (await loadHasher()).hash(body, 0n).toString(16).padStart(16, "0");
  await writeFile(path, `FIRN-MANIFEST ${String(state["formatVersion"])} ${check}\n${body}`);
}

test("an index that was deleted is rebuilt from the log, and nothing is lost", async () => {
  await makeStore();
  await rm(join(directory, "index"), { recursive: true });
  await expectWhole();
});

test.each([
  ["runs", undefined],
  ["CURRENT", levelIndex],
])("an index that cannot be opened is rebuilt from the log (%s)", async (file, index) => {
  await makeStore(index);
  await writeFile(join(directory, "index", file), "nonsense");
  await expectWhole();
});

test("a store keeps the index that it was made with", async () => {
  await makeStore(levelIndex);
  await expectWhole();
  expect(await readdir(join(directory, "index"))).toContain("CURRENT");
  expect((await checkStore({ directory })).problems).toEqual([]);
  await rm(join(directory, "index"), { recursive: true });
  await expectWhole();
  expect(await readdir(join(directory, "index"))).toContain("runs");
  expect((await checkStore({ directory })).problems).toEqual([]);
});

test("an index with a damaged entry of the core's own is rebuilt from the log", async () => {
  await makeStore(levelIndex);
  const text = await readFile(join(directory, "manifest"), "utf8");
  const { storeId } = JSON.parse(text.slice(text.indexOf("\n") + 1)) as { storeId: string };
  const index = await levelIndex.open(join(directory, "index"), indexTag(storeId));
  const snapshot = index.snapshot();
  const [entry] = await snapshot.page({ limit: 1 });
  snapshot.close();
  const value = Buffer.from(entry?.value ?? []);
  value[3] = (value[3] as number) ^ 1;
  await index.write([{ key: entry?.key as Uint8Array, value }]);
  await index.close();
  await expectWhole();
});

test("the index of another store, or of another version, is rebuilt", async () => {
  await makeStore();
  const other = await mkdtemp(join(tmpdir(), "firn-open-"));
  const store = await openStore({ directory: other });
  await store.openKeySpace("other");
  await store.close();
  await rm(join(directory, "index"), { recursive: true });
  await cp(join(other, "index"), join(directory, "index"), { recursive: true });
  await rm(other, { recursive: true });
  await expectWhole();
});

test("a store of a newer format, or with a feature unknown here, is refused and left alone", async () => {
  await makeStore();
  for (const change of [{ formatVersion: 2 }, { requiredFeatures: ["time-travel"] }]) {
    const before = await readFile(join(directory, "manifest"));
    await editManifest((state) => Object.assign(state, change));
    const changed = await readFile(join(directory, "manifest"));
    await expect(open()).rejects.toMatchObject({ code: "FIRN_STORE_NEWER", kind: "invalid" });
    expect((await readFile(join(directory, "manifest"))).equals(changed)).toBe(true);
    await writeFile(join(directory, "manifest"), before);
  }
  await expectWhole();
});

async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
  await writeFile(path, bytes);
}

test("a manifest that fails its checksum, or is gone, is made again from its copy", async () => {
  await makeStore();
  const [path, copy] = [join(directory, "manifest"), join(directory, "manifest.copy")];
  const harms = [damage, (file: string): Promise<void> => rm(file)];
  for (const harm of harms) {
    for (const file of [path, copy]) {
      await harm(file);
      await expectWhole();
      expect((await readFile(path)).equals(await readFile(copy))).toBe(true);
    }
  }
});

test("a manifest that fails its checksum as its copy does is damage, told with its file", async () => {
  await makeStore();
  const path = join(directory, "manifest");
  await damage(path);
  await damage(`${path}.copy`);
  const detail = { file: path };
  await expect(open()).rejects.toMatchObject({ code: "FIRN_STORE_DAMAGED", detail });
});

test("segment files that no manifest names are removed at open, others never", async () => {
  await makeStore();
  const folder = join(directory, "log", "0000");
  const before = await readdir(folder);
  await writeFile(join(folder, "0000009999"), "the rest of a crash");
  await expectWhole();
  const after = await readdir(folder);
  expect(after).not.toContain("0000009999");
  expect(after).toEqual(expect.arrayContaining(before));
});

test("a flipped byte in a closed store's log is damage with segment and offset, never cut", async () => {
  await makeStore();
  const folder = join(directory, "log", "0000");
  const [name] = await readdir(folder);
  const path = join(folder, name ?? "");
  const bytes = await readFile(path);
  bytes[1000] = (bytes[1000] as number) ^ 0x10;
  await writeFile(path, bytes);
  await rm(join(directory, "index"), { recursive: true });
  await expect(open()).rejects.toMatchObject({
    code: "FIRN_STORE_DAMAGED",
    detail: { file: path, segment: expect.any(Number), offset: expect.any(Number) },
  });
});
