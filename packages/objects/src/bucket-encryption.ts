import type { BucketRequest } from "./bucket-types.ts";
import type { BucketEncryption } from "./encryption/encryption-types.ts";
import { findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { changeBucket } from "./change-bucket.ts";

export interface PutBucketEncryptionRequest extends BucketRequest {
  readonly encryption: BucketEncryption;
}

/** @throws FIRN_BUCKET_ENCRYPTION_NOT_FOUND when writes that say nothing are not encrypted. */
export async function getBucketEncryption(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketEncryption> {
  const { encryption } = await findBucket(engine, request);
  if (encryption !== undefined) return encryption;
  throw objectError(
    "FIRN_BUCKET_ENCRYPTION_NOT_FOUND",
    "The server side encryption configuration was not found",
    { detail: { bucket: request.bucket } },
  );
}

/** From now on; what is stored stays as it is. */
export async function putBucketEncryption(
  engine: Engine,
  request: PutBucketEncryptionRequest,
): Promise<void> {
  const { encryption } = request;
  if (encryption.keyId !== undefined && encryption.algorithm !== "aws:kms") {
    throw objectError(
      "FIRN_OBJECT_ENCRYPTION_INVALID",
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or " +
        "aws:kms:dsse",
    );
  }
  await changeBucket(engine, request, (bucket) => ({ ...bucket, encryption }));
}

export async function deleteBucketEncryption(
  engine: Engine,
  request: BucketRequest,
): Promise<void> {
  await changeBucket(engine, request, (bucket) => ({ ...bucket, encryption: undefined }));
}
