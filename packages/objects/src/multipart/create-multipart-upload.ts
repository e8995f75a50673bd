import { checkAttributes } from "../attributes.ts";
import { isCombinable } from "../checksum/combine-crc.ts";
import { isChecksumAlgorithm } from "../checksum/checksum.ts";
import type { ChecksumType } from "../checksum/checksum.ts";
import { encryptionResult, makeSeal } from "../encryption/seals.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import { newUploadId } from "../ids.ts";
import { uploadKey } from "../layout/key-layout.ts";
import { packUpload } from "../layout/records.ts";
import { abortNoticeOf } from "../lifecycle/lifecycle-configuration.ts";
import { checkLockRequest, noLockError } from "../lock/lock-rules.ts";
import type { LockFields } from "../lock/lock-rules.ts";
import type {
  CreateMultipartUploadRequest,
  CreateMultipartUploadResult,
} from "../multipart-types.ts";
import { checkObjectKey } from "../names/object-key.ts";

export async function createMultipartUpload(
  engine: Engine,
  request: CreateMultipartUploadRequest,
): Promise<CreateMultipartUploadResult> {
  throwIfAborted(request.signal);
  checkObjectKey(request.key);
  const attributes = checkAttributes(request);
  const lock = lockOf(engine, request);
  const checksumType = checkChecksumType(request);
  const { checksumAlgorithm } = request;
  const uploadId = newUploadId(engine);
  const bucket = await findBucket(engine, request);
  const seal = (await makeSeal(engine, { request, bucket }))?.seal;
  const initiated = await engine.store.transact(
    (tx) => {
      const { space, owner, lock: locks } = bucketIn(engine, tx, request);
      if (locks === undefined && lock !== undefined) throw noLockError();
      const { accountId } = engine.scope;
      const initiator = accountId === owner ? undefined : accountId;
      const what = { ...attributes, checksumAlgorithm, checksumType, seal, ...lock };
      const upload = { initiated: tx.now, initiator, ...what };
      tx.put(space, uploadKey(request.key, uploadId), packUpload(upload));
      return tx.now;
    },
    { reads: [[engine.root, bucketKey(request.bucket)]] },
  );
  const abort = await abortNoticeOf(engine, bucket, { key: request.key, initiated });
  const made = { uploadId, checksumAlgorithm, checksumType, abort };
  return { ...made, ...encryptionResult(seal) };
}

function lockOf(engine: Engine, request: CreateMultipartUploadRequest): LockFields | undefined {
  const lock = checkLockRequest(request, engine.store.clock.now());
  return lock.retention === undefined && lock.legalHold === undefined ? undefined : lock;
}

/**
 * CRCs of parts combine into that of the whole, except that CRC64NVME has no composite form;
 * digests of parts do not.
 */
function checkChecksumType(request: CreateMultipartUploadRequest): ChecksumType | undefined {
  const { checksumAlgorithm: algorithm, checksumType } = request;
  if (algorithm === undefined) {
    if (checksumType === undefined) return undefined;
    throw typeError(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm " +
        "header.",
    );
  }
  if (!isChecksumAlgorithm(algorithm)) {
    throw typeError(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid " +
        "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  }
  const type = checksumType ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  const possible = type === "FULL_OBJECT" ? isCombinable(algorithm) : algorithm !== "CRC64NVME";
  if (possible) return type;
  throw typeError(
    `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum ` +
      "algorithm.",
  );
}

function typeError(message: string): Error {
  return objectError("FIRN_UPLOAD_CHECKSUM_TYPE", message);
}
