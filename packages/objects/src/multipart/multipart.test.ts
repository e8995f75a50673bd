import { createHash, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Digests } from "../checksum/checksum.ts";
import type { CompletedPart } from "../multipart-types.ts";
import { ObjectStore } from "../object-store.ts";

const MIB = 1024 ** 2;
const bucket = "parts";
let directory: string;
let store: Store;
let objects: ObjectStore;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket });
});
afterAll(async () => {
  await objects.close();
  await store.close();
  await rm(directory, { recursive: true });
});

const failing = (code: string): unknown => expect.objectContaining({ code });
const md5 = (bytes: Uint8Array): Buffer => createHash("md5").update(bytes).digest();

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
  readonly parts: CompletedPart[];
}

async function upload(
  key: string,
  bodies: readonly Uint8Array[],
  algorithm?: "CRC32",
): Promise<Upload> {
  const { uploadId } = await objects.createMultipartUpload({
    bucket,
    key,
    checksumAlgorithm: algorithm,
    metadata: { from: "create" },
  });
  const parts: CompletedPart[] = [];
  for (const [index, body] of bodies.entries()) {
    const partNumber = index + 1;
    const { eTag, checksum } = await objects.uploadPart({
      bucket,
      key,
      uploadId,
      partNumber,
      body,
    });
    parts.push({ partNumber, eTag, checksum: checksum?.value });
  }
  return { key, uploadId, parts };
}

test("parts become one object whose ETag is the MD5 of theirs; ranges cross them", async () => {
  const bodies = [randomBytes(5 * MIB), randomBytes(5 * MIB + 1), randomBytes(77)];
  const whole = Buffer.concat(bodies);
  const { parts, ...begun } = await upload("whole", bodies);
  const made = await objects.completeMultipartUpload({ bucket, ...begun, parts });
  const etag = createHash("md5")
    .update(Buffer.concat(bodies.map(md5)))
    .digest("hex");
  expect(made).toMatchObject({ eTag: `"${etag}-3"`, size: whole.length });
  const got = await objects.getObject({ bucket, key: "whole" });
  expect((await bytesOf(got.body)).equals(whole)).toBe(true);
  expect(got).toMatchObject({ partsCount: 3, metadata: { from: "create" } });
  const range = `bytes=${5 * MIB - 10}-${10 * MIB + 20}`;
  const middle = await objects.getObject({ bucket, key: "whole", range });
  expect((await bytesOf(middle.body)).equals(whole.subarray(5 * MIB - 10, 10 * MIB + 21))).toBe(
    true,
  );
  // A second time it answers the same; a copy and its source let go of their bytes apart.
  expect(await objects.completeMultipartUpload({ bucket, ...begun, parts })).toEqual(made);
  await objects.copyObject({ bucket, key: "copy", sourceBucket: bucket, sourceKey: "whole" });
  await objects.deleteObject({ bucket, key: "whole" });
  const copied = await objects.getObject({ bucket, key: "copy" });
  expect((await bytesOf(copied.body)).equals(whole)).toBe(true);
  await expect(objects.completeMultipartUpload({ bucket, ...begun, parts })).rejects.toEqual(
    failing("FIRN_UPLOAD_NOT_FOUND"),
  );
});

test("a part uploaded again replaces the first, and parts not named are dropped", async () => {
  const { parts, ...begun } = await upload("again", [Buffer.from("1"), Buffer.from("2")]);
  const second = { bucket, ...begun, partNumber: 2, body: Buffer.from("two") };
  const { eTag } = await objects.uploadPart(second);
  const named = [{ partNumber: 2, eTag }];
  const stale = [{ partNumber: 2, eTag: parts[1]?.eTag ?? "" }];
  await expect(objects.completeMultipartUpload({ bucket, ...begun, parts: stale })).rejects.toEqual(
    failing("FIRN_UPLOAD_PART_INVALID"),
  );
  await objects.completeMultipartUpload({ bucket, ...begun, parts: named });
  const got = await objects.getObject({ bucket, key: "again" });
  expect(String(await bytesOf(got.body))).toBe("two");
});

test("parts that are none, unordered, unknown or too small complete nothing", async () => {
  const { parts, ...begun } = await upload("bad", [Buffer.from("1"), Buffer.from("2")]);
  const complete = (listed: CompletedPart[]): Promise<unknown> =>
    objects.completeMultipartUpload({ bucket, ...begun, parts: listed });
  const unknown = { partNumber: 9, eTag: '"00"' };
  await expect(complete([])).rejects.toEqual(failing("FIRN_UPLOAD_PARTS_MISSING"));
  await expect(complete(parts.toReversed())).rejects.toEqual(failing("FIRN_UPLOAD_PART_ORDER"));
  await expect(complete([unknown])).rejects.toEqual(failing("FIRN_UPLOAD_PART_INVALID"));
  await expect(complete(parts)).rejects.toEqual(failing("FIRN_UPLOAD_PART_TOO_SMALL"));
  await expect(objects.headObject({ bucket, key: "bad" })).rejects.toEqual(
    failing("FIRN_OBJECT_NOT_FOUND"),
  );
  await objects.abortMultipartUpload({ bucket, ...begun });
  await expect(complete(parts)).rejects.toEqual(failing("FIRN_UPLOAD_NOT_FOUND"));
  const late = { bucket, ...begun, partNumber: 1, body: Buffer.from("late") };
  await expect(objects.uploadPart(late)).rejects.toEqual(failing("FIRN_UPLOAD_NOT_FOUND"));
});

test("a full-object CRC is that of the bytes, a composite one that of parts' CRCs", async () => {
  const digests = await Digests.open();
  const bodies = [randomBytes(5 * MIB), randomBytes(1000)];
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const { parts, ...begun } = await upload("composite", bodies, "CRC32");
  const made = await objects.completeMultipartUpload({ bucket, ...begun, parts });
  const crcs = Buffer.concat(bodies.map((body) => digests.of("CRC32", body)));
  const composite = `${base64(digests.of("CRC32", crcs))}-2`;
  expect(made.checksum).toEqual({ algorithm: "CRC32", type: "COMPOSITE", value: composite });

  const full = { bucket, key: "full", checksumAlgorithm: "CRC64NVME" } as const;
  const { uploadId, checksumType } = await objects.createMultipartUpload(full);
  expect(checksumType).toBe("FULL_OBJECT");
  const eTags = await Promise.all(
    bodies.map(async (body, index) => {
      const part = await objects.uploadPart({ ...full, uploadId, partNumber: index + 1, body });
      return { partNumber: index + 1, eTag: part.eTag };
    }),
  );
  const value = base64(digests.of("CRC64NVME", Buffer.concat(bodies)));
  const complete = (expected: string): Promise<{ checksum?: unknown }> =>
    objects.completeMultipartUpload({
      ...full,
      uploadId,
      parts: eTags,
      checksum: { algorithm: "CRC64NVME", value: expected },
    });
  await expect(complete("AAAAAAAAAAA=")).rejects.toEqual(failing("FIRN_OBJECT_CHECKSUM_MISMATCH"));
  expect((await complete(value)).checksum).toMatchObject({ type: "FULL_OBJECT", value });
});

test("checksum types that cannot be computed are refused", async () => {
  const create = (
    checksumAlgorithm: "SHA1" | "CRC64NVME",
    checksumType: "FULL_OBJECT" | "COMPOSITE",
  ): Promise<unknown> =>
    objects.createMultipartUpload({ bucket, key: "k", checksumAlgorithm, checksumType });
  await expect(create("SHA1", "FULL_OBJECT")).rejects.toEqual(failing("FIRN_UPLOAD_CHECKSUM_TYPE"));
  await expect(create("CRC64NVME", "COMPOSITE")).rejects.toEqual(
    failing("FIRN_UPLOAD_CHECKSUM_TYPE"),
  );
});

test("parts and uploads are listed in pages, uploads by key and then by age", async () => {
  const own = "listed-uploads";
  await objects.createBucket({ bucket: own });
  const ids: string[] = [];
  for (const key of ["b/2", "a", "a", "b/1", "c"]) {
    ids.push((await objects.createMultipartUpload({ bucket: own, key })).uploadId);
  }
  const shown: string[] = [];
  for await (const one of objects.listMultipartUploads({ bucket: own, maxUploads: 1 })) {
    shown.push(one.key);
  }
  expect(shown).toEqual(["a", "a", "b/1", "b/2", "c"]);
  const names: string[] = [];
  const grouped = { bucket: own, delimiter: "/", maxUploads: 1 };
  for await (const page of objects.listMultipartUploads(grouped).pages()) {
    names.push(...page.uploads.map((one) => one.key), ...page.commonPrefixes);
  }
  expect(names).toEqual(["a", "a", "b/", "c"]);
  const begun = { bucket: own, key: "c", uploadId: ids[4] ?? "" };
  for (const partNumber of [3, 1, 10_000]) {
    await objects.uploadPart({ ...begun, partNumber, body: Buffer.from("x") });
  }
  const numbers: number[] = [];
  for await (const part of objects.listParts({ ...begun, maxParts: 2 }))
    numbers.push(part.partNumber);
  expect(numbers).toEqual([1, 3, 10_000]);
});

test("an object of one piece becomes a part without its bytes being read", async () => {
  const body = randomBytes(5 * MIB);
  const { eTag } = await objects.putObject({ bucket, key: "piece", body });
  const { uploadId } = await objects.createMultipartUpload({ bucket, key: "of-copies" });
  const staged = vi.spyOn(store.blobs, "stage");
  const source = { sourceBucket: bucket, sourceKey: "piece" };
  const target = { bucket, key: "of-copies", uploadId };
  const first = await objects.uploadPartCopy({ ...target, ...source, partNumber: 1 });
  expect(first.eTag).toBe(eTag);
  expect(staged).not.toHaveBeenCalled();
  staged.mockRestore();
  const copySourceRange = "bytes=10-1009";
  const ranged = { ...target, ...source, partNumber: 2, copySourceRange };
  const second = await objects.uploadPartCopy(ranged);
  expect(second).toMatchObject({
    eTag: `"${md5(body.subarray(10, 1010)).toString("hex")}"`,
    size: 1000,
  });
  // The source may go: the part has a reference of its own.
  await objects.deleteObject({ bucket, key: "piece" });
  const parts = [first, second].map((part, index) => ({ partNumber: index + 1, eTag: part.eTag }));
  await objects.completeMultipartUpload({ ...target, parts });
  const { body: whole } = await objects.getObject({ bucket, key: "of-copies" });
  const expected = Buffer.concat([body, body.subarray(10, 1010)]);
  expect((await bytesOf(whole)).equals(expected)).toBe(true);
});

test("a copied part has the checksum of its upload, and what cannot be copied is refused", async () => {
  const body = Buffer.from("0123456789");
  await objects.putObject({ bucket, key: "digits", body });
  const key = "checked-copies";
  const begun = { bucket, key, checksumAlgorithm: "CRC32" } as const;
  const { uploadId } = await objects.createMultipartUpload(begun);
  const source = { sourceBucket: bucket, sourceKey: "digits" };
  const copy = (options: object): ReturnType<ObjectStore["uploadPartCopy"]> =>
    objects.uploadPartCopy({ bucket, key, uploadId, partNumber: 1, ...source, ...options });
  const crc32 = (await Digests.open()).of("CRC32", body);
  const value = Buffer.from(crc32).toString("base64");
  expect((await copy({})).checksum).toEqual({ algorithm: "CRC32", value });
  const refused: [object, string][] = [
    [{ copySourceRange: "bytes=0-10" }, "FIRN_OBJECT_RANGE_INVALID"],
    [{ copySourceRange: "bytes=0-" }, "FIRN_OBJECT_ARGUMENT_INVALID"],
    [{ copySource: { ifMatch: "no" } }, "FIRN_OBJECT_PRECONDITION_FAILED"],
    [{ sourceKey: "nothing" }, "FIRN_OBJECT_NOT_FOUND"],
    [{ partNumber: 0 }, "FIRN_OBJECT_ARGUMENT_INVALID"],
    [{ uploadId: "none" }, "FIRN_UPLOAD_NOT_FOUND"],
  ];
  for (const [options, code] of refused) {
    await expect(copy(options)).rejects.toEqual(failing(code));
  }
});

test("a part of an object is read by its number, and all parts are told of", async () => {
  const bodies = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(9)];
  const { parts, ...begun } = await upload("by-number", bodies, "CRC32");
  await objects.completeMultipartUpload({ bucket, ...begun, parts });
  const { body, ...head } = await objects.getObject({ bucket, key: "by-number", partNumber: 2 });
  expect((await bytesOf(body)).equals(bodies[1] ?? Buffer.alloc(0))).toBe(true);
  const range = `bytes ${5 * MIB}-${10 * MIB - 1}/${10 * MIB + 9}`;
  const checksum = { algorithm: "CRC32", type: "COMPOSITE", value: parts[1]?.checksum };
  expect(head).toMatchObject({ contentRange: range, partsCount: 3, checksum });
  const one = { bucket, key: "by-number", maxParts: 1, partNumberMarker: 2 };
  const { objectParts } = await objects.getObjectAttributes(one);
  expect(objectParts).toEqual({
    totalPartsCount: 3,
    parts: [{ partNumber: 3, size: 9, checksum: parts[2]?.checksum }],
    maxParts: 1,
    partNumberMarker: 2,
    nextPartNumberMarker: 3,
    isTruncated: false,
  });
  const beyond = objects.headObject({ bucket, key: "by-number", partNumber: 4 });
  await expect(beyond).rejects.toEqual(failing("FIRN_UPLOAD_PART_INVALID"));
});
