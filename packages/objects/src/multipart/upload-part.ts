import type { Transaction } from "@firn/core";
import { stageBody, withBody } from "../body/stage-body.ts";
import { quoted } from "../conditions.ts";
import { PARTS_MAX } from "../constants.ts";
import type { CustomerKeyRequest } from "../encryption/encryption-types.ts";
import { encryptionResult, openSeal } from "../encryption/seals.ts";
import type { OpenSeal } from "../encryption/seals.ts";
import { bucketIn, bucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { isInfrequent } from "../lifecycle/storage-classes.ts";
import { partKey, uploadKey } from "../layout/key-layout.ts";
import { packUploadedPart, unpackUploadedPart } from "../layout/records.ts";
import type { PartRecord, UploadRecord } from "../layout/records.ts";
import type { UploadPartRequest, UploadPartResult, UploadRequest } from "../multipart-types.ts";
import type { ChecksumRequest } from "../object-types.ts";
import { findUpload, noSuchUploadError, uploadIn } from "./uploads.ts";

/** As `putObject`: bytes first, then a transaction that gives them their place in the upload. */
export async function uploadPart(
  engine: Engine,
  request: UploadPartRequest,
): Promise<UploadPartResult> {
  const { bucket, key, uploadId, partNumber } = request;
  checkPartNumber(partNumber);
  const { bucket: found, upload } = await findUpload(engine, request);
  const checksum = checksumOf(upload, request);
  const seal = await openUploadSeal(engine, upload, request);
  const packs = isInfrequent(upload.storageClass);
  const body = await stageBody(engine, { ...request, checksum, seal, packs });
  const { etag, size } = body;
  const place = (tx: Transaction): number => {
    const part = {
      blob: body.staged === undefined ? undefined : tx.attachBlob(body.staged),
      size,
      etag,
      checksum: body.checksum,
      checksumAlgorithm: checksum?.algorithm,
      key: body.key,
      packed: body.packed,
      lastModified: tx.now,
    };
    placePart(tx, engine, { request, part });
    return tx.now;
  };
  const reads = [
    [engine.root, bucketKey(bucket)],
    [found.space, uploadKey(key, uploadId)],
    [found.space, partKey(uploadId, partNumber)],
  ] as const;
  const lastModified = await withBody(engine, { body, signal: request.signal }, () =>
    engine.store.transact(place, { reads }),
  );
  return {
    eTag: quoted(etag),
    size,
    lastModified: new Date(lastModified),
    checksum:
      checksum === undefined || body.checksum === undefined
        ? undefined
        : { algorithm: checksum.algorithm, value: body.checksum },
    ...encryptionResult(upload.seal),
  };
}

async function openUploadSeal(
  engine: Engine,
  { seal }: UploadRecord,
  request: CustomerKeyRequest,
): Promise<OpenSeal | undefined> {
  const key = await openSeal(engine, seal, request);
  return seal === undefined || key === undefined ? undefined : { seal, key };
}

export interface PlacedPart {
  readonly request: UploadRequest & { readonly partNumber: number };
  readonly part: PartRecord;
}

/** Gives a part its place in the upload; the one before, if any, is let go of. */
export function placePart(tx: Transaction, engine: Engine, { request, part }: PlacedPart): void {
  const { uploadId, partNumber } = request;
  const { space } = bucketIn(engine, tx, request);
  if (uploadIn(tx, space, request) === undefined) throw noSuchUploadError(uploadId);
  const place = partKey(uploadId, partNumber);
  const before = tx.get(space, place);
  const replaced = before === undefined ? undefined : unpackUploadedPart(before).blob;
  if (replaced !== undefined) tx.releaseBlob(replaced);
  tx.put(space, place, packUploadedPart(part));
}

export function checkPartNumber(value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= PARTS_MAX) return;
  throw objectError(
    "FIRN_OBJECT_ARGUMENT_INVALID",
    "Part number must be an integer between 1 and 10000, inclusive",
    { detail: { argument: "partNumber", value } },
  );
}

/** The upload's algorithm, computed here for a part that comes without. */
function checksumOf(upload: UploadRecord, request: UploadPartRequest): ChecksumRequest | undefined {
  const { checksum } = request;
  const algorithm = upload.checksumAlgorithm;
  if (algorithm === undefined || checksum?.algorithm === algorithm) return checksum;
  if (checksum === undefined) return { algorithm };
  throw objectError(
    "FIRN_UPLOAD_CHECKSUM_TYPE",
    `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, ` +
      `actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
  );
}
