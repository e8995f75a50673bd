import { string, timestamp } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { algorithmNamed, checksumMembers } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  copySourceConditions,
  copySourceMembers,
  copySourceVersionMembers,
  parseCopySource,
} from "../copy-source.ts";
import {
  encryptionHeaderMembers,
  encryptionHeaders,
  encryptionMembers,
  encryptionOf,
  sourceKeyOf,
} from "../encryption-headers.ts";
import { expirationHeader, expirationMembers } from "../lifecycle-headers.ts";
import { lockMembers, lockOf } from "../lock-headers.ts";
import {
  attributeMembers,
  checksumXmlMembers,
  conditionMembers,
  objectMembers,
  versionHeaderMembers,
} from "../members.ts";
import { writtenAccess } from "../written-access.ts";
import { objectAttributes } from "../object-headers.ts";

export const copyObject: S3Operation = operation({
  name: "CopyObject",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", headers: ["x-amz-copy-source"] },
  input: {
    ...objectMembers,
    ...attributeMembers,
    ...conditionMembers,
    ...encryptionMembers,
    ...lockMembers,
    ...copySourceMembers,
    MetadataDirective: string({
      in: "header",
      name: "x-amz-metadata-directive",
      values: ["COPY", "REPLACE"],
    }),
    TaggingDirective: string({
      in: "header",
      name: "x-amz-tagging-directive",
      values: ["COPY", "REPLACE"],
    }),
    ChecksumAlgorithm: string({ in: "header", name: "x-amz-checksum-algorithm" }),
  },
  output: {
    ETag: string(),
    LastModified: timestamp(),
    ChecksumType: string(),
    ...checksumXmlMembers,
    ...versionHeaderMembers,
    ...copySourceVersionMembers,
    ...encryptionHeaderMembers,
    ...expirationMembers,
  },
  outputRoot: "CopyObjectResult",
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "KeyTooLongError",
    "InvalidTag",
    "InvalidEncryptionAlgorithmError",
    "KMS.NotFoundException",
    "KMS.DisabledException",
    "InvalidArgument",
    "InvalidRequest",
    "PreconditionFailed",
    "AccessControlListNotSupported",
    "UnresolvableGrantByEmailAddress",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const source = parseCopySource(input.CopySource);
    await context.access.requireSource(source);
    const algorithm = input.ChecksumAlgorithm;
    const made = await context.objects.copyObject({
      bucket: input.Bucket,
      key: input.Key,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      sourceBucket: source.bucket,
      sourceKey: source.key,
      sourceVersionId: source.versionId,
      expectedSourceBucketOwner: requiredOwner(context, input.ExpectedSourceBucketOwner),
      copySource: copySourceConditions(input),
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      metadataDirective: input.MetadataDirective,
      taggingDirective: input.TaggingDirective,
      checksumAlgorithm: algorithm === undefined ? undefined : algorithmNamed(algorithm),
      ...objectAttributes(input),
      ...(await writtenAccess(input.Bucket, input, context)),
      ...encryptionOf(input, context),
      ...lockOf(input),
      copySourceSSECustomerKey: sourceKeyOf(input, context),
      signal: context.signal,
    });
    return {
      ETag: made.eTag,
      LastModified: made.lastModified.getTime(),
      ChecksumType: made.checksum?.type,
      VersionId: made.versionId,
      CopySourceVersionId: made.copySourceVersionId,
      ...encryptionHeaders(made),
      Expiration: expirationHeader(made.expiration),
      ...checksumMembers(made.checksum),
    };
  },
});
