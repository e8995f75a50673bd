import type { BucketRequest } from "../bucket-types.ts";
import { changeBucket } from "../change-bucket.ts";
import { changeObject } from "../change-object.ts";
import { findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { findObject } from "../find-object.ts";
import type { VersionRequest } from "../find-object.ts";
import type { ObjectRecord } from "../layout/records.ts";
import {
  checkBucketLock,
  checkRetention,
  checkRetentionChange,
  noLockError,
} from "./lock-rules.ts";
import type {
  BucketLock,
  PutObjectLegalHoldRequest,
  PutObjectLockConfigurationRequest,
  PutObjectRetentionRequest,
  Retention,
} from "./lock-types.ts";

export async function getObjectLockConfiguration(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketLock> {
  const { lock } = await findBucket(engine, request);
  if (lock !== undefined) return lock;
  throw objectError(
    "FIRN_BUCKET_LOCK_NOT_FOUND",
    "Object Lock configuration does not exist for this bucket",
    { detail: { bucket: request.bucket } },
  );
}

/** Switches locks on, or changes the default of new versions. */
export async function putObjectLockConfiguration(
  engine: Engine,
  request: PutObjectLockConfigurationRequest,
): Promise<void> {
  const { lock } = request;
  checkBucketLock(lock);
  await changeBucket(engine, request, (bucket) => {
    if (bucket.versioning === "Enabled") return { ...bucket, lock };
    throw objectError(
      "FIRN_BUCKET_STATE_INVALID",
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      { detail: { bucket: request.bucket } },
    );
  });
}

export async function getObjectRetention(
  engine: Engine,
  request: VersionRequest,
): Promise<Retention> {
  const { retention } = await lockedVersion(engine, request);
  if (retention !== undefined) return retention;
  throw noneError();
}

export async function putObjectRetention(
  engine: Engine,
  request: PutObjectRetentionRequest,
): Promise<void> {
  const { retention, bypassGovernanceRetention: bypass = false } = request;
  await changeObject(engine, request, (record, { bucket, now }) => {
    if (bucket.lock === undefined) throw noLockError();
    if (retention !== undefined) checkRetention(retention, now);
    checkRetentionChange(record, retention, { now, bypass });
    return { ...record, retention };
  });
}

export async function getObjectLegalHold(
  engine: Engine,
  request: VersionRequest,
): Promise<"ON" | "OFF"> {
  const { legalHold } = await lockedVersion(engine, request);
  if (legalHold === undefined) throw noneError();
  return legalHold ? "ON" : "OFF";
}

export async function putObjectLegalHold(
  engine: Engine,
  request: PutObjectLegalHoldRequest,
): Promise<void> {
  await changeObject(engine, request, (record, { bucket }) => {
    if (bucket.lock === undefined) throw noLockError();
    return { ...record, legalHold: request.status === "ON" };
  });
}

async function lockedVersion(engine: Engine, request: VersionRequest): Promise<ObjectRecord> {
  const { bucket, record } = await findObject(engine, request);
  if (bucket.lock === undefined) throw noLockError();
  return record;
}

function noneError(): Error {
  return objectError(
    "FIRN_OBJECT_LOCK_NONE",
    "The specified object does not have a ObjectLock configuration",
  );
}
