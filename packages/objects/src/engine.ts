import type { KeySpaceId, Store, Transaction } from "@firn/core";
import type { BucketRequest } from "./bucket-types.ts";
import type { Digests } from "./checksum/checksum.ts";
import type { KeyRing } from "./encryption/encryption-types.ts";
import { objectError, throwIfAborted } from "./errors.ts";
import type { BucketRecords } from "./layout/bucket-records.ts";
import type { BucketRecord } from "./layout/records.ts";
import type { PastLsns } from "./rewind/past-lsns.ts";
import type { Bell } from "./notifications/bell.ts";
import type { Scope } from "./scope.ts";

/** What the calls of one object store share. */
export interface Engine {
  readonly store: Store;
  /**
   * The key space of all buckets: `b <name>` -> record, `o <owner> 00 <name>` -> nothing,
   * `n <owner>` -> how many, `l <name>` -> nothing for buckets with a lifecycle, `g <name>` for
   * those that are logged, `i <name>` for those with inventories.
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
  readonly buckets: BucketRecords;
  readonly pastLsns: PastLsns;
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
export async function findBucket(engine: Engine, request: BucketRequest): Promise<BucketRecord> {
  throwIfAborted(request.signal);
  return checked(engine, request, await engine.store.get(engine.root, bucketKey(request.bucket)));
}

/** The bucket inside a transaction. @throws as `findBucket`. */
export function bucketIn(engine: Engine, tx: Transaction, request: BucketRequest): BucketRecord {
  return checked(engine, request, tx.get(engine.root, bucketKey(request.bucket)));
}

function checked(
  engine: Engine,
  request: BucketRequest,
  bytes: Uint8Array | undefined,
): BucketRecord {
  const { bucket, expectedBucketOwner } = request;
  if (bytes === undefined) {
    throw objectError("FIRN_BUCKET_NOT_FOUND", "The specified bucket does not exist", {
      detail: { bucket },
    });
  }
  const record = engine.buckets.of(bucket, bytes);
  if (expectedBucketOwner !== undefined && expectedBucketOwner !== record.owner) {
    throw objectError("FIRN_BUCKET_ACCESS_DENIED", "Access Denied", { detail: { bucket } });
  }
  return record;
}
