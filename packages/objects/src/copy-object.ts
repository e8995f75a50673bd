import { checkAttributes } from "./attributes.ts";
import type { CheckedAttributes } from "./attributes.ts";
import { checkCopySource, checkWriteConditions, noSuchKeyError, quoted } from "./conditions.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { newId } from "./ids.ts";
import { headKey } from "./layout/key-layout.ts";
import type { ObjectRecord } from "./layout/records.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, partsIn, replaceHead } from "./object-heads.ts";
import type { CopyObjectRequest, CopyObjectResult } from "./object-types.ts";

/**
 * One transaction: the copy takes references to the source's blobs. Its ETag is the source's, that
 * of an object uploaded in parts included (AWS hashes the bytes anew).
 */
export async function copyObject(
  engine: Engine,
  request: CopyObjectRequest,
): Promise<CopyObjectResult> {
  const { bucket, key, sourceBucket, sourceKey, signal } = request;
  checkObjectKey(key);
  checkObjectKey(sourceKey);
  const attributes = checkAttributes(request);
  const manifestId = newId(engine);
  const source = { bucket: sourceBucket, expectedBucketOwner: request.expectedSourceBucketOwner };
  const { space: sourceSpace } = await findBucket(engine, { ...source, signal });
  const { space: targetSpace } = await findBucket(engine, request);
  return await engine.store.transact(
    (tx) => {
      const from = bucketIn(engine, tx, source).space;
      const { space } = bucketIn(engine, tx, request);
      const original = headIn(tx, from, sourceKey);
      if (original === undefined) throw noSuchKeyError(sourceKey);
      checkCopySource(original, request.copySource ?? {});
      checkCopy(request, original);
      const current = headIn(tx, space, key);
      checkWriteConditions(current, request);
      const parts = partsIn(tx, from, original);
      // Before what was there is let go of: it may be the source itself.
      for (const part of parts) tx.retainBlob(part.blob);
      const record = copyOf(original, { request, attributes, now: tx.now });
      replaceHead(tx, { space, key, current, record, parts, manifestId });
      return resultOf(record);
    },
    {
      reads: [
        [engine.root, bucketKey(sourceBucket)],
        [engine.root, bucketKey(bucket)],
        [sourceSpace, headKey(sourceKey)],
        [targetSpace, headKey(key)],
      ],
    },
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
    lastModified: now,
    // The copy was not made by the upload: completing that again must not answer with this.
    uploadId: undefined,
  };
}

function checkCopy(request: CopyObjectRequest, original: ObjectRecord): void {
  const same = request.bucket === request.sourceBucket && request.key === request.sourceKey;
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
