import { blob, long, string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { checksumIn, checksumMembers } from "../checksum-headers.ts";
import { readCompleteRequest } from "../complete-request.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  customerKeyMembers,
  customerKeyOf,
  encryptionHeaderMembers,
  encryptionHeaders,
} from "../encryption-headers.ts";
import { expirationHeader, expirationMembers } from "../lifecycle-headers.ts";
import {
  checksumHeaderMembers,
  checksumXmlMembers,
  conditionMembers,
  objectMembers,
  versionHeaderMembers,
} from "../members.ts";
import { writtenVersion } from "../object-headers.ts";

export const completeMultipartUpload: S3Operation = operation({
  name: "CompleteMultipartUpload",
  http: { method: "POST", path: "/{Bucket}/{Key+}", query: ["uploadId"] },
  input: {
    ...objectMembers,
    ...conditionMembers,
    ...checksumHeaderMembers,
    ...customerKeyMembers,
    UploadId: string({ in: "query", name: "uploadId", required: true }),
    ChecksumType: string({
      in: "header",
      name: "x-amz-checksum-type",
      values: ["COMPOSITE", "FULL_OBJECT"],
    }),
    MpuObjectSize: long({ in: "header", name: "x-amz-mp-object-size" }),
    MultipartUpload: blob({ in: "payload" }),
  },
  output: {
    Location: string(),
    Bucket: string(),
    Key: string(),
    ETag: string(),
    ...checksumXmlMembers,
    ChecksumType: string(),
    ...versionHeaderMembers,
    ...encryptionHeaderMembers,
    ...expirationMembers,
  },
  outputRoot: "CompleteMultipartUploadResult",
  errors: [
    "NoSuchBucket",
    "NoSuchUpload",
    "MalformedXML",
    "InvalidPart",
    "InvalidPartOrder",
    "EntityTooSmall",
    "BadDigest",
    "InvalidRequest",
    "PreconditionFailed",
    "AccessDenied",
  ],
  async handler(input, context) {
    const made = await context.objects.completeMultipartUpload({
      bucket: input.Bucket,
      key: input.Key,
      uploadId: input.UploadId,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      parts: readCompleteRequest(input.MultipartUpload ?? new Uint8Array()),
      checksum: checksumIn(input.Checksums),
      checksumType: input.ChecksumType,
      mpuObjectSize: input.MpuObjectSize,
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      sseCustomerKey: customerKeyOf(input, context),
      signal: context.signal,
    });
    return {
      Location: `http://${context.raw.host}${context.raw.path}`,
      Bucket: input.Bucket,
      Key: input.Key,
      ETag: made.eTag,
      ...checksumMembers(made.checksum),
      ChecksumType: made.checksum?.type,
      VersionId: writtenVersion(made.versionId),
      ...encryptionHeaders(made),
      Expiration: expirationHeader(made.expiration),
    };
  },
});
