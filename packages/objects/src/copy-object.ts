import type { Transaction } from "@firn/core";
import { checkAttributes } from "./attributes.ts";
import type { CheckedAttributes } from "./attributes.ts";
import { checkCopySource, checkWriteConditions, noSuchKeyError, quoted } from "./conditions.ts";
import { READ_ATTEMPTS_MAX } from "./constants.ts";
import { withBody } from "./body/stage-body.ts";
import { copiedMarkerError, isPlannedFor, planCopy, sourceBucketOf } from "./copy-plan.ts";
import type { CopyPlan } from "./copy-plan.ts";
import { encryptionResult } from "./encryption/seals.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { newId } from "./ids.ts";
import { isDeleteMarker } from "./layout/records.ts";
import type { BucketRecord, ObjectPart, ObjectRecord } from "./layout/records.ts";
import { noticeOf } from "./lifecycle/lifecycle-configuration.ts";
import type { Ruled } from "./lifecycle/lifecycle-rules.ts";
import { checkLockRequest, newLock } from "./lock/lock-rules.ts";
import { noteWritten } from "./notifications/outbox.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, partsIn, putHead } from "./object-heads.ts";
import type { CopyObjectRequest, CopyObjectResult } from "./object-types.ts";
import { discardPacks, packAttacher } from "./packing/stage-packed.ts";
import { attachPart } from "./put-object.ts";
import {
  checkVersionId,
  keyReads,
  makeRoom,
  noSuchVersionError,
  shownVersion,
  versionIn,
} from "./object-versions.ts";

/**
 * As it is found, the source says how it is copied: by reference, in one transaction and whatever
 * its size, or, where the stored bytes cannot be shared, by reading and writing them.
 */
export async function copyObject(
  engine: Engine,
  request: CopyObjectRequest,
): Promise<CopyObjectResult> {
  checkObjectKey(request.key);
  checkObjectKey(request.sourceKey);
  checkVersionId(request.sourceVersionId);
  const attributes = checkAttributes(request);
  const lock = checkLockRequest(request, engine.store.clock.now());
  const buckets: CopiedBetween = {
    source: await findBucket(engine, sourceBucketOf(request)),
    target: await findBucket(engine, request),
  };
  for (let attempt = 1; ; attempt++) {
    const plan = await planCopy(engine, request, { ...buckets, attributes, lock });
    const { body, packs } = plan;
    const made = await withBody(engine, { body, signal: request.signal }, () =>
      commitCopy(engine, request, plan),
    ).finally(() => discardPacks(engine, packs));
    if (made === undefined && attempt < READ_ATTEMPTS_MAX) continue;
    if (made === undefined) throw noSuchKeyError(request.sourceKey);
    const { record, ...result } = made;
    const { key } = request;
    return { ...result, expiration: await noticeOf(engine, buckets.target, { key, record }) };
  }
}

export interface CopiedBetween {
  readonly source: BucketRecord;
  readonly target: BucketRecord;
}

/**
 * One transaction: the conditions, and the copy with the bytes that the plan has made or with
 * references to the source's blobs. Its ETag is then the source's, that of an object uploaded in
 * parts included (AWS hashes the bytes anew). `undefined` when the source is not the one planned
 * for any more.
 */
async function commitCopy(
  engine: Engine,
  request: CopyObjectRequest,
  plan: CopyPlan,
): Promise<(CopyObjectResult & { readonly record: Ruled }) | undefined> {
  const { bucket, key, sourceBucket, sourceKey, sourceVersionId } = request;
  const manifestId = newId(engine);
  const sourceReads = keyReads(plan.source, sourceKey, sourceVersionId);
  const targetReads = keyReads(plan.target, key);
  return await engine.store.transact(
    (tx) => {
      const from = bucketIn(engine, tx, sourceBucketOf(request));
      const target = bucketIn(engine, tx, request);
      const { space } = target;
      const original = copySourceIn(tx, from, { key: sourceKey, versionId: sourceVersionId });
      checkCopySource(original, request.copySource ?? {});
      checkCopy(request, original);
      if (!isPlannedFor(plan, original)) return undefined;
      const current = headIn(tx, space, key);
      checkWriteConditions(current, request);
      const parts = copiedParts(tx, from, { original, plan });
      const identity = makeRoom(tx, engine, { bucket: target, key, current });
      const copy = copyOf(original, { request, attributes: plan.attributes, now: tx.now });
      const locks = newLock(target, plan.lock, tx.now);
      const record = { ...copy, ...plan.changes, ...locks, ...identity };
      putHead(tx, { bucket: target, key, record, parts, manifestId });
      const written = { bucketName: bucket, bucket: target, key, record };
      noteWritten(tx, engine, { name: "s3:ObjectCreated:Copy", ...written });
      return {
        ...resultOf(record),
        record,
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

function copiedParts(
  tx: Transaction,
  from: BucketRecord,
  { original, plan }: { readonly original: ObjectRecord; readonly plan: CopyPlan },
): readonly ObjectPart[] {
  if (plan.body !== undefined) return attachPart(tx, plan.body);
  const parts = partsIn(tx, from.space, original);
  const attach = packAttacher(tx, plan.packs);
  return parts.map((part) => {
    const packed = attach(part);
    if (packed !== undefined) return packed;
    // Before what was there is let go of: it may be the source itself.
    tx.retainBlob(part.blob);
    return part;
  });
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
  throw copiedMarkerError();
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
    // Of S3's directives none copies it.
    websiteRedirect: attributes.websiteRedirect,
    owner: attributes.owner,
    acl: attributes.acl,
    tags: request.taggingDirective === "REPLACE" ? attributes.tags : original.tags,
    lastModified: now,
    order: undefined,
    // A lock belongs to a version, not to its bytes.
    retention: undefined,
    legalHold: undefined,
    restore: undefined,
    renamedBy: undefined,
    // The copy was not made by the upload: completing that again must not answer with this.
    uploadId: undefined,
  };
}

function checkCopy(request: CopyObjectRequest, original: ObjectRecord): void {
  const { bucket, key, sourceBucket, sourceKey, sourceVersionId } = request;
  const same = bucket === sourceBucket && key === sourceKey && sourceVersionId === undefined;
  if (same && request.metadataDirective !== "REPLACE" && !changesStorage(request, original)) {
    throw objectError(
      "FIRN_OBJECT_COPY_UNCHANGED",
      "This copy request is illegal because it is trying to copy an object to itself without " +
        "changing the object's metadata, storage class, website redirect location or encryption " +
        "attributes.",
    );
  }
}

/** A copy onto itself may change how the object is stored alone. */
function changesStorage(request: CopyObjectRequest, original: ObjectRecord): boolean {
  const { storageClass = "STANDARD", serverSideEncryption, sseCustomerKey } = request;
  if (request.websiteRedirectLocation !== undefined) return true;
  const seals = serverSideEncryption !== undefined || sseCustomerKey !== undefined;
  return seals || storageClass !== original.storageClass;
}

function resultOf(record: ObjectRecord): CopyObjectResult {
  return {
    eTag: quoted(record.etag),
    lastModified: new Date(record.lastModified),
    checksum: record.checksum,
    ...encryptionResult(record.seal),
  };
}
