import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ObjectStore } from "./object-store.ts";

let store: Store;
let objects: ObjectStore;
let directory: string;
let count = 0;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  objects = await ObjectStore.open({ store });
});
afterAll(async () => {
  await objects.close();
  await store.close();
  await rm(directory, { recursive: true });
});

async function newBucket(): Promise<string> {
  const bucket = `bucket-${count++}`;
  await objects.createBucket({ bucket });
  return bucket;
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const text = (value: string): Uint8Array => Buffer.from(value);
const failing = (code: string): unknown => expect.objectContaining({ code });

test("a bucket is made once, found, listed to its owner only, and deleted when empty", async () => {
  const other = objects.in({ accountId: "111111111111", region: "eu-west-1" });
  const made = await other.createBucket({ bucket: "owned-by-other" });
  expect(made).toMatchObject({ bucketRegion: "eu-west-1", owner: "111111111111" });
  await expect(other.createBucket({ bucket: "owned-by-other" })).rejects.toEqual(
    failing("FIRN_BUCKET_OWNED"),
  );
  await expect(objects.createBucket({ bucket: "owned-by-other" })).rejects.toEqual(
    failing("FIRN_BUCKET_EXISTS"),
  );
  const names: string[] = [];
  for await (const bucket of other.listBuckets({ maxBuckets: 1 })) names.push(bucket.name);
  expect(names).toEqual(["owned-by-other"]);
  await other.putObject({ bucket: "owned-by-other", key: "k", body: text("v") });
  await expect(other.deleteBucket({ bucket: "owned-by-other" })).rejects.toEqual(
    failing("FIRN_BUCKET_NOT_EMPTY"),
  );
  const guarded = { bucket: "owned-by-other", key: "k", expectedBucketOwner: "000000000000" };
  await expect(objects.getObject(guarded)).rejects.toEqual(failing("FIRN_BUCKET_ACCESS_DENIED"));
  await other.deleteObject({ bucket: "owned-by-other", key: "k" });
  await other.deleteBucket({ bucket: "owned-by-other" });
  await expect(other.headBucket({ bucket: "owned-by-other" })).rejects.toEqual(
    failing("FIRN_BUCKET_NOT_FOUND"),
  );
});

test("an account has at most 10,000 buckets, deleted ones not counted", async () => {
  const full = objects.in({ accountId: "333333333333" });
  const create = (at: number): Promise<unknown> => full.createBucket({ bucket: `full-${at}` });
  for (let at = 0; at < 10_000; at += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, index) => create(at + index)));
  }
  await expect(create(10_000)).rejects.toEqual(failing("FIRN_BUCKET_LIMIT"));
  await full.deleteBucket({ bucket: "full-7" });
  await create(10_000);
});

test("a bucket made anew under an old name is empty", async () => {
  const bucket = await newBucket();
  const upload = await objects.createMultipartUpload({ bucket, key: "open" });
  await objects.uploadPart({ bucket, key: "open", ...upload, partNumber: 1, body: text("x") });
  await objects.deleteBucket({ bucket });
  await objects.createBucket({ bucket });
  expect((await objects.listMultipartUploads({ bucket }).pages().next()).value.uploads).toEqual([]);
});

test.each([0, 1, 1000, 65_536, 65_537, 3_000_000])(
  "a body of %i bytes comes back whole, streamed or not",
  async (size) => {
    const bucket = await newBucket();
    const bytes = randomBytes(size);
    const one = await objects.putObject({ bucket, key: "one", body: bytes });
    const two = await objects.putObject({ bucket, key: "two", body: chunksOf(bytes, 10_000) });
    expect(two.eTag).toBe(one.eTag);
    for (const key of ["one", "two"]) {
      const got = await objects.getObject({ bucket, key });
      expect(got.contentLength).toBe(size);
      expect((await bytesOf(got.body)).equals(bytes)).toBe(true);
    }
  },
);

test("a range of any object is the same range of its bytes", async () => {
  const bucket = await newBucket();
  const bytes = randomBytes(300_000);
  await objects.putObject({ bucket, key: "k", body: bytes });
  for (const [range, start, end] of [
    ["bytes=0-0", 0, 1],
    ["bytes=65530-65545", 65_530, 65_546],
    ["bytes=299999-", 299_999, 300_000],
    ["bytes=-100001", 199_999, 300_000],
  ] as const) {
    const got = await objects.getObject({ bucket, key: "k", range });
    expect((await bytesOf(got.body)).equals(bytes.subarray(start, end))).toBe(true);
    expect(got.contentRange).toBe(`bytes ${start}-${end - 1}/300000`);
  }
  await expect(objects.getObject({ bucket, key: "k", range: "bytes=300000-" })).rejects.toEqual(
    failing("FIRN_OBJECT_RANGE_INVALID"),
  );
});

test("metadata, headers and the checksum come back as they were stored", async () => {
  const bucket = await newBucket();
  const stored = { contentType: "text/plain", cacheControl: "no-cache", expires: "never" };
  const put = await objects.putObject({
    bucket,
    key: "k",
    body: text("123456789"),
    ...stored,
    metadata: { Colour: "grün" },
    checksum: { algorithm: "CRC32C", value: "4waSgw==" },
  });
  const checksum = { algorithm: "CRC32C", type: "FULL_OBJECT", value: "4waSgw==" };
  expect(put).toEqual({ eTag: '"25f9e794323b453885f5181f1b624d0b"', size: 9, checksum });
  const head = await objects.headObject({ bucket, key: "k" });
  expect(head).toMatchObject({ ...stored, metadata: { colour: "grün" }, checksum });
});

test.each([
  ["FIRN_OBJECT_CHECKSUM_MISMATCH", { checksum: { algorithm: "CRC32", value: "AAAAAA==" } }],
  [
    "FIRN_OBJECT_CHECKSUM_MISMATCH",
    { checksum: { algorithm: "SHA1", value: () => `${"A".repeat(27)}=` } },
  ],
  ["FIRN_OBJECT_CHECKSUM_INVALID", { checksum: { algorithm: "SHA256", value: "short" } }],
  ["FIRN_OBJECT_DIGEST_INVALID", { contentMD5: "bad" }],
  ["FIRN_OBJECT_DIGEST_MISMATCH", { contentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }],
  ["FIRN_OBJECT_BODY_INCOMPLETE", { contentLength: 10 }],
  ["FIRN_OBJECT_BODY_INCOMPLETE", { contentLength: 1 }],
  ["FIRN_OBJECT_METADATA_TOO_LARGE", { metadata: { a: "x".repeat(2048) } }],
  ["FIRN_OBJECT_STORAGE_CLASS_INVALID", { storageClass: "LUKEWARM" }],
  ["FIRN_OBJECT_STORAGE_CLASS_INVALID", { storageClass: "EXPRESS_ONEZONE" }],
] as const)("%s: a body that is not what was said leaves no object", async (code, wrong) => {
  const bucket = await newBucket();
  for (const body of [text("123"), chunksOf(text("123"), 2)]) {
    await expect(objects.putObject({ bucket, key: "k", body, ...wrong })).rejects.toEqual(
      failing(code),
    );
  }
  await expect(objects.headObject({ bucket, key: "k" })).rejects.toEqual(
    failing("FIRN_OBJECT_NOT_FOUND"),
  );
});

test("a body that throws, and an aborted one, leave what was there", async () => {
  const bucket = await newBucket();
  await objects.putObject({ bucket, key: "k", body: text("before") });
  const abort = new AbortController();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(200_000);
    throw new Error("the client went away");
  }
  async function* hanging(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(200_000);
    abort.abort();
    await new Promise(() => undefined);
  }
  await expect(objects.putObject({ bucket, key: "k", body: broken() })).rejects.toThrow(
    "went away",
  );
  const { signal } = abort;
  await expect(objects.putObject({ bucket, key: "k", body: hanging(), signal })).rejects.toEqual(
    failing("FIRN_OBJECTS_ABORTED"),
  );
  expect(String(await bytesOf((await objects.getObject({ bucket, key: "k" })).body))).toBe(
    "before",
  );
});

test("of 64 writers with If-None-Match: * on one key one wins", async () => {
  const bucket = await newBucket();
  const writes = Array.from({ length: 64 }, (_, index) =>
    objects.putObject({ bucket, key: "k", body: text(`${index}`), ifNoneMatch: "*" }),
  );
  const settled = await Promise.allSettled(writes);
  const won = settled.flatMap((one, index) => (one.status === "fulfilled" ? [index] : []));
  expect(won).toHaveLength(1);
  for (const one of settled) {
    if (one.status === "rejected")
      expect(one.reason).toEqual(failing("FIRN_OBJECT_PRECONDITION_FAILED"));
  }
  expect(String(await bytesOf((await objects.getObject({ bucket, key: "k" })).body))).toBe(
    `${won[0]}`,
  );
});

test("If-Match writes over exactly that object, and over nothing is not found", async () => {
  const bucket = await newBucket();
  const put = (ifMatch?: string): Promise<{ eTag: string }> =>
    objects.putObject({ bucket, key: "k", body: text(`${count++}`), ifMatch });
  await expect(put("*")).rejects.toEqual(failing("FIRN_OBJECT_NOT_FOUND"));
  const { eTag } = await put();
  const second = await put(eTag);
  await expect(put(eTag)).rejects.toEqual(failing("FIRN_OBJECT_PRECONDITION_FAILED"));
  const stale = { bucket, key: "k", ifMatch: eTag };
  await expect(objects.deleteObject(stale)).rejects.toEqual(
    failing("FIRN_OBJECT_PRECONDITION_FAILED"),
  );
  await objects.deleteObject({ bucket, key: "k", ifMatch: second.eTag });
  await objects.deleteObject({ bucket, key: "k" });
});

test("conditions of a read follow HTTP", async () => {
  const bucket = await newBucket();
  const { eTag } = await objects.putObject({ bucket, key: "k", body: text("v") });
  const { lastModified } = await objects.headObject({ bucket, key: "k" });
  const earlier = new Date(lastModified.getTime() - 5000);
  const head = (conditions: object): Promise<unknown> =>
    objects.headObject({ bucket, key: "k", ...conditions });
  const unchanged = failing("FIRN_OBJECT_NOT_MODIFIED");
  const refused = failing("FIRN_OBJECT_PRECONDITION_FAILED");
  await head({ ifMatch: eTag, ifUnmodifiedSince: earlier });
  await head({ ifNoneMatch: '"other"', ifModifiedSince: lastModified });
  await expect(head({ ifMatch: '"other"' })).rejects.toEqual(refused);
  await expect(head({ ifUnmodifiedSince: earlier })).rejects.toEqual(refused);
  await expect(head({ ifNoneMatch: `"x", ${eTag}` })).rejects.toEqual(unchanged);
  await expect(head({ ifModifiedSince: lastModified })).rejects.toEqual(unchanged);
});

test("overwriting, deleting and copying keep exactly the bytes that something names", async () => {
  const bucket = await newBucket();
  const bytes = randomBytes(200_000);
  await objects.putObject({ bucket, key: "a", body: bytes, metadata: { of: "a" } });
  const copy = { bucket, key: "b", sourceBucket: bucket, sourceKey: "a" };
  await objects.copyObject(copy);
  await objects.putObject({ bucket, key: "a", body: text("new") });
  await objects.deleteObject({ bucket, key: "a" });
  await expect(objects.copyObject(copy)).rejects.toEqual(failing("FIRN_OBJECT_NOT_FOUND"));
  const self = { ...copy, sourceKey: "b" };
  await expect(objects.copyObject(self)).rejects.toEqual(failing("FIRN_OBJECT_COPY_UNCHANGED"));
  await objects.copyObject({ ...self, metadataDirective: "REPLACE", metadata: { of: "b" } });
  const got = await objects.getObject({ bucket, key: "b" });
  expect(got.metadata).toEqual({ of: "b" });
  expect((await bytesOf(got.body)).equals(bytes)).toBe(true);
});

test("up to 1000 keys are deleted at once, those that cannot be are named", async () => {
  const bucket = await newBucket();
  const { eTag } = await objects.putObject({ bucket, key: "a", body: text("a") });
  await objects.putObject({ bucket, key: "b", body: text("b") });
  const result = await objects.deleteObjects({
    bucket,
    objects: [{ key: "a", eTag }, { key: "b", eTag }, { key: "none" }, { key: "x".repeat(1025) }],
  });
  expect(result.deleted).toEqual([{ key: "a" }, { key: "none" }]);
  expect(result.errors.map((one) => one.code)).toEqual([
    "FIRN_OBJECT_PRECONDITION_FAILED",
    "FIRN_OBJECT_KEY_TOO_LONG",
  ]);
});

test("listings show every key once, in byte order, over pages of any size", async () => {
  const bucket = await newBucket();
  const seed = Number(process.env["FIRN_SEED"] ?? 7);
  const random = new SeededRandom(seed);
  const names = new Set<string>();
  while (names.size < 120) {
    const length = 1 + random.below(5);
    names.add(Array.from({ length }, () => ["a", "/", "é", "😀", "Z"][random.below(5)]).join(""));
  }
  await Promise.all([...names].map((key) => objects.putObject({ bucket, key, body: text(key) })));
  const sorted = [...names].toSorted((a, b) => Buffer.compare(text(a), text(b)));
  for (const maxKeys of [1, 7, 1000]) {
    const listed: string[] = [];
    for await (const one of objects.listObjectsV2({ bucket, maxKeys })) listed.push(one.key);
    expect(listed, `seed ${seed}`).toEqual(sorted);
    const first: string[] = [];
    for await (const one of objects.listObjects({ bucket, maxKeys, marker: sorted[9] }))
      first.push(one.key);
    expect(first, `seed ${seed}`).toEqual(sorted.slice(10));
  }
  const pages = objects.listObjectsV2({ bucket, delimiter: "/", prefix: "a", maxKeys: 3 }).pages();
  const shown: string[] = [];
  for await (const page of pages) {
    expect(page.keyCount).toBeLessThanOrEqual(3);
    shown.push(...page.contents.map((one) => one.key), ...page.commonPrefixes);
  }
  const expected = sorted
    .filter((name) => name.startsWith("a"))
    .map((name) => /^a[^/]*\/?/u.exec(name)?.[0] ?? name);
  expect(new Set(shown)).toEqual(new Set(expected));
  expect(shown).toHaveLength(new Set(expected).size);
});

test("nothing works on a closed object store, and closing twice is fine", async () => {
  const own = await ObjectStore.open({ store });
  const scoped = own.in({ region: "eu-west-1" });
  await own.close();
  await own.close();
  await expect(scoped.createBucket({ bucket: "never" })).rejects.toEqual(
    failing("FIRN_OBJECTS_CLOSED"),
  );
});

test("what was acknowledged is there after the store was opened again", async () => {
  const path = await makeTemporaryDirectory();
  const bytes = randomBytes(500_000);
  let opened = await openStore({ directory: path });
  const before = await ObjectStore.open({ store: opened });
  await before.createBucket({ bucket: "kept" });
  await before.putObject({ bucket: "kept", key: "small", body: text("s") });
  await before.putObject({ bucket: "kept", key: "large", body: bytes });
  await opened.close();
  opened = await openStore({ directory: path });
  const after = await ObjectStore.open({ store: opened });
  const small = await after.getObject({ bucket: "kept", key: "small" });
  const large = await after.getObject({ bucket: "kept", key: "large" });
  expect(String(await bytesOf(small.body))).toBe("s");
  expect((await bytesOf(large.body)).equals(bytes)).toBe(true);
  await opened.close();
  await rm(path, { recursive: true });
});
