import { long, stream, string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { bodyLength } from "../body-length.ts";
import { bodyChecksum, checksumHeaders } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  encryptionHeaderMembers,
  encryptionHeaders,
  encryptionMembers,
  encryptionOf,
} from "../encryption-headers.ts";
import { expirationHeader, expirationMembers } from "../lifecycle-headers.ts";
import { lockMembers, lockOf } from "../lock-headers.ts";
import {
  attributeMembers,
  bodyCheckMembers,
  checksumHeaderMembers,
  conditionMembers,
  objectMembers,
  versionHeaderMembers,
} from "../members.ts";
import { writtenAccess } from "../written-access.ts";
import { objectAttributes, writtenVersion } from "../object-headers.ts";

export const putObject: S3Operation = operation({
  name: "PutObject",
  http: { method: "PUT", path: "/{Bucket}/{Key+}" },
  input: {
    ...objectMembers,
    ...attributeMembers,
    ...conditionMembers,
    ...bodyCheckMembers,
    ...encryptionMembers,
    ...lockMembers,
    WriteOffsetBytes: long({ in: "header", name: "x-amz-write-offset-bytes", min: 0 }),
    Body: stream(),
  },
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
    const { Body: body } = input;
    const made = await context.objects.putObject({
      bucket: input.Bucket,
      key: input.Key,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      body,
      contentLength: bodyLength(body, context.raw),
      contentMD5: input.ContentMD5,
      checksum: bodyChecksum({
        headers: input.Checksums,
        announced: input.ChecksumAlgorithm,
        body,
        raw: context.raw,
      }),
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      writeOffsetBytes: input.WriteOffsetBytes,
      ...objectAttributes(input),
      ...(await writtenAccess(input.Bucket, input, context)),
      ...encryptionOf(input, context),
      ...lockOf(input),
      // A body that is here is stored whether its client stays or not.
      signal: body.isHere === true ? undefined : context.signal,
    });
    return {
      ETag: made.eTag,
      VersionId: writtenVersion(made.versionId),
      ...encryptionHeaders(made),
      Expiration: expirationHeader(made.expiration),
      Size: input.WriteOffsetBytes === undefined ? undefined : made.size,
      Checksums: checksumHeaders(made.checksum, made.checksum?.type),
    };
  },
});
