import { createHmac, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { ListObjectVersionsOutput } from "@aws-sdk/client-s3";
import { RealClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../frame/context.ts";
import { Gateway } from "../frame/gateway.ts";
import { createS3Service } from "./service.ts";

/** Through the JavaScript SDK: versions, parts, tags and configurations of buckets. */

const credentials = { accessKeyId: "AKIDFEATURES", secretAccessKey: "s3/features" };
const caller: Caller = {
  accountId: "000000000000",
  arn: "arn:aws:iam::000000000000:root",
  accessKeyId: credentials.accessKeyId,
  canonicalId: "b".repeat(64),
  displayName: "root",
  isRoot: true,
};

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
    auth: {
      mode: "on",
      root: caller,
      credentials: (id) =>
        id === credentials.accessKeyId ? { ...credentials, caller } : undefined,
    },
    clock: store.clock,
    advanceClock: (byMs) => store.advanceClock(byMs),
    realClock: new RealClock(),
    random: new SeededRandom(2),
    health: () => ({ status: "ok" }),
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
  const part = await s3.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
  const bytes = Buffer.from((await part.Body?.transformToByteArray()) ?? []);
  expect(bytes.equals(body.subarray(0, 100))).toBe(true);
  expect(part).toMatchObject({ PartsCount: 2, ETag: made.ETag });
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
