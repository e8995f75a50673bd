import { checkCopySource, quoted } from "../conditions.ts";
import { copySourceIn } from "../copy-object.ts";
import { PUT_BYTES_MAX } from "../constants.ts";
import { checkCustomerKey } from "../encryption/seals.ts";
import { bucketIn, bucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { findObject } from "../find-object.ts";
import type { FoundObject } from "../find-object.ts";
import { getObject } from "../get-object.ts";
import { partKey, uploadKey } from "../layout/key-layout.ts";
import type { ObjectRecord } from "../layout/records.ts";
import { checkReadable } from "../lifecycle/restore.ts";
import type { UploadPartCopyRequest, UploadPartCopyResult } from "../multipart-types.ts";
import { keyReads, shownVersion } from "../object-versions.ts";
import { checkPartNumber, placePart, uploadPart } from "./upload-part.ts";
import { findUpload } from "./uploads.ts";

/**
 * A part that is another object, or a range of one. A whole object of one piece gives its blob,
 * and no byte is moved; anything else is read and written, because a part has a digest of its own.
 */
export async function uploadPartCopy(
  engine: Engine,
  request: UploadPartCopyRequest,
): Promise<UploadPartCopyResult> {
  checkPartNumber(request.partNumber);
  const found = await findObject(engine, sourceOf(request));
  checkCopySource(found.record, request.copySource ?? {});
  const range = checkRange(request.copySourceRange, found.record.size);
  const size = range === undefined ? found.record.size : range.end - range.start;
  if (size > PUT_BYTES_MAX) {
    throw objectError(
      "FIRN_OBJECT_REQUEST_INVALID",
      "The specified copy source is larger than the maximum allowable size for a copy source: " +
        `${PUT_BYTES_MAX}`,
    );
  }
  checkCustomerKey(found.record.seal, request.copySourceSSECustomerKey);
  checkReadable(found.record, engine.store.clock.now());
  const copySourceVersionId = shownVersion(found.bucket, found.record);
  const part = size === found.record.size ? await shareBlob(engine, request, found) : undefined;
  if (part !== undefined) return { ...part, copySourceVersionId };
  const copied = await copyBytes(engine, request, { found, size });
  return { ...copied, copySourceVersionId };
}

type CopiedPart = Omit<UploadPartCopyResult, "copySourceVersionId">;

async function shareBlob(
  engine: Engine,
  request: UploadPartCopyRequest,
  source: FoundObject,
): Promise<CopiedPart | undefined> {
  const { bucket, key, uploadId, partNumber, sourceBucket, sourceKey, sourceVersionId } = request;
  const { bucket: found, upload } = await findUpload(engine, request);
  const algorithm = upload.checksumAlgorithm;
  checkCustomerKey(upload.seal, request.sseCustomerKey);
  if (upload.seal !== undefined || !isOnePiece(source.record, algorithm)) return undefined;
  const sourceReads = keyReads(source.bucket, sourceKey, sourceVersionId);
  return await engine.store.transact(
    (tx) => {
      const from = bucketIn(engine, tx, sourceOf(request));
      const named = { key: sourceKey, versionId: sourceVersionId };
      const record = copySourceIn(tx, from, named);
      const [piece] = record.parts;
      // Written over since it was found: its bytes are copied, as they were then or are now.
      if (record.etag !== source.record.etag || !isOnePiece(record, algorithm)) return undefined;
      if (piece === undefined) return undefined;
      tx.retainBlob(piece.blob);
      const { etag, size, checksum } = record;
      const kept = algorithm === undefined ? undefined : checksum;
      placePart(tx, engine, {
        request,
        part: {
          blob: piece.blob,
          packed: piece.packed,
          size,
          etag,
          checksum: kept?.value,
          checksumAlgorithm: kept?.algorithm,
          lastModified: tx.now,
        },
      });
      return { eTag: quoted(etag), size, lastModified: new Date(tx.now), checksum: kept };
    },
    {
      reads: [
        [engine.root, bucketKey(bucket)],
        [engine.root, bucketKey(sourceBucket)],
        [found.space, uploadKey(key, uploadId)],
        [found.space, partKey(uploadId, partNumber)],
        ...sourceReads.reads,
      ],
      ranges: sourceReads.ranges,
    },
  );
}

/** Not encrypted; its ETag is the MD5 that a part needs, its checksum, if needed, of all bytes. */
function isOnePiece(record: ObjectRecord, algorithm: string | undefined): boolean {
  const [piece, ...others] = record.parts;
  if (piece === undefined || others.length > 0 || record.partsCount !== undefined) return false;
  if (record.seal !== undefined) return false;
  return algorithm === undefined || record.checksum?.algorithm === algorithm;
}

async function copyBytes(
  engine: Engine,
  request: UploadPartCopyRequest,
  { found, size }: { readonly found: FoundObject; readonly size: number },
): Promise<CopiedPart> {
  const source = sourceOf(request);
  // The object that the conditions were checked on, or none.
  const ifMatch = quoted(found.record.etag);
  const range = request.copySourceRange;
  const sourceKey = { sseCustomerKey: request.copySourceSSECustomerKey };
  const { body } = await getObject(engine, { ...source, ...sourceKey, ifMatch, range });
  const { bucket, key, uploadId, partNumber, expectedBucketOwner, sseCustomerKey } = request;
  const { signal } = request;
  const target = { bucket, key, uploadId, partNumber, expectedBucketOwner, sseCustomerKey, signal };
  return await uploadPart(engine, { ...target, body, contentLength: size });
}

function sourceOf(request: UploadPartCopyRequest): Parameters<typeof findObject>[1] {
  return {
    bucket: request.sourceBucket,
    key: request.sourceKey,
    versionId: request.sourceVersionId,
    expectedBucketOwner: request.expectedSourceBucketOwner,
    signal: request.signal,
  };
}

/** Stricter than the range of a read: both ends are given, and both lie in the object. */
function checkRange(
  text: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  if (text === undefined) return undefined;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || Number(last) < Number(first)) {
    throw objectError(
      "FIRN_OBJECT_ARGUMENT_INVALID",
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and " +
        "last are the zero-based offsets of the first and last bytes to copy",
      { detail: { argument: "x-amz-copy-source-range", value: text } },
    );
  }
  if (Number(last) < size) return { start: Number(first), end: Number(last) + 1 };
  throw objectError(
    "FIRN_OBJECT_RANGE_INVALID",
    `Range specified is not valid for source object of size: ${size}`,
    { detail: { rangeRequested: text, actualObjectSize: size } },
  );
}
