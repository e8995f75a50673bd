import { integer, string, timestamp } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { checksumMembers } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  copySourceConditions,
  copySourceMembers,
  copySourceVersionMembers,
  parseCopySource,
} from "../copy-source.ts";
import {
  customerKeyMembers,
  customerKeyOf,
  encryptionHeaderMembers,
  encryptionHeaders,
  sourceKeyOf,
} from "../encryption-headers.ts";
import { checksumXmlMembers, objectMembers } from "../members.ts";

export const uploadPartCopy: S3Operation = operation({
  name: "UploadPartCopy",
  http: {
    method: "PUT",
    path: "/{Bucket}/{Key+}",
    query: ["partNumber", "uploadId"],
    headers: ["x-amz-copy-source"],
  },
  input: {
    ...objectMembers,
    ...customerKeyMembers,
    ...copySourceMembers,
    CopySourceRange: string({ in: "header", name: "x-amz-copy-source-range" }),
    PartNumber: integer({ in: "query", name: "partNumber", required: true }),
    UploadId: string({ in: "query", name: "uploadId", required: true }),
  },
  output: {
    ETag: string(),
    LastModified: timestamp(),
    ...checksumXmlMembers,
    ...copySourceVersionMembers,
    ...encryptionHeaderMembers,
  },
  outputRoot: "CopyPartResult",
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "NoSuchUpload",
    "InvalidArgument",
    "InvalidRange",
    "InvalidRequest",
    "PreconditionFailed",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const source = parseCopySource(input.CopySource);
    await context.access.requireSource(source);
    const part = await context.objects.uploadPartCopy({
      bucket: input.Bucket,
      key: input.Key,
      uploadId: input.UploadId,
      partNumber: input.PartNumber,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      sourceBucket: source.bucket,
      sourceKey: source.key,
      sourceVersionId: source.versionId,
      expectedSourceBucketOwner: requiredOwner(context, input.ExpectedSourceBucketOwner),
      copySource: copySourceConditions(input),
      copySourceRange: input.CopySourceRange,
      sseCustomerKey: customerKeyOf(input, context),
      copySourceSSECustomerKey: sourceKeyOf(input, context),
      signal: context.signal,
    });
    return {
      ETag: part.eTag,
      LastModified: part.lastModified.getTime(),
      CopySourceVersionId: part.copySourceVersionId,
      ...encryptionHeaders(part),
      ...checksumMembers(part.checksum),
    };
  },
});
