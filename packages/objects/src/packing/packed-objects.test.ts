import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bucketKey } from "../engine.ts";
import { headKey, manifestKey } from "../layout/key-layout.ts";
import { unpackBucket, unpackManifest, unpackObject } from "../layout/records.ts";
import { ObjectStore } from "../object-store.ts";
import type { PutObjectRequest } from "../object-types.ts";

const DAY_MS = 86_400_000;
const bucket = "seldom";
const STANDARD_IA = "STANDARD_IA";

let directory: string;
let store: Store;
let objects: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-packed-"));
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket });
});

afterEach(async () => {
  await objects.close();
  await store.close();
  await rm(directory, { recursive: true });
});

const text = Buffer.from(
  "Of what is seldom read there is much, and it is much alike. ".repeat(20_000),
);
const noise = Buffer.from(new SeededRandom(7).bytes(600_000));

async function* streamed(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

/** Bytes that an object's blobs have on the disk. */
async function storedBytes(key: string): Promise<number> {
  const root = await store.openKeySpace("objects");
  const { space } = unpackBucket((await store.get(root, bucketKey(bucket))) as Uint8Array);
  const record = unpackObject((await store.get(space, headKey(key))) as Uint8Array);
  const manifest =
    record.manifestId === undefined
      ? undefined
      : await store.get(space, manifestKey(record.manifestId));
  const parts = manifest === undefined ? record.parts : unpackManifest(manifest);
  const blobs = new Set(parts.map(({ blob }) => blob));
  let bytes = 0;
  for (const blob of blobs) bytes += await store.blobs.size(blob);
  return bytes;
}

async function read(key: string, more: object = {}): Promise<Buffer> {
  const { body } = await objects.getObject({ bucket, key, ...more });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function put(key: string, more: Partial<PutObjectRequest> = {}): Promise<string> {
  const { eTag } = await objects.putObject({ bucket, key, body: text, ...more });
  return eTag;
}

test("objects of infrequent access take less room, and nobody sees a difference", async () => {
  const eTag = await put("plain");
  const checksum = { algorithm: "CRC32" } as const;
  expect(await put("whole", { storageClass: STANDARD_IA, checksum })).toBe(eTag);
  expect(await put("zone", { storageClass: "ONEZONE_IA", body: streamed(text) })).toBe(eTag);
  await put("noise", { storageClass: STANDARD_IA, body: noise });
  await put("flow", { storageClass: STANDARD_IA, body: streamed(noise) });
  await put("short", { storageClass: STANDARD_IA, body: Buffer.from("short") });
  await put("empty", { storageClass: STANDARD_IA, body: streamed(Buffer.alloc(0)) });
  expect(await storedBytes("plain")).toBe(text.length);
  for (const key of ["whole", "zone"]) {
    expect(await storedBytes(key)).toBeLessThan(text.length / 20);
    expect((await read(key)).equals(text)).toBe(true);
    const { contentLength, eTag: told } = await objects.headObject({ bucket, key });
    expect([contentLength, told]).toEqual([text.length, eTag]);
    const range = (await read(key, { range: "bytes=700000-700099" })).toString();
    expect(range).toBe(text.subarray(700_000, 700_100).toString());
  }
  expect(await storedBytes("noise")).toBe(noise.length);
  expect(await storedBytes("flow")).toBeLessThan(noise.length + 100);
  for (const key of ["noise", "flow"]) expect((await read(key)).equals(noise)).toBe(true);
  expect((await read("short")).toString()).toBe("short");
  expect(await read("empty")).toHaveLength(0);
});

test("parts, appends, copies and the callers' keys keep to it", async () => {
  const sseCustomerKey = Buffer.alloc(32, 5);
  await put("sealed", { storageClass: STANDARD_IA, sseCustomerKey, body: streamed(text) });
  expect(await storedBytes("sealed")).toBeLessThan(text.length / 20);
  expect((await read("sealed", { sseCustomerKey })).equals(text)).toBe(true);
  const range = await read("sealed", { sseCustomerKey, range: "bytes=262100-262300" });
  expect(range.equals(text.subarray(262_100, 262_301))).toBe(true);

  await put("log", { storageClass: STANDARD_IA });
  await put("log", { writeOffsetBytes: text.length });
  expect(await storedBytes("log")).toBeLessThan(text.length / 10);
  expect((await read("log")).equals(Buffer.concat([text, text]))).toBe(true);

  await put("source");
  const copy = { bucket, sourceBucket: bucket, sourceKey: "source", storageClass: STANDARD_IA };
  await objects.copyObject({ ...copy, key: "copy" });
  expect(await storedBytes("copy")).toBeLessThan(text.length / 20);
  const large = Buffer.concat([text, text, text, text, text]);
  const upload = { bucket, key: "parts" };
  const { uploadId } = await objects.createMultipartUpload({
    ...upload,
    storageClass: STANDARD_IA,
  });
  const parts = [];
  for (const partNumber of [1, 2]) {
    const part = { ...upload, uploadId, partNumber };
    const { eTag } = await objects.uploadPart({ ...part, body: streamed(large) });
    parts.push({ partNumber, eTag });
  }
  const from = { sourceBucket: bucket, sourceKey: "copy" };
  const third = { ...upload, uploadId, partNumber: 3, ...from };
  parts.push({ partNumber: 3, eTag: (await objects.uploadPartCopy(third)).eTag });
  await objects.completeMultipartUpload({ ...upload, uploadId, parts });
  expect((await read("parts")).equals(Buffer.concat([large, large, text]))).toBe(true);
  expect(await storedBytes("parts")).toBeLessThan(large.length / 20);
});

test("a lifecycle packs what it moves, in parts and sealed, also when parts share bytes", async () => {
  await put("one");
  const eTag = await put("noise", { body: noise });
  const upload = { bucket, key: "twice" };
  const { uploadId } = await objects.createMultipartUpload(upload);
  const large = Buffer.concat([text, text, text, text, text]);
  await put("large", { body: large });
  const parts = [];
  for (const partNumber of [1, 2, 3]) {
    const from = { sourceBucket: bucket, sourceKey: "large", uploadId, partNumber };
    const { eTag: of } = await objects.uploadPartCopy({ ...upload, ...from });
    parts.push({ partNumber, eTag: of });
  }
  await objects.completeMultipartUpload({ ...upload, uploadId, parts });
  await put("mine", { sseCustomerKey: Buffer.alloc(32, 1) });
  await objects.putBucketLifecycleConfiguration({
    bucket,
    lifecycle: {
      rules: [
        {
          id: "cool",
          status: "Enabled",
          filter: {},
          transitions: [{ days: 30, storageClass: STANDARD_IA }],
        },
      ],
    },
  });
  await store.advanceClock(32 * DAY_MS);
  // Behind the run that midnight has begun by itself.
  await objects.runLifecycle();
  for (const [key, bytes] of [
    ["one", text],
    ["large", large],
    ["twice", Buffer.concat([large, large, large])],
  ] as const) {
    expect(await storedBytes(key)).toBeLessThan(bytes.length / 20);
    expect((await read(key)).equals(bytes)).toBe(true);
    expect((await objects.headObject({ bucket, key })).storageClass).toBe(STANDARD_IA);
  }
  const left = await objects.headObject({ bucket, key: "noise" });
  expect([left.storageClass, left.eTag]).toEqual([STANDARD_IA, eTag]);
  expect(await storedBytes("noise")).toBe(noise.length);
  const sseCustomerKey = Buffer.alloc(32, 1);
  expect((await read("mine", { sseCustomerKey })).equals(text)).toBe(true);
  // What was packed lets go of what it was made of: deleting gives everything back.
  for (const key of ["one", "large", "twice", "noise", "mine"]) {
    await objects.deleteObject({ bucket, key });
  }
  await objects.deleteBucket({ bucket });
});
