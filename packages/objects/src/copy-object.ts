import type { Transaction } from "@firn/core";
import { checkAttributes } from "./attributes.ts";
import type { CheckedAttributes } from "./attributes.ts";
import { checkCopySource, checkWriteConditions, noSuchKeyError, quoted } from "./conditions.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { newId } from "./ids.ts";
import { isDeleteMarker } from "./layout/records.ts";
import type { BucketRecord, ObjectRecord } from "./layout/records.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, partsIn, putHead } from "./object-heads.ts";
import type { CopyObjectRequest, CopyObjectResult } from "./object-types.ts";
import {
  checkVersionId,
  keyReads,
  makeRoom,
  noSuchVersionError,
  shownVersion,
  versionIn,
} from "./object-versions.ts";

/**
 * One transaction: the copy takes references to the source's blobs. Its ETag is the source's, that
 * of an object uploaded in parts included (AWS hashes the bytes anew).
 */
export async function copyObject(
  engine: Engine,
  request: CopyObjectRequest,
): Promise<CopyObjectResult> {
  const { bucket, key, sourceBucket, sourceKey, sourceVersionId, signal } = request;
  checkObjectKey(key);
  checkObjectKey(sourceKey);
  checkVersionId(sourceVersionId);
  const attributes = checkAttributes(request);
  const manifestId = newId(engine);
  const source = { bucket: sourceBucket, expectedBucketOwner: request.expectedSourceBucketOwner };
  const foundSource = await findBucket(engine, { ...source, signal });
  const found = await findBucket(engine, request);
  const sourceReads = keyReads(foundSource, sourceKey, sourceVersionId);
  const targetReads = keyReads(found, key);
  return await engine.store.transact(
    (tx) => {
      const from = bucketIn(engine, tx, source);
      const target = bucketIn(engine, tx, request);
      const { space } = target;
      const original = copySourceIn(tx, from, { key: sourceKey, versionId: sourceVersionId });
      checkCopySource(original, request.copySource ?? {});
      checkCopy(request, original);
      const current = headIn(tx, space, key);
      checkWriteConditions(current, request);
      const parts = partsIn(tx, from.space, original);
      // Before what was there is let go of: it may be the source itself.
      for (const part of parts) tx.retainBlob(part.blob);
      const identity = makeRoom(tx, engine, { bucket: target, key, current });
      const record = { ...copyOf(original, { request, attributes, now: tx.now }), ...identity };
      putHead(tx, { space, key, record, parts, manifestId });
      return {
        ...resultOf(record),
        versionId: shownVersion(target, record),
        copySourceVersionId: shownVersion(from, original),
      };
    },
    {
      reads: [
        [engine.root, bucketKey(sourceBucket)],
        [engine.root, bucketKey(bucket)],
        ...sourceReads.reads,
        ...targetReads.reads,
      ],
      ranges: [...sourceReads.ranges, ...targetReads.ranges],
    },
  );
}

interface SourceVersion {
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** The object to copy from. @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND. */
export function copySourceIn(
  tx: Transaction,
  bucket: BucketRecord,
  { key, versionId }: SourceVersion,
): ObjectRecord {
  const current = headIn(tx, bucket.space, key);
  if (versionId === undefined) {
    if (current === undefined) throw noSuchKeyError(key);
    return current;
  }
  const found = versionIn(tx, { bucket, key, current }, versionId);
  if (found === undefined) throw noSuchVersionError(key, versionId);
  if (!isDeleteMarker(found)) return found;
  throw objectError(
    "FIRN_OBJECT_REQUEST_INVALID",
    "The source of a copy request may not specifically refer to a delete marker by version id.",
  );
}

interface Change {
  readonly request: CopyObjectRequest;
  readonly attributes: CheckedAttributes;
  readonly now: number;
}

function copyOf(original: ObjectRecord, { request, attributes, now }: Change): ObjectRecord {
  const { headers, metadata } = request.metadataDirective === "REPLACE" ? attributes : original;
  return {
    ...original,
    headers,
    metadata,
    storageClass: attributes.storageClass,
    tags: request.taggingDirective === "REPLACE" ? attributes.tags : original.tags,
    lastModified: now,
    order: undefined,
    // The copy was not made by the upload: completing that again must not answer with this.
    uploadId: undefined,
  };
}

function checkCopy(request: CopyObjectRequest, original: ObjectRecord): void {
  const { bucket, key, sourceBucket, sourceKey, sourceVersionId } = request;
  const same = bucket === sourceBucket && key === sourceKey && sourceVersionId === undefined;
  if (same && request.metadataDirective !== "REPLACE") {
    throw objectError(
      "FIRN_OBJECT_COPY_UNCHANGED",
      "This copy request is illegal because it is trying to copy an object to itself without " +
        "changing the object's metadata, storage class, website redirect location or encryption " +
        "attributes.",
    );
  }
  const { checksumAlgorithm } = request;
  if (checksumAlgorithm === undefined || checksumAlgorithm === original.checksum?.algorithm) return;
  throw objectError(
    "FIRN_OBJECT_NOT_IMPLEMENTED",
    "A header you provided implies functionality that is not implemented",
    { detail: { header: "x-amz-checksum-algorithm" } },
  );
}

function resultOf(record: ObjectRecord): CopyObjectResult {
  return {
    eTag: quoted(record.etag),
    lastModified: new Date(record.lastModified),
    checksum: record.checksum,
  };
}
