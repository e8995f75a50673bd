import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  BLOB_CROWDED_BYTES,
  BLOB_INLINE_BYTES_MAX,
  BLOB_STREAMS_LARGE_MAX,
  BLOB_UNIT_BYTES,
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
  const idle = Array.from({ length: BLOB_STREAMS_LARGE_MAX }, () => store.blobs.read(id));
  for (const reader of idle) await reader.next();
  const range = { start: BLOB_UNIT_BYTES + 1, end: content.length - 1 };
  const pieces: Uint8Array[] = [];
  for await (const piece of store.blobs.read(id, range)) pieces.push(piece);
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(BLOB_CROWDED_BYTES);
  expect(Buffer.concat(pieces).equals(content.subarray(range.start, range.end))).toBe(true);
  for (const reader of idle) await reader.return?.();
  const first = await store.blobs.read(id).next();
  expect((first.value as Uint8Array).length).toBeGreaterThan(BLOB_CROWDED_BYTES);
});

test("many writers of large blobs get small buffers, and large ones again when they are few", async () => {
  const gate = defer<void>();
  async function* held(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(BLOB_INLINE_BYTES_MAX + 1);
    await gate.promise;
    throw new Error("the client is gone");
  }
  const content = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * i) % 251));
  const others = Array.from({ length: BLOB_STREAMS_LARGE_MAX }, () => store.blobs.stage(held()));
  const ended = Promise.allSettled(others);
  const small = await stored(content);
  gate.resolve(undefined);
  expect((await ended).every(({ status }) => status === "rejected")).toBe(true);
  const large = await stored(content);
  const pieces = async (id: BlobId): Promise<Uint8Array[]> => {
    const out: Uint8Array[] = [];
    for await (const piece of store.blobs.read(id)) out.push(piece);
    expect(Buffer.concat(out).equals(content)).toBe(true);
    return out;
  };
  expect(await pieces(large)).toHaveLength(2);
  expect(await pieces(small)).toHaveLength(Math.ceil(content.length / BLOB_CROWDED_BYTES));
});
