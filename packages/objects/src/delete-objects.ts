import { FirnError } from "@firn/core";
import type { KeySpaceId, RangePage, Transaction } from "@firn/core";
import { checkDeleteConditions } from "./conditions.ts";
import { DELETE_KEYS_MAX } from "./constants.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { isDeleteMarker } from "./layout/records.ts";
import type { BucketRecord } from "./layout/records.ts";
import { noteEvent } from "./notifications/outbox.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn } from "./object-heads.ts";
import { checkUnlocked } from "./lock/lock-rules.ts";
import type {
  DeleteConditions,
  DeleteObjectRequest,
  DeleteObjectResult,
  DeleteObjectsError,
  DeleteObjectsRequest,
  DeleteObjectsResult,
  DeletedObject,
  ObjectToDelete,
} from "./object-types.ts";
import {
  checkVersionId,
  deleteCurrent,
  deleteVersion,
  keyReads,
  newestOld,
  promote,
  versionIn,
} from "./object-versions.ts";
import type { DeleteOutcome } from "./object-versions.ts";

/** Deleting what is not there succeeds, unless `ifMatch` asks for something. */
export async function deleteObject(
  engine: Engine,
  request: DeleteObjectRequest,
): Promise<DeleteObjectResult> {
  const { bucket, key, versionId } = request;
  checkObjectKey(key);
  checkVersionId(versionId);
  const { reads, ranges } = keyReads(await findBucket(engine, request), key, versionId);
  return await engine.store.transact(
    (tx) => {
      const record = bucketIn(engine, tx, request);
      const bypass = request.bypassGovernanceRetention === true;
      const target = { bucket: record, key, versionId, conditions: request, bypass };
      const outcome = deleteKey(tx, engine, target);
      noteRemoved(tx, engine, { bucketName: bucket, target, outcome });
      if (versionId !== undefined) promote(tx, record, key);
      return outcome;
    },
    { reads: [[engine.root, bucketKey(bucket)], ...reads], ranges },
  );
}

/** All keys in one transaction; a key whose condition fails is reported and the others go. */
export async function deleteObjects(
  engine: Engine,
  request: DeleteObjectsRequest,
): Promise<DeleteObjectsResult> {
  const { bucket, objects } = request;
  if (objects.length === 0 || objects.length > DELETE_KEYS_MAX) {
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A call deletes 1 to 1000 objects", {
      detail: { argument: "objects", value: objects.length },
    });
  }
  const found = await findBucket(engine, request);
  const known = objects.map(({ key, versionId }) => keyReads(found, key, versionId));
  return await engine.store.transact(
    (tx) => {
      const record = bucketIn(engine, tx, request);
      const deleted: DeletedObject[] = [];
      const errors: DeleteObjectsError[] = [];
      const changed = new Set<string>();
      const bypass = request.bypassGovernanceRetention === true;
      for (const { key, versionId, eTag: ifMatch, ...others } of objects) {
        if (versionId !== undefined) changed.add(key);
        else if (changed.delete(key)) promote(tx, record, key);
        const conditions = { ...others, ifMatch };
        const target = { bucket: record, key, versionId, conditions, bypass };
        const outcome = tryDelete(tx, engine, target);
        if (outcome instanceof FirnError) {
          const { code, message } = outcome;
          errors.push({ key, versionId, code, message });
        } else {
          deleted.push(deletedObject(target, outcome));
          noteRemoved(tx, engine, { bucketName: bucket, target, outcome });
        }
      }
      for (const key of changed) promote(tx, record, key);
      return { deleted, errors };
    },
    {
      reads: [[engine.root, bucketKey(bucket)], ...known.flatMap(({ reads }) => reads)],
      ranges: rangesOf(found, objects),
    },
  );
}

/** One range for each key, long enough to see behind all that the call may delete of it. */
function rangesOf(
  { space, versioning }: BucketRecord,
  objects: readonly ObjectToDelete[],
): [KeySpaceId, RangePage][] {
  if (versioning === undefined) return [];
  const counts = new Map<string, number>();
  for (const { key } of objects) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].map(([key, count]) => [space, newestOld(key, count + 1)]);
}

interface DeletedKey {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly conditions: DeleteConditions;
  readonly bypass: boolean;
}

function deletedObject(
  { key, versionId }: DeletedKey,
  { deleteMarker, versionId: deleted }: DeleteOutcome,
): DeletedObject {
  if (deleteMarker === undefined) return { key, versionId };
  return { key, versionId, deleteMarker, deleteMarkerVersionId: deleted };
}

function tryDelete(tx: Transaction, engine: Engine, target: DeletedKey): DeleteOutcome | FirnError {
  try {
    checkObjectKey(target.key);
    checkVersionId(target.versionId);
    return deleteKey(tx, engine, target);
  } catch (error) {
    if (error instanceof FirnError && error.code.startsWith("FIRN_OBJECT_")) return error;
    throw error;
  }
}

function deleteKey(tx: Transaction, engine: Engine, target: DeletedKey): DeleteOutcome {
  const { bucket, key, versionId, conditions } = target;
  const current = headIn(tx, bucket.space, key);
  const state = { bucket, key, current };
  if (versionId === undefined) {
    checkDeleteConditions(current, conditions);
    return deleteCurrent(tx, engine, state);
  }
  if (bucket.lock !== undefined || hasConditions(conditions)) {
    const named = versionIn(tx, state, versionId);
    const object = named === undefined || isDeleteMarker(named) ? undefined : named;
    checkDeleteConditions(object, conditions);
    if (object !== undefined) checkUnlocked(object, tx.now, target.bypass);
  }
  return deleteVersion(tx, state, versionId);
}

interface Removed {
  readonly bucketName: string;
  readonly target: DeletedKey;
  readonly outcome: DeleteOutcome;
}

function noteRemoved(
  tx: Transaction,
  engine: Engine,
  { bucketName, target, outcome }: Removed,
): void {
  const { bucket, key, versionId } = target;
  const made = versionId === undefined && outcome.deleteMarker === true;
  const name = made ? "s3:ObjectRemoved:DeleteMarkerCreated" : "s3:ObjectRemoved:Delete";
  noteEvent(tx, engine, { name, bucketName, bucket, key, versionId: outcome.versionId });
}

function hasConditions(conditions: DeleteConditions): boolean {
  const { ifMatch, ifMatchLastModifiedTime, ifMatchSize } = conditions;
  return (ifMatch ?? ifMatchLastModifiedTime ?? ifMatchSize) !== undefined;
}
