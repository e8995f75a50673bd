import { whenThere } from "@firn/core";
import type { KeySpaceId, Soon, Store, Transaction } from "@firn/core";
import type { BucketRequest } from "./bucket-types.ts";
import type { Digests } from "./checksum/checksum.ts";
import type { KeyRing } from "./encryption/encryption-types.ts";
import { objectError, throwIfAborted } from "./errors.ts";
import type { BucketRecords } from "./layout/bucket-records.ts";
import type { BucketRecord } from "./layout/records.ts";
import type { PastLsns } from "./rewind/past-lsns.ts";
import type { Bell } from "./notifications/bell.ts";
import type { Scope } from "./scope.ts";
import type { Turns } from "./turns.ts";
import type { TakeExpedited } from "./lifecycle/restore.ts";

/** What the calls of one object store share. */
export interface Engine {
  readonly store: Store;
  /**
   * The key space of all buckets: `b <name>` -> record, `o <owner> 00 <name>` -> nothing,
   * `n <owner>` -> how many, `l <name>` -> nothing for buckets with a lifecycle, `g <name>` for
   * those that are logged, `i <name>` for those with inventories, `a <owner>` -> what the account
   * may hold and does hold, `r <name>` -> the record of a bucket that is being restored.
   */
  readonly root: KeySpaceId;
  /** Events that nobody has taken yet: see `notifications/outbox.ts`. */
  readonly outbox: KeySpaceId;
  /** Lines of access logs that were not delivered yet: see `logging/access-logs.ts`. */
  readonly accessLog: KeySpaceId;
  /** Buckets that are logged, in memory: every request asks. */
  readonly logged: Set<string>;
  /** Rings when there may be a new one. */
  readonly bell: Bell;
  readonly digests: Digests;
  /** A restored copy is there at once. */
  readonly instantRestores: boolean;
  readonly takeExpedited: TakeExpedited;
  readonly buckets: BucketRecords;
  readonly pastLsns: PastLsns;
  /** Quotas are put and taken away in turns. */
  readonly quotaTurns: Turns;
  /** Names of the buckets that are being restored. */
  readonly restoring: Set<string>;
  readonly scope: Scope;
  /** Without one nothing is encrypted but with keys that callers bring. */
  readonly keyRing: KeyRing | undefined;
}

export function bucketKey(name: string): Uint8Array {
  return Buffer.from(`b${name}`);
}

/** Names the buckets that have a lifecycle. */
export function lifecycleBucketKey(name: string): Uint8Array {
  return Buffer.from(`l${name}`);
}

/** Names the buckets whose requests are logged. */
export function loggedBucketKey(name: string): Uint8Array {
  return Buffer.from(`g${name}`);
}

/** Names the buckets that have inventories. */
export function inventoryBucketKey(name: string): Uint8Array {
  return Buffer.from(`i${name}`);
}

/** Names the buckets that are being restored, and were when a process ended. */
export function restoringBucketKey(name: string): Uint8Array {
  return Buffer.from(`r${name}`);
}

export function ownedBucketKey(owner: string, name: string): Uint8Array {
  return Buffer.from(`o${owner}\u0000${name}`);
}

export function bucketCountKey(owner: string): Uint8Array {
  return Buffer.from(`n${owner}`);
}

/**
 * The bucket as it is now: where to look, and early errors. What a write decides upon is read
 * again inside its transaction.
 *
 * @throws FIRN_BUCKET_NOT_FOUND, FIRN_BUCKET_ACCESS_DENIED.
 */
export function findBucket(engine: Engine, request: BucketRequest): Soon<BucketRecord> {
  throwIfAborted(request.signal);
  const { store, root, buckets } = engine;
  const { bucket } = request;
  const lsn = store.durableLsn;
  const known = buckets.newest(bucket, lsn);
  if (known !== undefined) return requireOwner(known, request);
  return whenThere(store.read(root, bucketKey(bucket)), (bytes) => {
    if (bytes === undefined) throw noBucketError(bucket);
    return requireOwner(buckets.noteNewest(bucket, bytes, lsn), request);
  });
}

/** The bucket inside a transaction. @throws as `findBucket`. */
export function bucketIn(engine: Engine, tx: Transaction, request: BucketRequest): BucketRecord {
  const { bucket } = request;
  const bytes = tx.get(engine.root, bucketKey(bucket));
  if (bytes === undefined) throw noBucketError(bucket);
  return requireOwner(engine.buckets.of(bucket, bytes), request);
}

function requireOwner(
  record: BucketRecord,
  { bucket, expectedBucketOwner }: BucketRequest,
): BucketRecord {
  if (expectedBucketOwner === undefined || expectedBucketOwner === record.owner) return record;
  throw objectError("FIRN_BUCKET_ACCESS_DENIED", "Access Denied", { detail: { bucket } });
}

function noBucketError(bucket: string): Error {
  return objectError("FIRN_BUCKET_NOT_FOUND", "The specified bucket does not exist", {
    detail: { bucket },
  });
}
