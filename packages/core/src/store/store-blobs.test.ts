import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  BLOB_CROWDED_READ_BYTES,
  BLOB_INLINE_BYTES_MAX,
  BLOB_READERS_AHEAD_MAX,
  BLOB_UNIT_BYTES,
  BLOB_WRITERS_MAX,
} from "../constants.ts";
import { defer } from "../deferred.ts";
import { encodeKey } from "../index/key.ts";
import type { BlobId } from "../store-api.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "./open-store.ts";

let directory: string;
let store: LogStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-blobs-"));
  store = await openStore({ directory, ephemeral: true });
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function stored(content: Uint8Array): Promise<BlobId> {
  const space = await store.openKeySpace("blobs");
  const staged = await store.blobs.stage(content);
  return store.transact((tx) => {
    const id = tx.attachBlob(staged);
    tx.put(space, encodeKey("one"), Buffer.from(id));
    return id;
  });
}

test("many readers of large blobs get small pieces, and every byte", async () => {
  const content = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => (i * i) % 251));
  const id = await stored(content);
  const idle = Array.from({ length: BLOB_READERS_AHEAD_MAX }, () => store.blobs.read(id));
  for (const reader of idle) await reader.next();
  const range = { start: BLOB_UNIT_BYTES + 1, end: content.length - 1 };
  const pieces: Uint8Array[] = [];
  for await (const piece of store.blobs.read(id, range)) pieces.push(piece);
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(BLOB_CROWDED_READ_BYTES);
  expect(Buffer.concat(pieces).equals(content.subarray(range.start, range.end))).toBe(true);
  for (const reader of idle) await reader.return?.();
  const first = await store.blobs.read(id).next();
  expect((first.value as Uint8Array).length).toBeGreaterThan(BLOB_CROWDED_READ_BYTES);
});

test("large blobs beyond the limit wait, and failed ones give their place up", async () => {
  const gate = defer<void>();
  let started = 0;
  async function* source(fails: boolean): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(BLOB_INLINE_BYTES_MAX + 1);
    started++;
    await gate.promise;
    if (fails) throw new Error("the client is gone");
    yield new Uint8Array(1);
  }
  const stagings = Array.from({ length: BLOB_WRITERS_MAX + 10 }, (_, i) =>
    store.blobs.stage(source(i % 2 === 0)),
  );
  const ended = Promise.allSettled(stagings);
  const small = await store.blobs.stage(new Uint8Array(100));
  expect(small.bytes).toBe(100);
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toBe(BLOB_WRITERS_MAX);
  gate.resolve(undefined);
  const states = (await ended).map(({ status }) => status);
  expect(states.filter((status) => status === "fulfilled")).toHaveLength(BLOB_WRITERS_MAX / 2 + 5);
  expect(started).toBe(BLOB_WRITERS_MAX + 10);
  expect((await store.blobs.stage(new Uint8Array(100_000))).bytes).toBe(100_000);
});
