import { integer, stream, string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { bodyLength } from "../body-length.ts";
import { bodyChecksum, checksumHeaders } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import {
  customerKeyMembers,
  customerKeyOf,
  encryptionHeaderMembers,
  encryptionHeaders,
} from "../encryption-headers.ts";
import { bodyCheckMembers, checksumHeaderMembers, objectMembers } from "../members.ts";

export const uploadPart: S3Operation = operation({
  name: "UploadPart",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", query: ["partNumber", "uploadId"] },
  input: {
    ...objectMembers,
    ...bodyCheckMembers,
    ...customerKeyMembers,
    PartNumber: integer({ in: "query", name: "partNumber", required: true }),
    UploadId: string({ in: "query", name: "uploadId", required: true }),
    Body: stream(),
  },
  output: {
    ETag: string({ in: "header", name: "etag" }),
    ...checksumHeaderMembers,
    ...encryptionHeaderMembers,
  },
  errors: [
    "NoSuchBucket",
    "NoSuchUpload",
    "InvalidArgument",
    "EntityTooLarge",
    "MissingContentLength",
    "IncompleteBody",
    "InvalidDigest",
    "BadDigest",
    "InvalidRequest",
    "AccessDenied",
  ],
  async handler(input, context) {
    const { Body: body } = input;
    const part = await context.objects.uploadPart({
      bucket: input.Bucket,
      key: input.Key,
      uploadId: input.UploadId,
      partNumber: input.PartNumber,
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
      sseCustomerKey: customerKeyOf(input, context),
      signal: context.signal,
    });
    return {
      ETag: part.eTag,
      Checksums: checksumHeaders(part.checksum),
      ...encryptionHeaders(part),
    };
  },
});
