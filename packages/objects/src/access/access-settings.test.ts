import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "../object-store.ts";
import type { Grant } from "./access-types.ts";

const bucket = "access";
const OTHER = "111111111111";
const grant: Grant = { grantee: { group: "AllUsers" }, permission: "READ" };

let directory: string;
let store: Store;
let objects: ObjectStore;

async function reopen(): Promise<void> {
  await store.close();
  store = await openStore({ directory, ephemeral: true });
  objects = await ObjectStore.open({ store });
}

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket });
});
afterEach(() => store.close());

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

test("a new bucket is closed, unless it is made otherwise", async () => {
  expect(await objects.getBucketAccess({ bucket })).toMatchObject({
    owner: "000000000000",
    objectOwnership: "BucketOwnerEnforced",
    publicAccessBlock: { blockPublicAcls: true, restrictPublicBuckets: true },
    acl: undefined,
    policyStamp: undefined,
  });
  const open = { bucket: "open", objectOwnership: "none", publicAccessBlock: null } as const;
  await objects.createBucket({ ...open, acl: [grant] });
  expect(await objects.getBucketAccess({ bucket: "open" })).toMatchObject({
    objectOwnership: undefined,
    publicAccessBlock: undefined,
    acl: [grant],
  });
});

test("what a bucket has survives the process, and a removed thing stays removed", async () => {
  await objects.putBucketPolicy({ bucket, policy: "{}" });
  await objects.putBucketCors({
    bucket,
    rules: [{ allowedMethods: ["GET"], allowedOrigins: ["*"] }],
  });
  await objects.deletePublicAccessBlock({ bucket });
  await objects.deleteBucketOwnershipControls({ bucket });
  await reopen();
  expect(await objects.getBucketPolicy({ bucket })).toEqual({ policy: "{}", confirmed: false });
  expect(await objects.getBucketCors({ bucket })).toHaveLength(1);
  await expect(objects.getPublicAccessBlock({ bucket })).rejects.toMatchObject({
    code: "FIRN_BUCKET_ACCESS_BLOCK_NOT_FOUND",
  });
  await expect(objects.getBucketOwnershipControls({ bucket })).rejects.toMatchObject({
    code: "FIRN_BUCKET_OWNERSHIP_NOT_FOUND",
  });
  await objects.deleteBucketPolicy({ bucket });
  await objects.deleteBucketCors({ bucket });
  await expect(objects.getBucketPolicy({ bucket })).rejects.toMatchObject({
    code: "FIRN_BUCKET_POLICY_NOT_FOUND",
  });
  await expect(objects.getBucketCors({ bucket })).rejects.toMatchObject({
    code: "FIRN_BUCKET_CORS_NOT_FOUND",
  });
});

test("each policy has a stamp of its own, and a bucket of the same name another", async () => {
  const stamp = async (): Promise<string | undefined> =>
    (await objects.getBucketAccess({ bucket })).policyStamp;
  const stamps = new Set<string | undefined>();
  for (let i = 0; i < 2; i++) {
    await objects.putBucketPolicy({ bucket, policy: "{}" });
    stamps.add(await stamp());
    await objects.putBucketPolicy({ bucket, policy: "{}" });
    stamps.add(await stamp());
    await objects.deleteBucket({ bucket });
    await objects.createBucket({ bucket });
    expect(await stamp()).toBeUndefined();
  }
  expect(stamps.size).toBe(4);
});

test("a version keeps its owner and its list; a copy has its own", async () => {
  await objects.putBucketVersioning({ bucket, status: "Enabled" });
  const first = await objects.putObject({ bucket, key: "k", owner: OTHER, acl: [grant] });
  await objects.putObject({ bucket, key: "k" });
  await reopen();
  const { versionId } = first;
  expect(await objects.getObjectAccess({ bucket, key: "k", versionId })).toMatchObject({
    owner: OTHER,
    acl: [grant],
    eTag: first.eTag,
    versionId,
  });
  expect(await objects.getObjectAccess({ bucket, key: "k" })).toMatchObject({
    owner: "000000000000",
    acl: undefined,
  });
  await objects.putObjectAcl({ bucket, key: "k", acl: [] });
  expect((await objects.getObjectAccess({ bucket, key: "k" })).acl).toEqual([]);
  const source = { sourceBucket: bucket, sourceKey: "k", sourceVersionId: versionId };
  await objects.copyObject({ bucket, key: "copy", ...source });
  expect(await objects.getObjectAccess({ bucket, key: "copy" })).toMatchObject({
    owner: "000000000000",
    acl: undefined,
  });
  const [listed] = await all(objects.listObjectVersions({ bucket, prefix: "k" }));
  expect(listed).toMatchObject({ key: "k" });
});

test("an upload's owner is the object's, its initiator the account that began it", async () => {
  const theirs = objects.in({ accountId: OTHER });
  const { uploadId } = await theirs.createMultipartUpload({
    bucket,
    key: "k",
    owner: OTHER,
    acl: [grant],
  });
  const uploads = await all(objects.listMultipartUploads({ bucket }));
  expect(uploads).toMatchObject([{ owner: OTHER, initiator: OTHER }]);
  const upload = { bucket, key: "k", uploadId };
  const { eTag } = await theirs.uploadPart({ ...upload, partNumber: 1, body: Buffer.from("x") });
  await theirs.completeMultipartUpload({ ...upload, parts: [{ partNumber: 1, eTag }] });
  expect(await objects.getObjectAccess({ bucket, key: "k" })).toMatchObject({
    owner: OTHER,
    acl: [grant],
  });
});

test("what is not there has no access, and no list can be put on it", async () => {
  expect(await objects.findObjectAccess({ bucket, key: "none" })).toBeUndefined();
  await expect(objects.getObjectAccess({ bucket, key: "none" })).rejects.toMatchObject({
    code: "FIRN_OBJECT_NOT_FOUND",
  });
  await expect(objects.putObjectAcl({ bucket, key: "none", acl: [] })).rejects.toMatchObject({
    code: "FIRN_OBJECT_NOT_FOUND",
  });
  await expect(objects.findObjectAccess({ bucket: "none", key: "k" })).rejects.toMatchObject({
    code: "FIRN_BUCKET_NOT_FOUND",
  });
});

test("limits are told in clear errors", async () => {
  const acl = Array.from({ length: 101 }, () => grant);
  await expect(objects.putBucketAcl({ bucket, acl })).rejects.toMatchObject({
    code: "FIRN_OBJECT_ARGUMENT_INVALID",
  });
  const policy = "x".repeat(20 * 1024 + 1);
  await expect(objects.putBucketPolicy({ bucket, policy })).rejects.toMatchObject({
    code: "FIRN_OBJECT_ARGUMENT_INVALID",
  });
  await expect(objects.putBucketCors({ bucket, rules: [] })).rejects.toMatchObject({
    code: "FIRN_OBJECT_ARGUMENT_INVALID",
  });
});
