import { openStore } from "@firn/core";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "../object-store.ts";
import type { PastBucket } from "./past-bucket.ts";

const HOUR_MS = 3_600_000;
const bucket = "past";

let directory: string;
let store: Store;
let objects: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-rewind-"));
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket });
});

afterEach(async () => {
  await objects.close();
  await store.close();
  await rm(directory, { recursive: true });
});

async function text(past: Pick<PastBucket, "getObject">, key: string): Promise<string> {
  const { body } = await past.getObject({ key });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function put(key: string, body: string): Promise<void> {
  await objects.putObject({ bucket, key, body: Buffer.from(body) });
}

/** A moment, with a little time behind it, so that what comes next comes later. */
async function moment(): Promise<Date> {
  const time = new Date(store.clock.now());
  await store.advanceClock(HOUR_MS);
  return time;
}

async function keysOf(past: PastBucket): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of past.listObjectsV2()) keys.push(key);
  return keys;
}

const large = "0123456789".repeat(30_000);

test("what was written over and deleted is read as of then, small and large", async () => {
  await objects.putBucketRewind({ bucket, windowMs: 24 * HOUR_MS });
  await put("small", "one");
  await put("large", large);
  await objects.putObject({ bucket, key: "tagged", body: Buffer.from("t"), tags: { a: "1" } });
  const then = await moment();
  await put("small", "two");
  await put("new", "new");
  await objects.deleteObject({ bucket, key: "large" });
  await objects.putObjectTagging({ bucket, key: "tagged", tags: { a: "2" } });
  await store.compact();
  const past = await objects.at({ bucket, time: then });
  expect(await keysOf(past)).toEqual(["large", "small", "tagged"]);
  expect(await text(past, "small")).toBe("one");
  expect(await text(past, "large")).toBe(large);
  expect((await past.headObject({ key: "large" })).contentLength).toBe(large.length);
  expect((await past.getObjectTagging({ key: "tagged" })).tags).toEqual({ a: "1" });
  const ranged = await past.getObject({ key: "large", range: "bytes=100000-100009" });
  let part = "";
  for await (const chunk of ranged.body) part += Buffer.from(chunk).toString();
  expect(part).toBe("0123456789");
  await expect(past.getObject({ key: "new" })).rejects.toMatchObject({
    code: "FIRN_OBJECT_NOT_FOUND",
  });
  const now = await objects.at({ bucket, time: new Date(store.clock.now()) });
  expect(await keysOf(now)).toEqual(["new", "small", "tagged"]);
});

test("a bucket is restored into another one, sharing what is held still", async () => {
  await objects.putBucketRewind({ bucket, windowMs: 24 * HOUR_MS });
  await objects.putBucketVersioning({ bucket, status: "Enabled" });
  await put("kept", large);
  await put("versioned", "one");
  await put("versioned", "two");
  await objects.deleteObject({ bucket, key: "marked" });
  const { versionId } = await objects.putObject({ bucket, key: "gone", body: Buffer.from(large) });
  const upload = await objects.createMultipartUpload({ bucket, key: "parts" });
  const of = { bucket, key: "parts", uploadId: upload.uploadId };
  const parts = [];
  for (const partNumber of [1, 2, 3]) {
    const body = Buffer.alloc(partNumber === 3 ? 10 : 5 * 1024 * 1024, partNumber);
    parts.push({ partNumber, eTag: (await objects.uploadPart({ ...of, partNumber, body })).eTag });
  }
  await objects.completeMultipartUpload({ ...of, parts });
  const then = await moment();
  await objects.deleteObject({ bucket, key: "gone", versionId });
  await put("versioned", "three");
  const result = await objects.restoreBucket({ bucket, time: then, targetBucket: "restored" });
  expect(result).toEqual({ versionCount: 6, bytesCopied: large.length });
  const target = {
    getObject: (named: { key: string }) => objects.getObject({ bucket: "restored", ...named }),
  };
  for (const key of ["kept", "gone"]) expect(await text(target, key)).toBe(large);
  expect(await text(target, "versioned")).toBe("two");
  expect((await text(target, "parts")).length).toBe(10 * 1024 * 1024 + 10);
  const past = await objects.at({ bucket, time: then });
  const [were, are] = [
    past.listObjectVersions(),
    objects.listObjectVersions({ bucket: "restored" }),
  ];
  const all = async (list: AsyncIterable<unknown>): Promise<unknown[]> => {
    const items = [];
    for await (const item of list) items.push(item);
    return items;
  };
  expect(await all(are)).toEqual(await all(were));
  // Neither holds on to the other.
  await objects.deleteObject({ bucket, key: "kept" });
  await objects.deleteObject({ bucket: "restored", key: "versioned" });
  expect(await text(target, "kept")).toBe(large);
  await expect(
    objects.restoreBucket({ bucket, time: then, targetBucket: "restored" }),
  ).rejects.toMatchObject({ code: "FIRN_BUCKET_OWNED" });
});

test("only moments of the window can be looked at, and only where one was asked for", async () => {
  const time = new Date(store.clock.now());
  await expect(objects.at({ bucket, time })).rejects.toMatchObject({
    code: "FIRN_BUCKET_REWIND_OFF",
  });
  expect(await objects.getBucketRewind({ bucket })).toBeUndefined();
  await store.advanceClock(HOUR_MS);
  await objects.putBucketRewind({ bucket, windowMs: 2 * HOUR_MS });
  const window = await objects.getBucketRewind({ bucket });
  expect(window).toMatchObject({ windowMs: 2 * HOUR_MS });
  await expect(objects.at({ bucket, time })).rejects.toMatchObject({
    code: "FIRN_BUCKET_REWIND_TIME",
  });
  const ahead = new Date(store.clock.now() + 1000);
  await expect(objects.at({ bucket, time: ahead })).rejects.toMatchObject({
    code: "FIRN_BUCKET_REWIND_TIME",
  });
  await expect(objects.at({ bucket, time: new Date(NaN) })).rejects.toMatchObject({
    code: "FIRN_BUCKET_REWIND_TIME",
  });
  await expect(objects.putBucketRewind({ bucket, windowMs: 10 })).rejects.toMatchObject({
    code: "FIRN_RETENTION",
  });
  await objects.deleteBucketRewind({ bucket });
  expect(await objects.getBucketRewind({ bucket })).toBeUndefined();
});
