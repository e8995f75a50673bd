import { prefixEnd } from "@firn/core";
import type { KeySpaceId, RangePage, Transaction } from "@firn/core";
import { objectError } from "./errors.ts";
import type { Engine } from "./engine.ts";
import { newId } from "./ids.ts";
import {
  headKey,
  nullOrderKey,
  versionKey,
  versionOrderOf,
  versionsPrefix,
} from "./layout/key-layout.ts";
import { isDeleteMarker, packDeleteMarker, packObject, unpackVersion } from "./layout/records.ts";
import type { BucketRecord, ObjectRecord, VersionRecord } from "./layout/records.ts";
import {
  NULL_VERSION,
  ORDER_DIGITS,
  isVersionId,
  nextOrder,
  orderOf,
  orderOfId,
} from "./layout/version-order.ts";
import { releaseParts } from "./object-heads.ts";

/**
 * What a key holds besides its current object, and how that changes. Two rules keep it simple:
 * what lies under `h` is newer than all that lies under `v`, and a key without `h` has nothing or
 * a delete marker as the first of its `v`.
 */

/** A key, and the object that it names now, read in the same transaction. */
export interface KeyState {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly current: ObjectRecord | undefined;
}

export interface VersionIdentity {
  readonly versionId: string;
  readonly order?: string | undefined;
}

/**
 * Makes room for a new current version: the object before is kept or let go of, as the bucket's
 * versioning says. The caller writes the new one.
 */
export function makeRoom(tx: Transaction, engine: Engine, state: KeyState): VersionIdentity {
  const { bucket, current } = state;
  if (bucket.versioning === undefined) {
    if (current !== undefined) releaseParts(tx, bucket, current);
    return { versionId: NULL_VERSION };
  }
  const order = nextOrder(tx.now, newestOrder(tx, state));
  if (bucket.versioning === "Enabled") {
    if (current !== undefined) putOld(tx, state, current);
    return { versionId: order + newId(engine).slice(ORDER_DIGITS) };
  }
  // Suspended: only the null version is written over.
  if (current?.versionId === NULL_VERSION) {
    releaseParts(tx, bucket, current);
  } else {
    if (current !== undefined) putOld(tx, state, current);
    removeOldNull(tx, state);
  }
  return { versionId: NULL_VERSION, order };
}

/** The version's id where the bucket has, or had, versions. */
export function shownVersion(
  bucket: BucketRecord,
  version: { readonly versionId: string },
): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}

/** What a delete has done; both `undefined` in a bucket without versions. */
export interface DeleteOutcome {
  readonly versionId?: string | undefined;
  /** A marker was made, or was what was deleted. */
  readonly deleteMarker?: true | undefined;
}

/** Deletes without naming a version: with versioning, by a delete marker. */
export function deleteCurrent(tx: Transaction, engine: Engine, state: KeyState): DeleteOutcome {
  const { bucket, key, current } = state;
  const { space, versioning } = bucket;
  if (versioning === undefined && current === undefined) return {};
  const identity = makeRoom(tx, engine, state);
  if (current !== undefined) tx.delete(space, headKey(key));
  if (versioning === undefined) return {};
  const marker = { ...identity, lastModified: tx.now, deleteMarker: true } as const;
  putOld(tx, state, marker);
  return { versionId: identity.versionId, deleteMarker: true };
}

/**
 * Deletes one version for good. The caller lets the one before become current (`promote`), once
 * for all that it deletes of a key.
 */
export function deleteVersion(tx: Transaction, state: KeyState, versionId: string): DeleteOutcome {
  const { bucket, key, current } = state;
  const { space } = bucket;
  if (current?.versionId === versionId) {
    releaseParts(tx, bucket, current);
    tx.delete(space, headKey(key));
    return { versionId };
  }
  const old = oldVersionIn(tx, state, versionId);
  if (old === undefined) return { versionId };
  const marker = isDeleteMarker(old);
  if (!marker) releaseParts(tx, bucket, old);
  removeOld(tx, state, old);
  return marker ? { versionId, deleteMarker: true } : { versionId };
}

/**
 * Makes the newest of the older versions current, unless it is a delete marker or there is a
 * current one still.
 */
export function promote(tx: Transaction, bucket: BucketRecord, key: string): void {
  const { space, versioning } = bucket;
  if (versioning === undefined || tx.get(space, headKey(key)) !== undefined) return;
  const newest = tx.range(space, newestOld(key))[0];
  const record = newest === undefined ? undefined : unpackVersion(newest.value);
  if (record === undefined || isDeleteMarker(record)) return;
  removeOld(tx, { bucket, key, current: undefined }, record);
  tx.put(space, headKey(key), packObject(record));
}

/** One version of the key, the current one included. */
export function versionIn(
  tx: Transaction,
  state: KeyState,
  versionId: string,
): VersionRecord | undefined {
  const { current } = state;
  return current?.versionId === versionId ? current : oldVersionIn(tx, state, versionId);
}

/** Writes a version's record again, in its place; its parts stay. */
export function rewriteVersion(tx: Transaction, state: KeyState, record: ObjectRecord): void {
  const { bucket, key, current } = state;
  if (current?.versionId !== record.versionId) putOld(tx, state, record);
  else tx.put(bucket.space, headKey(key), packObject(record));
}

/** The range of the newest versions that are not the current object, one by default. */
export function newestOld(key: string, limit = 1): RangePage {
  const gte = versionsPrefix(key);
  return { gte, lt: prefixEnd(gte), limit };
}

/** @throws FIRN_OBJECT_VERSION_INVALID when the text cannot be a version's id. */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId === undefined || isVersionId(versionId)) return;
  throw objectError("FIRN_OBJECT_VERSION_INVALID", "Invalid version id specified", {
    detail: { argument: "versionId", value: versionId },
  });
}

export function noSuchVersionError(key: string, versionId: string): Error {
  return objectError("FIRN_OBJECT_VERSION_NOT_FOUND", "The specified version does not exist.", {
    detail: { key, versionId },
  });
}

export interface KeyReads {
  readonly reads: readonly (readonly [KeySpaceId, Uint8Array])[];
  readonly ranges: readonly (readonly [KeySpaceId, RangePage])[];
}

/** What a change of the key will read, so that it is fetched before the transaction runs. */
export function keyReads(bucket: BucketRecord, key: string, versionId?: string): KeyReads {
  const { space, versioning } = bucket;
  const head = [space, headKey(key)] as const;
  if (versioning === undefined) return { reads: [head], ranges: [] };
  const named =
    versionId === undefined || versionId === NULL_VERSION
      ? nullOrderKey(key)
      : versionKey(key, orderOfId(versionId));
  return { reads: [head, [space, named]], ranges: [[space, newestOld(key)]] };
}

function newestOrder(tx: Transaction, { bucket, key, current }: KeyState): string | undefined {
  if (current !== undefined) return orderOf(current);
  const newest = tx.range(bucket.space, newestOld(key))[0];
  return newest === undefined ? undefined : versionOrderOf(newest.key);
}

function putOld(tx: Transaction, { bucket, key }: KeyState, record: VersionRecord): void {
  const order = orderOf(record);
  const bytes = isDeleteMarker(record) ? packDeleteMarker(record) : packObject(record);
  tx.put(bucket.space, versionKey(key, order), bytes);
  if (record.versionId !== NULL_VERSION) return;
  tx.put(bucket.space, nullOrderKey(key), Buffer.from(order, "hex"));
}

function removeOld(tx: Transaction, { bucket, key }: KeyState, record: VersionRecord): void {
  tx.delete(bucket.space, versionKey(key, orderOf(record)));
  if (record.versionId === NULL_VERSION) tx.delete(bucket.space, nullOrderKey(key));
}

function removeOldNull(tx: Transaction, state: KeyState): void {
  const old = oldVersionIn(tx, state, NULL_VERSION);
  if (old === undefined) return;
  if (!isDeleteMarker(old)) releaseParts(tx, state.bucket, old);
  removeOld(tx, state, old);
}

function oldVersionIn(
  tx: Transaction,
  { bucket, key }: KeyState,
  versionId: string,
): VersionRecord | undefined {
  const { space, versioning } = bucket;
  if (versioning === undefined) return undefined;
  const order =
    versionId === NULL_VERSION ? nullOrder(tx.get(space, nullOrderKey(key))) : orderOfId(versionId);
  const bytes = order === undefined ? undefined : tx.get(space, versionKey(key, order));
  const record = bytes === undefined ? undefined : unpackVersion(bytes);
  return record?.versionId === versionId ? record : undefined;
}

/** The order behind a key `n`. */
export function nullOrder(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}
