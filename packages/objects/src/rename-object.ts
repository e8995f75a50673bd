import type { BucketRequest } from "./bucket-types.ts";
import { checkCopySource, checkRenameTarget, noSuchKeyError } from "./conditions.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError, throwIfAborted } from "./errors.ts";
import { newId } from "./ids.ts";
import { noteEvent, noteWritten } from "./notifications/outbox.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, partsIn, putHead } from "./object-heads.ts";
import type { ReadConditions } from "./object-types.ts";
import { deleteCurrent, keyReads, makeRoom } from "./object-versions.ts";

export interface RenameObjectRequest extends BucketRequest, ReadConditions {
  /** The new key; what it named is written over, if the conditions hold for it. */
  readonly key: string;
  readonly sourceKey: string;
  /** Renaming again with the same token, from the same key, is no error. */
  readonly clientToken?: string | undefined;
  /** Conditions on the source. */
  readonly source?: ReadConditions | undefined;
}

/**
 * Gives the current object another key in its bucket, in one transaction that moves no bytes:
 * nobody sees it under both or under neither. With versioning the old key gets a delete marker.
 *
 * @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_PRECONDITION_FAILED.
 */
export async function renameObject(engine: Engine, request: RenameObjectRequest): Promise<void> {
  const { bucket: name, key, sourceKey } = request;
  throwIfAborted(request.signal);
  checkObjectKey(key);
  checkObjectKey(sourceKey);
  if (key === sourceKey) {
    throw objectError("FIRN_OBJECT_REQUEST_INVALID", "An object cannot be renamed to itself.");
  }
  const found = await findBucket(engine, request);
  const from = keyReads(found, sourceKey);
  const to = keyReads(found, key);
  const manifestId = newId(engine);
  const token = request.clientToken && `${sourceKey}/${request.clientToken}`;
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const { space } = bucket;
      const original = headIn(tx, space, sourceKey);
      const current = headIn(tx, space, key);
      if (original === undefined) {
        if (token !== undefined && current?.renamedBy === token) return;
        throw noSuchKeyError(sourceKey);
      }
      checkCopySource(original, request.source ?? {});
      checkRenameTarget(current, request);
      const parts = partsIn(tx, space, original);
      for (const { blob } of parts) tx.retainBlob(blob);
      const identity = makeRoom(tx, engine, { bucket, key, current });
      const made = { order: undefined, uploadId: undefined, renamedBy: token };
      const record = { ...original, ...made, ...identity };
      // What goes is counted first: a bucket that is full may rename.
      deleteCurrent(tx, engine, { bucket, key: sourceKey, current: original });
      putHead(tx, { bucket, key, record: { ...record, lastModified: tx.now }, parts, manifestId });
      const written = { bucketName: name, bucket, key, record };
      noteWritten(tx, engine, { name: "s3:ObjectCreated:Copy", ...written });
      const gone = { bucketName: name, bucket, key: sourceKey, versionId: original.versionId };
      noteEvent(tx, engine, { name: "s3:ObjectRemoved:Delete", ...gone });
    },
    {
      reads: [[engine.root, bucketKey(name)], ...from.reads, ...to.reads],
      ranges: [...from.ranges, ...to.ranges],
    },
  );
}
