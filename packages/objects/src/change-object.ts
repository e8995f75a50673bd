import type { Transaction } from "@firn/core";
import { noSuchKeyError } from "./conditions.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { deleteMarkerError } from "./find-object.ts";
import type { VersionRequest } from "./find-object.ts";
import { isDeleteMarker } from "./layout/records.ts";
import type { BucketRecord, ObjectRecord } from "./layout/records.ts";
import type { EventName } from "./notifications/notification-types.ts";
import { noteWritten } from "./notifications/outbox.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn } from "./object-heads.ts";
import {
  checkVersionId,
  keyReads,
  noSuchVersionError,
  rewriteVersion,
  shownVersion,
  versionIn,
} from "./object-versions.ts";
import type { TaggedVersion } from "./tag-types.ts";

/** The transaction of a change, and the bucket as it sees it. */
export interface ChangedWithin {
  readonly bucket: BucketRecord;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly tx: Transaction;
}

export interface ChangeRequest extends VersionRequest {
  /** What to call it to who wants to know. */
  readonly event?: EventName | undefined;
}

/**
 * Writes a version's record anew: the version, its bytes and its time stay.
 *
 * @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND, FIRN_OBJECT_DELETE_MARKER, and what
 * `change` throws.
 */
export async function changeObject(
  engine: Engine,
  request: ChangeRequest,
  change: (record: ObjectRecord, within: ChangedWithin) => ObjectRecord,
): Promise<TaggedVersion> {
  const { key, versionId, event } = request;
  checkObjectKey(key);
  checkVersionId(versionId);
  const { reads, ranges } = keyReads(await findBucket(engine, request), key, versionId);
  return await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const current = headIn(tx, bucket.space, key);
      const state = { bucket, key, current };
      const record = versionId === undefined ? current : versionIn(tx, state, versionId);
      if (record === undefined) {
        throw versionId === undefined ? noSuchKeyError(key) : noSuchVersionError(key, versionId);
      }
      if (isDeleteMarker(record)) throw deleteMarkerError(record);
      rewriteVersion(tx, state, change(record, { bucket, now: tx.now, tx }));
      const written = { bucketName: request.bucket, bucket, key, record };
      if (event !== undefined) noteWritten(tx, engine, { name: event, ...written });
      return { versionId: shownVersion(bucket, record) };
    },
    { reads: [[engine.root, bucketKey(request.bucket)], ...reads], ranges },
  );
}
