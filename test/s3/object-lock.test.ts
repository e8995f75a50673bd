import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Through the JavaScript SDK, on a clock that stands still until it is moved. */

const DAY_MS = 86_400_000;
const denied = { name: "AccessDenied", $metadata: { httpStatusCode: 403 } };
let served: ServedS3;
let s3: S3Client;

beforeAll(async () => {
  served = await serveS3({ clockMode: { kind: "manual" } });
  ({ s3 } = served);
});
afterAll(() => served.close());

async function lockable(Bucket: string): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  return Bucket;
}

function inDays(days: number): Date {
  return new Date(served.firn.store.clock.now() + days * DAY_MS);
}

test("governance ends with its time, or before for who bypasses it", async () => {
  const Bucket = await lockable("governed");
  const put = { Bucket, Key: "k", ObjectLockMode: "GOVERNANCE", Body: "x" } as const;
  const until = { ObjectLockRetainUntilDate: inDays(2) };
  const one = await s3.send(new PutObjectCommand({ ...put, ...until }));
  const two = await s3.send(new PutObjectCommand({ ...put, ...until }));
  const first = { Bucket, Key: "k", VersionId: one.VersionId };
  const second = { Bucket, Key: "k", VersionId: two.VersionId };
  await expect(s3.send(new DeleteObjectCommand(first))).rejects.toMatchObject(denied);
  const several = { Objects: [{ Key: "k", VersionId: one.VersionId }] };
  const result = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: several }));
  expect(result.Errors).toMatchObject([{ Code: "AccessDenied" }]);
  const shorter = { Mode: "GOVERNANCE", RetainUntilDate: inDays(1) } as const;
  const shorten = { ...first, Retention: shorter };
  await expect(s3.send(new PutObjectRetentionCommand(shorten))).rejects.toMatchObject(denied);
  const BypassGovernanceRetention = true;
  await s3.send(new PutObjectRetentionCommand({ ...shorten, BypassGovernanceRetention }));
  const kept = await s3.send(new GetObjectRetentionCommand(first));
  expect(kept.Retention).toEqual(shorter);
  await s3.send(new DeleteObjectCommand({ ...second, BypassGovernanceRetention }));
  await served.firn.store.advanceClock(DAY_MS + 1);
  await s3.send(new DeleteObjectCommand(first));
});

test("compliance ends with its time, whoever asks", async () => {
  const Bucket = await lockable("complying");
  const rule = { DefaultRetention: { Mode: "COMPLIANCE", Days: 3 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule: rule } as const;
  const configure = { Bucket, ObjectLockConfiguration };
  await s3.send(new PutObjectLockConfigurationCommand(configure));
  const found = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(found.ObjectLockConfiguration).toEqual(ObjectLockConfiguration);
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  const version = { Bucket, Key: "k", VersionId };
  const head = await s3.send(new HeadObjectCommand(version));
  expect(head.ObjectLockMode).toBe("COMPLIANCE");
  const BypassGovernanceRetention = true;
  const drop = new DeleteObjectCommand({ ...version, BypassGovernanceRetention });
  await expect(s3.send(drop)).rejects.toMatchObject(denied);
  const weaker = { Mode: "GOVERNANCE", RetainUntilDate: inDays(9) } as const;
  const weaken = { ...version, Retention: weaker, BypassGovernanceRetention };
  await expect(s3.send(new PutObjectRetentionCommand(weaken))).rejects.toMatchObject(denied);
  const VersioningConfiguration = { Status: "Suspended" } as const;
  const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration });
  await expect(s3.send(suspend)).rejects.toMatchObject({ name: "InvalidBucketState" });
  await served.firn.store.advanceClock(3 * DAY_MS);
  await s3.send(new DeleteObjectCommand(version));
});

test("a legal hold ends when it is taken away, whatever the time", async () => {
  const Bucket = await lockable("held");
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  const version = { Bucket, Key: "k", VersionId };
  const none = s3.send(new GetObjectLegalHoldCommand(version));
  await expect(none).rejects.toMatchObject({ name: "NoSuchObjectLockConfiguration" });
  const hold = { ...version, LegalHold: { Status: "ON" } } as const;
  await s3.send(new PutObjectLegalHoldCommand(hold));
  await served.firn.store.advanceClock(1000 * DAY_MS);
  const drop = new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true });
  await expect(s3.send(drop)).rejects.toMatchObject(denied);
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  expect(marker.DeleteMarker).toBe(true);
  await s3.send(new PutObjectLegalHoldCommand({ ...version, LegalHold: { Status: "OFF" } }));
  const found = await s3.send(new GetObjectLegalHoldCommand(version));
  expect(found.LegalHold).toEqual({ Status: "OFF" });
  await s3.send(new DeleteObjectCommand(version));
});

test("a bucket without locks refuses them", async () => {
  const Bucket = "unlockable";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate: inDays(1) } as const;
  const lock = { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: inDays(1) } as const;
  const put = new PutObjectCommand({ Bucket, Key: "k", Body: "x", ...lock });
  await expect(s3.send(put)).rejects.toMatchObject({ name: "InvalidRequest" });
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  const retain = s3.send(new PutObjectRetentionCommand({ Bucket, Key: "k", Retention }));
  await expect(retain).rejects.toMatchObject({ name: "InvalidRequest" });
  const read = s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  await expect(read).rejects.toMatchObject({ name: "ObjectLockConfigurationNotFoundError" });
});

test("a delete may ask for the time and the size of what it deletes", async () => {
  const Bucket = "conditional";
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "four" }));
  const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
  const failed = { name: "PreconditionFailed" };
  const wrong = { Bucket, Key: "k", IfMatchSize: 5 };
  await expect(s3.send(new DeleteObjectCommand(wrong))).rejects.toMatchObject(failed);
  const late = { Bucket, Key: "k", IfMatchLastModifiedTime: inDays(1) };
  await expect(s3.send(new DeleteObjectCommand(late))).rejects.toMatchObject(failed);
  const Objects = [{ Key: "k", Size: 4, LastModifiedTime: LastModified }];
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted).toMatchObject([{ Key: "k" }]);
});
