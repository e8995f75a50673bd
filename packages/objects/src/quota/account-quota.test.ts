import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "../object-store.ts";

const HOUR_MS = 3_600_000;
const quota = { code: "FIRN_ACCOUNT_QUOTA" };
const buckets = ["one", "two", "three"].map((name) => `of-${name}`);
const [one = "", two = ""] = buckets;

let directory: string;
let store: Store;
let objects: ObjectStore;

async function open(): Promise<void> {
  store = await openStore({ directory, clockMode: { kind: "manual" } });
  objects = await ObjectStore.open({ store });
}

async function close(): Promise<void> {
  await objects.close();
  await store.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-account-quota-"));
  await open();
  for (const bucket of buckets) await objects.createBucket({ bucket });
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

async function put(bucket: string, key: string, bytes: number): Promise<void> {
  await objects.putObject({ bucket, key, body: Buffer.alloc(bytes, 1) });
}

/** What is there, counted one by one. */
async function counted(): Promise<{ bytes: number; objects: number }> {
  let [bytes, count] = [0, 0];
  for await (const { name: bucket } of objects.listBuckets()) {
    for await (const version of objects.listObjectVersions({ bucket })) {
      if (version.deleteMarker) continue;
      bytes += version.size;
      count++;
    }
  }
  return { bytes, objects: count };
}

test("a write that would leave too much in all buckets is refused; other accounts write", async () => {
  await put(one, "a", 60);
  await objects.putAccountQuota({ bytesMax: 100, objectsMax: 4 });
  await put(two, "a", 30);
  await expect(put(one, "b", 11)).rejects.toMatchObject(quota);
  await put(one, "b", 10);
  await put(one, "a", 60);
  await expect(put(two, "a", 31)).rejects.toMatchObject(quota);
  await objects.createBucket({ bucket: "made-later" });
  await expect(put("made-later", "a", 1)).rejects.toMatchObject(quota);
  await put("made-later", "a", 0);
  await expect(put("made-later", "b", 0)).rejects.toMatchObject(quota);
  expect(await objects.getAccountQuota()).toEqual({
    bytesMax: 100,
    objectsMax: 4,
    bytes: 100,
    objects: 4,
  });
  const other = objects.in({ accountId: "111111111111" });
  await other.createBucket({ bucket: "of-another" });
  await other.putObject({ bucket: "of-another", key: "a", body: Buffer.alloc(1000) });
  expect(await other.getAccountQuota()).toBeUndefined();
  await objects.deleteObject({ bucket: one, key: "a" });
  await put("made-later", "b", 60);
});

test("a bucket's own quota and the account's hold beside each other, and go by themselves", async () => {
  await objects.putBucketQuota({ bucket: one, bytesMax: 50 });
  await objects.putAccountQuota({ bytesMax: 100 });
  await expect(put(one, "a", 51)).rejects.toMatchObject({ code: "FIRN_BUCKET_QUOTA" });
  await put(one, "a", 50);
  await put(two, "a", 50);
  expect(await objects.getBucketQuota({ bucket: two })).toBeUndefined();
  await objects.putBucketQuota({ bucket: two, objectsMax: 9 });
  expect(await objects.getBucketQuota({ bucket: two })).toMatchObject({ bytes: 50, objects: 1 });
  await objects.deleteBucketQuota({ bucket: one });
  await expect(put(one, "b", 1)).rejects.toMatchObject(quota);
  await objects.deleteAccountQuota();
  expect(await objects.getAccountQuota()).toBeUndefined();
  await put(one, "b", 1000);
  expect(await objects.getBucketQuota({ bucket: one })).toBeUndefined();
  expect(await objects.getBucketQuota({ bucket: two })).toMatchObject({ bytes: 50, objectsMax: 9 });
  await objects.putAccountQuota({ bytesMax: 2000 });
  expect(await objects.getAccountQuota()).toMatchObject(await counted());
});

test("counting that begins while others write comes to what is there, also twice at once", async () => {
  const random = new SeededRandom(5);
  const step = async (): Promise<void> => {
    const bucket = buckets[random.below(buckets.length)] as string;
    const key = `k${random.below(10)}`;
    if (random.below(3) === 0) await objects.deleteObject({ bucket, key });
    else await put(bucket, key, random.below(1000));
  };
  for (let at = 0; at < 60; at++) await step();
  const writers = Array.from({ length: 8 }, async () => {
    for (let at = 0; at < 20; at++) await step();
  });
  await Promise.all([
    objects.putAccountQuota({ bytesMax: 10_000_000 }),
    objects.putBucketQuota({ bucket: one, bytesMax: 1_000_000 }),
    objects.putBucketQuota({ bucket: one, bytesMax: 1_000_000 }),
    objects.putAccountQuota({ bytesMax: 1_000_000 }),
    objects.createBucket({ bucket: "made-meanwhile" }),
    ...writers,
  ]);
  await put("made-meanwhile", "k", 10);
  expect(await objects.getAccountQuota()).toEqual({ bytesMax: 1_000_000, ...(await counted()) });
  await close();
  await open();
  expect(await objects.getAccountQuota()).toMatchObject(await counted());
});

test("a bucket that is restored counts, and is not made where it would be too much", async () => {
  await objects.putBucketRewind({ bucket: one, windowMs: 24 * HOUR_MS });
  await put(one, "a", 60);
  const time = new Date(store.clock.now());
  await store.advanceClock(HOUR_MS);
  const request = { bucket: one, time, targetBucket: "restored" };
  await objects.putAccountQuota({ bytesMax: 100 });
  await expect(objects.restoreBucket(request)).rejects.toMatchObject(quota);
  await expect(objects.headBucket({ bucket: "restored" })).rejects.toMatchObject({
    code: "FIRN_BUCKET_NOT_FOUND",
  });
  await objects.putAccountQuota({ bytesMax: 120 });
  await objects.restoreBucket(request);
  expect(await objects.getAccountQuota()).toMatchObject({ bytes: 120, objects: 2 });
  await objects.deleteObject({ bucket: "restored", key: "a" });
  expect(await objects.getAccountQuota()).toMatchObject({ bytes: 60, objects: 1 });
});
