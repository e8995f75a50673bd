import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  RestoreObjectCommand,
} from "@aws-sdk/client-s3";
import type { LifecycleRule, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Through the JavaScript SDK, on a clock that stands still until it is moved. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let served: ServedS3;
let s3: S3Client;

beforeAll(async () => {
  served = await serveS3({ clockMode: { kind: "manual" } });
  ({ s3 } = served);
});
afterAll(() => served.close());

async function days(count: number): Promise<void> {
  await served.firn.store.advanceClock(count * DAY_MS);
  await served.firn.objects.runLifecycle();
}

async function bucketWith(Bucket: string, Rules: LifecycleRule[]): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  await configure(Bucket, Rules);
  return Bucket;
}

async function configure(Bucket: string, Rules: LifecycleRule[]): Promise<void> {
  const LifecycleConfiguration = { Rules };
  const put = { Bucket, LifecycleConfiguration };
  await s3.send(new PutBucketLifecycleConfigurationCommand(put));
}

async function put(Bucket: string, Key: string, more: object = {}): Promise<string | undefined> {
  const made = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "bytes", ...more }));
  return made.VersionId;
}

async function keysOf(Bucket: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key = "" }) => Key);
}

const Status = "Enabled";

test("a lifecycle comes back as it was given, and is gone when it is deleted", async () => {
  const Bucket = "configured";
  const rules: LifecycleRule[] = [
    { ID: "old", Status, Prefix: "a/", Expiration: { Days: 3 } },
    {
      ID: "all",
      Status: "Disabled",
      Filter: {
        And: {
          Prefix: "b/",
          Tags: [{ Key: "k", Value: "v" }],
          ObjectSizeGreaterThan: 10,
          ObjectSizeLessThan: 1000,
        },
      },
      Transitions: [
        { Days: 30, StorageClass: "STANDARD_IA" },
        { Days: 60, StorageClass: "DEEP_ARCHIVE" },
      ],
      NoncurrentVersionTransitions: [{ NoncurrentDays: 1, StorageClass: "GLACIER" }],
      NoncurrentVersionExpiration: { NoncurrentDays: 5, NewerNoncurrentVersions: 2 },
    },
    { ID: "dated", Status, Filter: {}, Expiration: { Date: new Date("2030-01-01T00:00:00Z") } },
    { ID: "parts", Status, Filter: {}, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ];
  await bucketWith(Bucket, rules);
  const get = new GetBucketLifecycleConfigurationCommand({ Bucket });
  const found = await s3.send(get);
  expect(found.Rules).toEqual(rules);
  expect(found.TransitionDefaultMinimumObjectSize).toBe("all_storage_classes_128K");
  await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await expect(s3.send(get)).rejects.toMatchObject({ name: "NoSuchLifecycleConfiguration" });
});

test.each<[string, string, LifecycleRule]>([
  [
    "an expiration after no days",
    "InvalidArgument",
    { Status, Prefix: "", Expiration: { Days: 0 } },
  ],
  ["a rule that does nothing", "InvalidRequest", { Status, Prefix: "" }],
  ["neither prefix nor filter", "MalformedXML", { Status, Expiration: { Days: 1 } }],
  [
    "a way from One Zone to Glacier Instant Retrieval",
    "InvalidArgument",
    {
      Status,
      Prefix: "",
      Transitions: [
        { Days: 30, StorageClass: "ONEZONE_IA" },
        { Days: 60, StorageClass: "GLACIER_IR" },
      ],
    },
  ],
  [
    "infrequent access after a week",
    "InvalidArgument",
    { Status, Prefix: "", Transitions: [{ Days: 7, StorageClass: "STANDARD_IA" }] },
  ],
  [
    "a date that is not midnight",
    "InvalidArgument",
    { Status, Prefix: "", Expiration: { Date: new Date("2030-01-01T01:00:00Z") } },
  ],
  [
    "the end of delete markers by tag",
    "InvalidRequest",
    {
      Status,
      Filter: { Tag: { Key: "a", Value: "b" } },
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
  ],
])("a lifecycle with %s is refused", async (what, name, rule) => {
  const Bucket = `refused-${what.replaceAll(/[^a-z]+/gi, "-").toLowerCase()}`.slice(0, 63);
  const made = bucketWith(Bucket.replace(/-$/, ""), [rule]);
  await expect(made).rejects.toMatchObject({ name });
});

test("objects end when their days are over, as they were told", async () => {
  const expire = {
    ID: "tmp",
    Status,
    Filter: { Prefix: "tmp/" },
    Expiration: { Days: 2 },
  } as const;
  const Bucket = await bucketWith("expiring", [expire]);
  await put(Bucket, "tmp/a");
  await put(Bucket, "kept");
  const told = await s3.send(new HeadObjectCommand({ Bucket, Key: "tmp/a" }));
  expect(told.Expiration).toMatch(/^expiry-date=".* 00:00:00 GMT", rule-id="tmp"$/);
  await days(2);
  // Days are whole: the rest of the last one is waited for.
  expect(await keysOf(Bucket)).toEqual(["kept", "tmp/a"]);
  await days(1);
  expect(await keysOf(Bucket)).toEqual(["kept"]);
});

test("only what the whole filter holds for ends", async () => {
  const And = { Prefix: "p/", Tags: [{ Key: "t", Value: "1" }], ObjectSizeGreaterThan: 3 };
  const Bucket = await bucketWith("filtered", [
    { Status, Filter: { And }, Expiration: { Days: 1 } },
  ]);
  await put(Bucket, "p/all", { Tagging: "t=1" });
  await put(Bucket, "p/other-tag", { Tagging: "t=2" });
  await put(Bucket, "p/small", { Tagging: "t=1", Body: "abc" });
  await put(Bucket, "q/other-prefix", { Tagging: "t=1" });
  await days(2);
  expect(await keysOf(Bucket)).toEqual(["p/other-tag", "p/small", "q/other-prefix"]);
});

test("older versions end by age and by number, and markers that hide nothing go", async () => {
  const Bucket = "versioned-lifecycle";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  for (let n = 0; n < 4; n++) await put(Bucket, "many");
  await put(Bucket, "deleted");
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "deleted" }));
  await configure(Bucket, [
    {
      ID: "two",
      Status,
      Filter: { Prefix: "many" },
      NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 },
    },
    {
      ID: "all",
      Status,
      Filter: { Prefix: "deleted" },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
  ]);
  await days(2);
  const left = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(left.Versions?.map(({ Key }) => Key)).toEqual(["many", "many", "many"]);
  await days(1);
  const after = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(after.DeleteMarkers).toBeUndefined();
});

test("uploads that nobody completes are aborted", async () => {
  const abort = { DaysAfterInitiation: 1 };
  const rule = { ID: "up", Status, Filter: {}, AbortIncompleteMultipartUpload: abort } as const;
  const Bucket = await bucketWith("aborting", [rule]);
  const begun = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "k" }));
  expect(begun.AbortRuleId).toBe("up");
  await days(2);
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
});

test("a cold object is read only while it is restored", async () => {
  const move = { Days: 0, StorageClass: "GLACIER" } as const;
  const Filter = { ObjectSizeGreaterThan: 0 };
  const Bucket = await bucketWith("cooling", [{ ID: "cold", Status, Filter, Transitions: [move] }]);
  await put(Bucket, "k");
  const soon = new RestoreObjectCommand({ Bucket, Key: "k", RestoreRequest: { Days: 1 } });
  await expect(s3.send(soon)).rejects.toMatchObject({ name: "InvalidObjectState" });
  await days(1);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
  expect(head.StorageClass).toBe("GLACIER");
  const read = new GetObjectCommand({ Bucket, Key: "k" });
  const cold = { name: "InvalidObjectState", $metadata: { httpStatusCode: 403 } };
  await expect(s3.send(read)).rejects.toMatchObject(cold);
  const copy = new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/k` });
  await expect(s3.send(copy)).rejects.toMatchObject({ name: "InvalidObjectState" });
  const restore = (Tier: "Bulk" | "Standard" | "Expedited", Days = 2): RestoreObjectCommand => {
    const RestoreRequest = { Days, GlacierJobParameters: { Tier } };
    return new RestoreObjectCommand({ Bucket, Key: "k", RestoreRequest });
  };
  const begun = await s3.send(restore("Bulk"));
  expect(begun.$metadata.httpStatusCode).toBe(202);
  const going = await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
  expect(going.Restore).toBe('ongoing-request="true"');
  await expect(s3.send(restore("Bulk"))).rejects.toMatchObject({
    name: "RestoreAlreadyInProgress",
  });
  await s3.send(restore("Standard"));
  await served.firn.store.advanceClock(5 * HOUR_MS);
  expect(await (await s3.send(read)).Body?.transformToString()).toBe("bytes");
  const OptionalObjectAttributes = ["RestoreStatus" as const];
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, OptionalObjectAttributes }));
  expect(listed.Contents?.[0]?.RestoreStatus?.IsRestoreInProgress).toBe(false);
  const longer = await s3.send(restore("Standard", 5));
  expect(longer.$metadata.httpStatusCode).toBe(200);
  await served.firn.store.advanceClock(5 * DAY_MS);
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }))).Restore).toMatch(/"false"/);
  await served.firn.store.advanceClock(DAY_MS);
  await expect(s3.send(read)).rejects.toMatchObject(cold);
});

test("the deep archive has no quick way out", async () => {
  const Bucket = "deep";
  await s3.send(new CreateBucketCommand({ Bucket }));
  await put(Bucket, "k", { StorageClass: "DEEP_ARCHIVE" });
  const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: "Expedited" as const } };
  const quick = new RestoreObjectCommand({ Bucket, Key: "k", RestoreRequest });
  await expect(s3.send(quick)).rejects.toMatchObject({ name: "InvalidArgument" });
});
