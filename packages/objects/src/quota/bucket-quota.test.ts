import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "../object-store.ts";

const bucket = "bounded";
const quota = { code: "FIRN_BUCKET_QUOTA" };

let directory: string;
let store: Store;
let objects: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-quota-"));
  store = await openStore({ directory, ephemeral: true });
  objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket });
});

afterEach(async () => {
  await objects.close();
  await store.close();
  await rm(directory, { recursive: true });
});

async function put(key: string, bytes: number): Promise<void> {
  await objects.putObject({ bucket, key, body: Buffer.alloc(bytes, 1) });
}

/** What is there, counted one by one. */
async function counted(): Promise<{ bytes: number; objects: number }> {
  let [bytes, count] = [0, 0];
  for await (const version of objects.listObjectVersions({ bucket })) {
    if (version.deleteMarker) continue;
    bytes += version.size;
    count++;
  }
  return { bytes, objects: count };
}

test("a write that would leave too much is refused, and leaves what was there", async () => {
  await put("a", 60);
  await objects.putBucketQuota({ bucket, bytesMax: 100, objectsMax: 3 });
  await expect(put("b", 41)).rejects.toMatchObject(quota);
  await put("b", 40);
  await put("a", 60);
  await expect(put("a", 61)).rejects.toMatchObject(quota);
  const append = { bucket, key: "a", writeOffsetBytes: 60, body: Buffer.alloc(1) };
  await expect(objects.putObject(append)).rejects.toMatchObject(quota);
  const copy = { bucket, key: "c", sourceBucket: bucket, sourceKey: "a" };
  await expect(objects.copyObject(copy)).rejects.toMatchObject(quota);
  await objects.renameObject({ bucket, key: "renamed", sourceKey: "a" });
  expect(await objects.getBucketQuota({ bucket })).toMatchObject({ bytes: 100, objects: 2 });
  await objects.deleteObject({ bucket, key: "renamed" });
  await put("c", 0);
  await put("d", 0);
  await expect(put("e", 0)).rejects.toMatchObject(quota);
  await objects.putBucketQuota({ bucket, bytesMax: 100 });
  await put("e", 0);
  await objects.deleteBucketQuota({ bucket });
  await put("e", 1000);
  expect(await objects.getBucketQuota({ bucket })).toBeUndefined();
});

test("older versions count, until they are deleted; uploads when they are completed", async () => {
  await objects.putBucketQuota({ bucket, bytesMax: 100 });
  await objects.putBucketVersioning({ bucket, status: "Enabled" });
  await put("a", 50);
  await put("a", 50);
  await expect(put("a", 1)).rejects.toMatchObject(quota);
  await objects.deleteObject({ bucket, key: "a" });
  await expect(put("a", 1)).rejects.toMatchObject(quota);
  const { versions } = (await objects.listObjectVersions({ bucket }).pages().next()).value ?? {
    versions: [],
  };
  for (const { key, versionId } of versions) await objects.deleteObject({ bucket, key, versionId });
  expect(await objects.getBucketQuota({ bucket })).toMatchObject({ bytes: 0, objects: 0 });
  const upload = { bucket, key: "parts" };
  const { uploadId } = await objects.createMultipartUpload(upload);
  const part = { ...upload, uploadId, partNumber: 1, body: Buffer.alloc(101) };
  const { eTag } = await objects.uploadPart(part);
  const parts = [{ partNumber: 1, eTag }];
  const complete = objects.completeMultipartUpload({ ...upload, uploadId, parts });
  await expect(complete).rejects.toMatchObject(quota);
});

test("counting that begins while others write comes to what is there", async () => {
  const random = new SeededRandom(3);
  const step = async (): Promise<void> => {
    const key = `k${random.below(20)}`;
    if (random.below(3) === 0) await objects.deleteObject({ bucket, key });
    else await put(key, random.below(1000));
  };
  for (let at = 0; at < 60; at++) await step();
  const writers = Array.from({ length: 8 }, async () => {
    for (let at = 0; at < 25; at++) await step();
  });
  await objects.putBucketQuota({ bucket, bytesMax: 1_000_000 });
  await Promise.all(writers);
  expect(await objects.getBucketQuota({ bucket })).toMatchObject(await counted());
  await expect(objects.putBucketQuota({ bucket, bytesMax: -1 })).rejects.toMatchObject({
    code: "FIRN_OBJECT_ARGUMENT_INVALID",
  });
});
