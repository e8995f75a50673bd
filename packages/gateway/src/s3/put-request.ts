import type { PutObjectRequest } from "@firn/objects";
import type { StructureOf } from "@firn/wire";
import { requiredOwner } from "./access.ts";
import { bodyLength } from "./body-length.ts";
import { bodyChecksum } from "./checksum-headers.ts";
import type { S3Context } from "./context.ts";
import { encryptionOf } from "./encryption-headers.ts";
import { lockOf } from "./lock-headers.ts";
import { objectAttributes } from "./object-headers.ts";
import type { putObjectMembers } from "./put-object-members.ts";
import type { WrittenAccess } from "./written-access.ts";

type PutObjectInput = StructureOf<Readonly<typeof putObjectMembers>>;

/**
 * What PutObject asks of the object store. Member by member: put together of spread parts, it costs
 * more than to store a small object.
 */
export function putRequest(
  input: PutObjectInput,
  context: S3Context,
  { owner, acl }: WrittenAccess,
): PutObjectRequest {
  const { Body: body } = input;
  const { raw } = context;
  const attributes = objectAttributes(input);
  const encryption = encryptionOf(input, context);
  const lock = lockOf(input);
  const whole = body.takeWhole?.();
  return {
    bucket: input.Bucket,
    key: input.Key,
    expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
    body: whole ?? body,
    contentLength: bodyLength(body, raw),
    contentMD5: input.ContentMD5,
    checksum: bodyChecksum({
      headers: input.Checksums,
      announced: input.ChecksumAlgorithm,
      body,
      raw,
    }),
    ifMatch: input.IfMatch,
    ifNoneMatch: input.IfNoneMatch,
    writeOffsetBytes: input.WriteOffsetBytes,
    cacheControl: attributes.cacheControl,
    contentDisposition: attributes.contentDisposition,
    contentEncoding: attributes.contentEncoding,
    contentLanguage: attributes.contentLanguage,
    contentType: attributes.contentType,
    expires: attributes.expires,
    metadata: attributes.metadata,
    storageClass: attributes.storageClass,
    tags: attributes.tags,
    websiteRedirectLocation: attributes.websiteRedirectLocation,
    owner,
    acl,
    serverSideEncryption: encryption.serverSideEncryption,
    ssekmsKeyId: encryption.ssekmsKeyId,
    ssekmsEncryptionContext: encryption.ssekmsEncryptionContext,
    bucketKeyEnabled: encryption.bucketKeyEnabled,
    sseCustomerKey: encryption.sseCustomerKey,
    objectLockMode: lock.objectLockMode,
    objectLockRetainUntilDate: lock.objectLockRetainUntilDate,
    objectLockLegalHoldStatus: lock.objectLockLegalHoldStatus,
    // A body that is here is stored whether its client stays or not.
    signal: whole === undefined ? context.signal : undefined,
  };
}
