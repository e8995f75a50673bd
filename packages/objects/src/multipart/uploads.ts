import { prefixEnd } from "@firn/core";
import type { KeySpaceId, RangePage, Transaction } from "@firn/core";
import { PARTS_MAX } from "../constants.ts";
import { findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { partKey, partNumberOf, partsPrefix, uploadKey } from "../layout/key-layout.ts";
import { unpackUpload, unpackUploadedPart } from "../layout/records.ts";
import type { BucketRecord, PartRecord, UploadRecord } from "../layout/records.ts";
import type { UploadRequest } from "../multipart-types.ts";
import { checkObjectKey } from "../names/object-key.ts";

export interface FoundUpload {
  readonly bucket: BucketRecord;
  readonly upload: UploadRecord;
}

/** @throws FIRN_UPLOAD_NOT_FOUND, FIRN_BUCKET_NOT_FOUND. */
export async function findUpload(engine: Engine, request: UploadRequest): Promise<FoundUpload> {
  checkObjectKey(request.key);
  const bucket = await findBucket(engine, request);
  const bytes = await engine.store.get(bucket.space, uploadKey(request.key, request.uploadId));
  if (bytes === undefined) throw noSuchUploadError(request.uploadId);
  return { bucket, upload: unpackUpload(bytes) };
}

/** The upload inside a transaction, or `undefined`. */
export function uploadIn(
  tx: Transaction,
  space: KeySpaceId,
  { key, uploadId }: UploadRequest,
): UploadRecord | undefined {
  const bytes = tx.get(space, uploadKey(key, uploadId));
  return bytes === undefined ? undefined : unpackUpload(bytes);
}

export interface NumberedPart extends PartRecord {
  readonly partNumber: number;
}

/** The range of all parts of an upload. */
export function allParts(uploadId: string): RangePage {
  const gte = partsPrefix(uploadId);
  return { gte, lt: prefixEnd(gte), limit: PARTS_MAX };
}

export function partsOfUpload(
  tx: Transaction,
  space: KeySpaceId,
  uploadId: string,
): NumberedPart[] {
  return tx
    .range(space, allParts(uploadId))
    .map(({ key, value }) => ({ partNumber: partNumberOf(key), ...unpackUploadedPart(value) }));
}

/** Forgets an upload and its parts; the caller has taken or released their blobs. */
export function removeUpload(
  tx: Transaction,
  space: KeySpaceId,
  removed: { readonly request: UploadRequest; readonly parts: readonly NumberedPart[] },
): void {
  const { key, uploadId } = removed.request;
  for (const { partNumber } of removed.parts) tx.delete(space, partKey(uploadId, partNumber));
  tx.delete(space, uploadKey(key, uploadId));
}

export function noSuchUploadError(uploadId: string): Error {
  return objectError(
    "FIRN_UPLOAD_NOT_FOUND",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have " +
      "been aborted or completed.",
    { detail: { uploadId } },
  );
}
