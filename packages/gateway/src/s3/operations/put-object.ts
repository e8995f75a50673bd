import { long, string } from "@firn/wire";
import { checksumHeaders } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { encryptionHeaderMembers } from "../encryption-headers.ts";
import { expirationHeader, expirationMembers } from "../lifecycle-headers.ts";
import { checksumHeaderMembers, versionHeaderMembers } from "../members.ts";
import { writtenVersion } from "../object-headers.ts";
import { putObjectMembers } from "../put-object-members.ts";
import { putRequest } from "../put-request.ts";
import { writtenAccess } from "../written-access.ts";

export const putObject: S3Operation = operation({
  name: "PutObject",
  http: { method: "PUT", path: "/{Bucket}/{Key+}" },
  input: { ...putObjectMembers },
  output: {
    ETag: string({ in: "header", name: "etag" }),
    ...checksumHeaderMembers,
    ...versionHeaderMembers,
    ...encryptionHeaderMembers,
    ...expirationMembers,
    Size: long({ in: "header", name: "x-amz-object-size" }),
  },
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "KeyTooLongError",
    "MetadataTooLarge",
    "InvalidTag",
    "EntityTooLarge",
    "MissingContentLength",
    "IncompleteBody",
    "InvalidDigest",
    "BadDigest",
    "InvalidRequest",
    "InvalidStorageClass",
    "InvalidWriteOffset",
    "InvalidEncryptionAlgorithmError",
    "KMS.NotFoundException",
    "KMS.DisabledException",
    "PreconditionFailed",
    "AccessControlListNotSupported",
    "UnresolvableGrantByEmailAddress",
    "NotImplemented",
  ],
  async handler(input, context) {
    const access = writtenAccess(input.Bucket, input, context);
    const written = access instanceof Promise ? await access : access;
    const made = await context.objects.putObject(putRequest(input, context, written));
    return {
      ETag: made.eTag,
      VersionId: writtenVersion(made.versionId),
      ServerSideEncryption: made.serverSideEncryption,
      SSEKMSKeyId: made.ssekmsKeyId,
      BucketKeyEnabled: made.bucketKeyEnabled,
      SSECustomerAlgorithm: made.sseCustomerAlgorithm,
      SSECustomerKeyMD5: made.sseCustomerKeyMD5,
      Expiration: expirationHeader(made.expiration),
      Size: input.WriteOffsetBytes === undefined ? undefined : made.size,
      Checksums: checksumHeaders(made.checksum, made.checksum?.type),
    };
  },
});
