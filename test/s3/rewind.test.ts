import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** A bucket as it was, through an SDK client that names a time. */

const HOUR_MS = 3_600_000;
const Bucket = "rewound";

let served: ServedS3;

beforeAll(async () => {
  served = await serveS3({ clockMode: { kind: "manual" } });
});
afterAll(() => served.close());

/** A client whose every request is about that time. */
function clientAt(at: string, credentials = served.firn.rootCredentials): S3Client {
  const { endpoint } = served;
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-firn-at"] = at;
      return next(args);
    },
    { step: "build" },
  );
  return client;
}

test("clients read a bucket as of a time, and root restores it into another one", async () => {
  const { s3, firn } = served;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const none = clientAt(new Date(firn.store.clock.now()).toISOString());
  const list = new ListObjectsV2Command({ Bucket });
  await expect(none.send(list)).rejects.toMatchObject({ name: "InvalidBucketState" });
  await firn.objects.putBucketRewind({ bucket: Bucket, windowMs: 48 * HOUR_MS });
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  await put("a", "one");
  const then = new Date(firn.store.clock.now()).toISOString();
  await firn.store.advanceClock(HOUR_MS);
  await put("a", "two");
  await put("b", "late");
  const past = clientAt(then);
  const { Body } = await past.send(new GetObjectCommand({ Bucket, Key: "a" }));
  expect(await Body?.transformToString()).toBe("one");
  expect((await past.send(new HeadObjectCommand({ Bucket, Key: "a" }))).ContentLength).toBe(3);
  expect((await past.send(list)).Contents?.map(({ Key }) => Key)).toEqual(["a"]);
  const listed = await past.send(new ListObjectsCommand({ Bucket }));
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(["a"]);
  const versions = await past.send(new ListObjectVersionsCommand({ Bucket }));
  expect(versions.Versions).toHaveLength(1);
  const tags = await past.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }));
  expect(tags.TagSet).toEqual([]);
  await expect(past.send(new GetObjectCommand({ Bucket, Key: "b" }))).rejects.toMatchObject({
    name: "NoSuchKey",
  });
  const write = past.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  await expect(write).rejects.toMatchObject({ name: "InvalidRequest" });
  await expect(clientAt("yesterday").send(list)).rejects.toMatchObject({ name: "InvalidArgument" });
  const before = clientAt("2001-01-01T00:00:00Z").send(list);
  await expect(before).rejects.toMatchObject({ name: "InvalidArgument" });

  const request = { bucket: Bucket, time: new Date(then), targetBucket: "as-it-was" };
  expect(await firn.objects.restoreBucket(request)).toMatchObject({ versionCount: 1 });
  const restored = await s3.send(new GetObjectCommand({ Bucket: "as-it-was", Key: "a" }));
  expect(await restored.Body?.transformToString()).toBe("one");
  await firn.objects.deleteBucketRewind({ bucket: Bucket });
  await expect(past.send(list)).rejects.toMatchObject({ name: "InvalidBucketState" });
});

test("the past is its own account's, by what that lets its users do with versions", async () => {
  const { firn, s3 } = served;
  const bucket = "guarded-past";
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await firn.objects.putBucketRewind({ bucket, windowMs: 24 * HOUR_MS });
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "a", Body: "x" }));
  const statement = (Action: string) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: "*" }],
  });
  await firn.declareAccounts({
    accounts: [
      { accountId: "111111111111", displayName: "other", accessKeys: [key("OTHER")] },
      {
        accountId: "000000000000",
        displayName: "root",
        users: [
          user("reader", statement("s3:GetObject")),
          user("historian", statement("s3:GetObjectVersion")),
        ],
      },
    ],
  });
  const at = new Date(firn.store.clock.now()).toISOString();
  const get = new GetObjectCommand({ Bucket: bucket, Key: "a" });
  const as = (name: string) => clientAt(at, key(name.toUpperCase())).send(get);
  await expect(as("other")).rejects.toMatchObject({ name: "AccessDenied" });
  await expect(as("reader")).rejects.toMatchObject({ name: "AccessDenied" });
  expect((await as("historian")).ContentLength).toBe(1);
});

function key(name: string): { accessKeyId: string; secretAccessKey: string } {
  return {
    accessKeyId: `AKIATEST${name}XX`.slice(0, 20),
    secretAccessKey: `secret-of-${name}-long`,
  };
}

function user(name: string, policy: object) {
  return {
    userName: name,
    accessKeys: [key(name.toUpperCase())],
    policies: [{ policyName: "p", policyDocument: policy }],
  };
}
