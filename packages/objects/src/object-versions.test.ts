import { rm } from "node:fs/promises";
import { ManualClock, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "./object-store.ts";

let store: Store;
let objects: ObjectStore;
let directory: string;
let bucket: string;
let count = 0;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  // A clock that stands still: order must not come from the time alone.
  const clock = new ManualClock(Date.UTC(2026, 10, 24));
  store = await openStore({ directory, ephemeral: true, clock });
  objects = await ObjectStore.open({ store });
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  bucket = `versions-${count++}`;
  await objects.createBucket({ bucket });
});

const failing = (code: string, detail?: object): unknown =>
  expect.objectContaining({ code, ...(detail && { detail: expect.objectContaining(detail) }) });

async function put(key: string, text: string): Promise<string | undefined> {
  return (await objects.putObject({ bucket, key, body: Buffer.from(text) })).versionId;
}

async function read(key: string, versionId?: string): Promise<string> {
  const { body } = await objects.getObject({ bucket, key, versionId });
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

const enable = (): Promise<void> => objects.putBucketVersioning({ bucket, status: "Enabled" });

test("a bucket begins without versions, and its objects have none to show", async () => {
  expect(await objects.getBucketVersioning({ bucket })).toEqual({ status: undefined });
  expect(await put("k", "one")).toBeUndefined();
  expect((await objects.headObject({ bucket, key: "k" })).versionId).toBeUndefined();
  expect(await objects.deleteObject({ bucket, key: "k" })).toEqual({});
});

test("what was written before versioning stays as the null version", async () => {
  await put("k", "before");
  await enable();
  const versionId = await put("k", "after");
  expect(await read("k")).toBe("after");
  expect(await read("k", "null")).toBe("before");
  expect(await read("k", versionId)).toBe("after");
});

test("a suspended bucket writes over the null version only", async () => {
  await enable();
  const kept = await put("k", "kept");
  await objects.putBucketVersioning({ bucket, status: "Suspended" });
  expect(await put("k", "null 1")).toBe("null");
  expect(await put("k", "null 2")).toBe("null");
  await enable();
  const newest = await put("k", "newest");
  await objects.putBucketVersioning({ bucket, status: "Suspended" });
  expect(await objects.deleteObject({ bucket, key: "k" })).toEqual({
    versionId: "null",
    deleteMarker: true,
  });
  const listed = [];
  for await (const one of objects.listObjectVersions({ bucket })) listed.push(one);
  expect(listed.map(({ versionId, deleteMarker }) => [versionId, deleteMarker])).toEqual([
    ["null", true],
    [newest, false],
    [kept, false],
  ]);
});

test("a delete marker hides the object until the marker itself is deleted", async () => {
  await enable();
  await put("k", "there");
  const { versionId } = await objects.deleteObject({ bucket, key: "k" });
  const marker = { deleteMarker: true, versionId };
  await expect(read("k")).rejects.toEqual(failing("FIRN_OBJECT_NOT_FOUND", marker));
  await expect(read("k", versionId)).rejects.toEqual(failing("FIRN_OBJECT_DELETE_MARKER", marker));
  const { contents } = (await objects.listObjectsV2({ bucket }).pages().next()).value ?? {};
  expect(contents).toEqual([]);
  expect(await objects.deleteObject({ bucket, key: "k", versionId })).toEqual(marker);
  expect(await read("k")).toBe("there");
});

test("conditions take a delete marker for no object", async () => {
  await enable();
  await put("k", "there");
  const body = Buffer.from("again");
  const unless = { bucket, key: "k", body, ifNoneMatch: "*" };
  await expect(objects.putObject(unless)).rejects.toEqual(
    failing("FIRN_OBJECT_PRECONDITION_FAILED"),
  );
  await objects.deleteObject({ bucket, key: "k" });
  await objects.putObject(unless);
  expect(await read("k")).toBe("again");
});

test("a version that never was is not found, and what cannot be one is refused", async () => {
  await enable();
  await put("k", "there");
  const versionId = "0".repeat(32);
  await expect(read("k", versionId)).rejects.toEqual(failing("FIRN_OBJECT_VERSION_NOT_FOUND"));
  await expect(read("k", "null")).rejects.toEqual(failing("FIRN_OBJECT_VERSION_NOT_FOUND"));
  await expect(read("k", "no")).rejects.toEqual(failing("FIRN_OBJECT_VERSION_INVALID"));
  await objects.deleteObject({ bucket, key: "k", versionId });
  expect(await read("k")).toBe("there");
});

test("an older version copied over its own key is current again", async () => {
  await enable();
  const sourceVersionId = await put("k", "old");
  await put("k", "new");
  const source = { sourceBucket: bucket, sourceKey: "k", sourceVersionId };
  const copied = await objects.copyObject({ bucket, key: "k", ...source });
  expect(copied.copySourceVersionId).toBe(sourceVersionId);
  expect(await read("k")).toBe("old");
  const { versionId } = await objects.deleteObject({ bucket, key: "k" });
  const marker = { ...source, sourceVersionId: versionId };
  await expect(objects.copyObject({ bucket, key: "c", ...marker })).rejects.toEqual(
    failing("FIRN_OBJECT_REQUEST_INVALID"),
  );
});

test("of many writers of a new key in a versioned bucket one wins", async () => {
  await enable();
  const unless = { bucket, key: "k", body: Buffer.from("x"), ifNoneMatch: "*" };
  const all = await Promise.allSettled(Array.from({ length: 64 }, () => objects.putObject(unless)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("versions are listed with prefix, delimiter and markers, NUL in keys included", async () => {
  await enable();
  const keys = ["a", "a\u0000", "a\u0000\u0000b", "a/1", "a/2", "b"];
  for (const key of keys) await put(key, "1");
  for (const key of keys.toReversed()) await put(key, "2");
  await objects.deleteObject({ bucket, key: "a/1" });
  const listed: string[] = [];
  const markers: (string | undefined)[] = [];
  const request = { bucket, prefix: "a", delimiter: "/", maxKeys: 2 };
  for await (const page of objects.listObjectVersions(request).pages()) {
    listed.push(...page.versions.map(({ key }) => key), ...page.commonPrefixes);
    markers.push(page.nextKeyMarker);
  }
  const twice = ["a", "a\u0000", "a\u0000\u0000b"].flatMap((key) => [key, key]);
  expect(listed).toEqual([...twice, "a/"]);
  expect(markers).toEqual(["a", "a\u0000", "a\u0000\u0000b", undefined]);
  const alone = { bucket, versionIdMarker: "0".repeat(32) };
  await expect(objects.listObjectVersions(alone).pages().next()).rejects.toEqual(
    failing("FIRN_OBJECT_ARGUMENT_INVALID"),
  );
});

test("deletes of one call see what the ones before them have done", async () => {
  await enable();
  const one = await put("k", "one");
  const two = await put("k", "two");
  const named = { key: "k", versionId: two };
  const { eTag } = await objects.headObject({ bucket, key: "k", versionId: one });
  const { deleted, errors } = await objects.deleteObjects({
    bucket,
    // Only with the newest gone has the current object this ETag.
    objects: [named, { key: "k", eTag }, { key: "k", eTag }],
  });
  expect(deleted).toEqual([named, expect.objectContaining({ key: "k", deleteMarker: true })]);
  expect(errors).toMatchObject([{ key: "k", code: "FIRN_OBJECT_NOT_FOUND" }]);
  await expect(read("k")).rejects.toEqual(failing("FIRN_OBJECT_NOT_FOUND"));
  expect(await read("k", one)).toBe("one");
});

test("tags belong to a version, and changing them changes nothing else of it", async () => {
  const tagged = { bucket, key: "k", body: Buffer.from("x"), tags: { b: "2", a: "1" } };
  await objects.putObject(tagged);
  const before = await objects.headObject({ bucket, key: "k" });
  expect(before.tagCount).toBe(2);
  await enable();
  await put("k", "newer");
  const versionId = "null";
  expect(await objects.getObjectTagging({ bucket, key: "k", versionId })).toEqual({
    tags: { a: "1", b: "2" },
    versionId,
  });
  await objects.putObjectTagging({ bucket, key: "k", versionId, tags: { c: "3" } });
  const after = await objects.headObject({ bucket, key: "k", versionId });
  expect(after).toEqual({ ...before, versionId, tagCount: 1 });
  expect(await read("k", versionId)).toBe("x");
  expect((await objects.getObjectTagging({ bucket, key: "k" })).tags).toEqual({});
  await objects.deleteObjectTagging({ bucket, key: "k", versionId });
  expect((await objects.getObjectTagging({ bucket, key: "k", versionId })).tags).toEqual({});
  const marker = await objects.deleteObject({ bucket, key: "k" });
  const onMarker = { bucket, key: "k", versionId: marker.versionId, tags: {} };
  await expect(objects.putObjectTagging(onMarker)).rejects.toEqual(
    failing("FIRN_OBJECT_DELETE_MARKER"),
  );
  await expect(objects.deleteObjectTagging({ bucket, key: "none" })).rejects.toEqual(
    failing("FIRN_OBJECT_NOT_FOUND"),
  );
});

test.each([
  ["more than ten", Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`${at}`, ""]))],
  ["an empty name", { "": "x" }],
  ["a name of 129 characters", { ["n".repeat(129)]: "" }],
  ["a value of 257 characters", { n: "v".repeat(257) }],
  ["a character that S3 does not take", { n: "<" }],
  ["a name of AWS's own", { "aws:n": "" }],
])("tags with %s are refused", async (_, tags) => {
  const tagged = objects.putObject({ bucket, key: "k", tags });
  await expect(tagged).rejects.toEqual(failing("FIRN_TAG_INVALID"));
});
