import { string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { algorithmNamed } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  encryptionHeaderMembers,
  encryptionHeaders,
  encryptionMembers,
  encryptionOf,
} from "../encryption-headers.ts";
import { abortHeaders, abortMembers } from "../lifecycle-headers.ts";
import { lockMembers, lockOf } from "../lock-headers.ts";
import { attributeMembers, objectMembers } from "../members.ts";
import { writtenAccess } from "../written-access.ts";
import { objectAttributes } from "../object-headers.ts";

export const createMultipartUpload: S3Operation = operation({
  name: "CreateMultipartUpload",
  http: { method: "POST", path: "/{Bucket}/{Key+}", query: ["uploads"] },
  input: {
    ...objectMembers,
    ...attributeMembers,
    ...encryptionMembers,
    ...lockMembers,
    ChecksumAlgorithm: string({ in: "header", name: "x-amz-checksum-algorithm" }),
    ChecksumType: string({
      in: "header",
      name: "x-amz-checksum-type",
      values: ["COMPOSITE", "FULL_OBJECT"],
    }),
  },
  output: {
    ChecksumAlgorithm: string({ in: "header", name: "x-amz-checksum-algorithm" }),
    ChecksumType: string({ in: "header", name: "x-amz-checksum-type" }),
    Bucket: string(),
    Key: string(),
    UploadId: string(),
    ...encryptionHeaderMembers,
    ...abortMembers,
  },
  outputRoot: "InitiateMultipartUploadResult",
  errors: [
    "NoSuchBucket",
    "KeyTooLongError",
    "MetadataTooLarge",
    "InvalidTag",
    "InvalidEncryptionAlgorithmError",
    "KMS.NotFoundException",
    "KMS.DisabledException",
    "InvalidRequest",
    "AccessControlListNotSupported",
    "UnresolvableGrantByEmailAddress",
    "AccessDenied",
  ],
  async handler(input, context) {
    const algorithm = input.ChecksumAlgorithm;
    const made = await context.objects.createMultipartUpload({
      bucket: input.Bucket,
      key: input.Key,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      checksumAlgorithm: algorithm === undefined ? undefined : algorithmNamed(algorithm),
      checksumType: input.ChecksumType,
      ...objectAttributes(input),
      ...(await writtenAccess(input.Bucket, input, context)),
      ...encryptionOf(input, context),
      ...lockOf(input),
      signal: context.signal,
    });
    return {
      ChecksumAlgorithm: made.checksumAlgorithm,
      ChecksumType: made.checksumType,
      Bucket: input.Bucket,
      Key: input.Key,
      UploadId: made.uploadId,
      ...encryptionHeaders(made),
      ...abortHeaders(made.abort),
    };
  },
});
