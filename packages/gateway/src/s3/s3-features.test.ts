import { createHmac, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { ListObjectVersionsOutput } from "@aws-sdk/client-s3";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createS3Service } from "./service.ts";

/** Through the JavaScript SDK: versions, parts, tags and configurations of buckets. */

const credentials = { accessKeyId: "AKIDFEATURES", secretAccessKey: "s3/features" };
const caller = testRoot(credentials.accessKeyId, { canonicalId: "b".repeat(64) });

let directory: string;
let store: Store;
let gateway: Gateway;
let s3: S3Client;
let endpoint: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  gateway = new Gateway({
    services: [createS3Service({ objects: await ObjectStore.open({ store }) })],
    ...gatewaySetup(store, [{ ...credentials, caller }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  endpoint = `http://127.0.0.1:${port}`;
  const region = "us-east-1";
  s3 = new S3Client({ endpoint, region, credentials, maxAttempts: 1, forcePathStyle: true });
});
afterAll(async () => {
  s3.destroy();
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});

async function newBucket(Bucket: string): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

async function enableVersions(Bucket: string): Promise<void> {
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
}

test("versions are kept, read by id, hidden by delete markers and listed", async () => {
  const Bucket = await newBucket("versions");
  const before = await s3.send(new GetBucketVersioningCommand({ Bucket }));
  expect(before.Status).toBeUndefined();
  await enableVersions(Bucket);
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe("Enabled");
  const Key = "a key/ü";
  const one = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "one" }));
  const two = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "two!" }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head.VersionId).toBe(two.VersionId);
  const older = new GetObjectCommand({ Bucket, Key, VersionId: one.VersionId });
  expect(await (await s3.send(older)).Body?.transformToString()).toBe("one");
  const marked = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  expect(marked.DeleteMarker).toBe(true);
  const hidden = s3.send(new GetObjectCommand({ Bucket, Key }));
  await expect(hidden).rejects.toMatchObject({
    name: "NoSuchKey",
    $response: {
      headers: { "x-amz-delete-marker": "true", "x-amz-version-id": marked.VersionId },
    },
  });
  const marker = new GetObjectCommand({ Bucket, Key, VersionId: marked.VersionId });
  await expect(s3.send(marker)).rejects.toMatchObject({
    name: "MethodNotAllowed",
    $response: { headers: { "x-amz-delete-marker": "true", allow: "DELETE" } },
  });
  const CopySource = `${Bucket}/${encodeURIComponent(Key)}?versionId=${one.VersionId}`;
  const copied = await s3.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
  expect(copied.CopySourceVersionId).toBe(one.VersionId);
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket, EncodingType: "url" }));
  expect(listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
    [copied.VersionId, true],
    [two.VersionId, false],
    [one.VersionId, false],
  ]);
  expect(listed.DeleteMarkers?.map(({ VersionId }) => VersionId)).toEqual([marked.VersionId]);
});

test("listings of versions go on behind their markers, and DeleteObjects empties the bucket", async () => {
  const Bucket = await newBucket("emptied");
  await enableVersions(Bucket);
  for (const Key of ["a", "b", "a"])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "b" }] } }));
  const found: { Key: string; VersionId: string }[] = [];
  let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (markers !== undefined) {
    const asked = { Bucket, MaxKeys: 1, ...markers };
    const page: ListObjectVersionsOutput = await s3.send(new ListObjectVersionsCommand(asked));
    for (const { Key = "", VersionId = "" } of [
      ...(page.Versions ?? []),
      ...(page.DeleteMarkers ?? []),
    ]) {
      found.push({ Key, VersionId });
    }
    const { NextKeyMarker = "", NextVersionIdMarker = "" } = page;
    markers = page.IsTruncated
      ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
      : undefined;
  }
  expect(found.map(({ Key }) => Key)).toEqual(["a", "a", "b", "b"]);
  const deleting = s3.send(new DeleteBucketCommand({ Bucket }));
  await expect(deleting).rejects.toMatchObject({ name: "BucketNotEmpty" });
  const { Deleted } = await s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: found } }),
  );
  expect(Deleted?.filter(({ DeleteMarker }) => DeleteMarker)).toEqual([
    { ...found[2], DeleteMarker: true, DeleteMarkerVersionId: found[2]?.VersionId },
  ]);
  await s3.send(new DeleteBucketCommand({ Bucket }));
});

/** As boto3 and version 1 of the AWS command line presign by default. */
function presignedByVersion2(path: string, method: "GET" | "PUT"): string {
  const expires = 4_000_000_000;
  const text = `${method}\n\n\n${expires}\n${path}`;
  const signature = createHmac("sha1", credentials.secretAccessKey).update(text).digest("base64");
  const query = { AWSAccessKeyId: credentials.accessKeyId, Signature: signature };
  return `${endpoint}${path}?${new URLSearchParams({ ...query, Expires: `${expires}` })}`;
}

test("a URL presigned with Signature Version 2 writes and reads what it names", async () => {
  const Bucket = await newBucket("second-version");
  const url = presignedByVersion2(`/${Bucket}/k`, "PUT");
  const body = Buffer.from("by a presigned URL");
  expect((await fetch(url, { method: "PUT", body })).status).toBe(200);
  const read = await fetch(presignedByVersion2(`/${Bucket}/k`, "GET"));
  expect(await read.text()).toBe("by a presigned URL");
  const refused = await fetch(url, { method: "DELETE" });
  expect([refused.status, await refused.text()]).toEqual([
    403,
    expect.stringContaining("SignatureDoesNotMatch"),
  ]);
});

test("parts are copied from objects, read by number and told of", async () => {
  const Bucket = await newBucket("copied-parts");
  const body = randomBytes(5 * 1024 ** 2);
  await s3.send(new PutObjectCommand({ Bucket, Key: "source", Body: body }));
  const Key = "target";
  const begun = { Bucket, Key, ChecksumAlgorithm: "SHA256" } as const;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(begun));
  const copy = { Bucket, Key, UploadId, CopySource: `${Bucket}/source` };
  const one = await s3.send(new UploadPartCopyCommand({ ...copy, PartNumber: 1 }));
  const ranged = { ...copy, PartNumber: 2, CopySourceRange: "bytes=0-99" };
  const two = await s3.send(new UploadPartCopyCommand(ranged));
  const Parts = [one, two].map(({ CopyPartResult }, index) => ({
    PartNumber: index + 1,
    ETag: CopyPartResult?.ETag,
    ChecksumSHA256: CopyPartResult?.ChecksumSHA256,
  }));
  const completed = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  const made = await s3.send(new CompleteMultipartUploadCommand(completed));
  const part = await s3.send(
    new GetObjectCommand({ Bucket, Key, PartNumber: 2, ChecksumMode: "ENABLED" }),
  );
  const bytes = Buffer.from((await part.Body?.transformToByteArray()) ?? []);
  expect(bytes.equals(body.subarray(0, 100))).toBe(true);
  const { ETag } = made;
  const { ChecksumSHA256 } = Parts[1] ?? {};
  expect(part).toMatchObject({ PartsCount: 2, ETag, ChecksumSHA256 });
  const attributes = await s3.send(
    new GetObjectAttributesCommand({
      ...{ Bucket, Key },
      ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"],
    }),
  );
  expect(attributes).toMatchObject({
    ETag: made.ETag?.slice(1, -1),
    Checksum: { ChecksumSHA256: made.ChecksumSHA256, ChecksumType: "COMPOSITE" },
    ObjectParts: {
      TotalPartsCount: 2,
      Parts: [
        { PartNumber: 1, Size: body.length, ChecksumSHA256: Parts[0]?.ChecksumSHA256 },
        { PartNumber: 2, Size: 100, ChecksumSHA256: Parts[1]?.ChecksumSHA256 },
      ],
    },
    StorageClass: "STANDARD",
    ObjectSize: body.length + 100,
  });
});

test("objects and versions have tags, which are counted, copied and replaced", async () => {
  const Bucket = await newBucket("tagged");
  await enableVersions(Bucket);
  const Key = "k";
  const tagging = async (VersionId?: string): Promise<Record<string, string | undefined>> => {
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
    return Object.fromEntries(TagSet.map(({ Key: name = "", Value }) => [name, Value]));
  };
  const put = { Bucket, Key, Body: "x", Tagging: "b=2&a=%C3%BC%20+&empty" };
  const one = await s3.send(new PutObjectCommand(put));
  expect(await tagging()).toEqual({ a: "ü  ", b: "2", empty: "" });
  expect((await s3.send(new GetObjectCommand({ Bucket, Key }))).TagCount).toBe(3);
  const two = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "y" }));
  expect(await tagging()).toEqual({});
  const replaced = { TagSet: [{ Key: "only", Value: "this" }] };
  const old = { Bucket, Key, VersionId: one.VersionId };
  const put2 = await s3.send(new PutObjectTaggingCommand({ ...old, Tagging: replaced }));
  expect(put2.VersionId).toBe(one.VersionId);
  expect(await tagging(one.VersionId)).toEqual({ only: "this" });
  expect(await tagging(two.VersionId)).toEqual({});
  const CopySource = `${Bucket}/${Key}?versionId=${one.VersionId}`;
  await s3.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
  expect(await tagging()).toEqual({ only: "this" });
  const other = { TaggingDirective: "REPLACE", Tagging: "c=3" } as const;
  await s3.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...other }));
  expect(await tagging()).toEqual({ c: "3" });
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key }));
  expect(await tagging()).toEqual({});
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).TagCount).toBeUndefined();
  const TagSet = Array.from({ length: 11 }, (_, at) => ({ Key: `${at}`, Value: "v" }));
  const tooMany = s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
  await expect(tooMany).rejects.toMatchObject({ name: "InvalidTag" });
});

test("buckets have tags, and objects uploaded in parts those of their upload", async () => {
  const Bucket = await newBucket("tagged-bucket");
  const TagSet = [{ Key: "team", Value: "ice" }];
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  const found = await s3.send(new GetBucketTaggingCommand({ Bucket }));
  expect(found.TagSet).toEqual(TagSet);
  await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
  const none = s3.send(new GetBucketTaggingCommand({ Bucket }));
  await expect(none).rejects.toMatchObject({ name: "NoSuchTagSet" });
  const begun = { Bucket, Key: "parts", Tagging: "a=1" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(begun));
  const part = { Bucket, Key: "parts", UploadId, PartNumber: 1, Body: "x" };
  const { ETag } = await s3.send(new UploadPartCommand(part));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const completed = { Bucket, Key: "parts", UploadId, MultipartUpload };
  await s3.send(new CompleteMultipartUploadCommand(completed));
  const tags = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "parts" }));
  expect(tags.TagSet).toEqual([{ Key: "a", Value: "1" }]);
});
