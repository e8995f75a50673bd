import { integer, long, map, string, timestamp, unsupported } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { checksumHeaderMembers, objectMembers } from "../members.ts";
import { readConditionMembers, refusedReads } from "../members.ts";
import { objectHeaders } from "../object-headers.ts";
import { readConditions, withNotModified } from "../read-conditions.ts";

export const headObject: S3Operation = operation({
  name: "HeadObject",
  http: { method: "HEAD", path: "/{Bucket}/{Key+}" },
  input: {
    ...objectMembers,
    ...readConditionMembers,
    ...refusedReads,
    ChecksumMode: string({ in: "header", name: "x-amz-checksum-mode" }),
    PartNumber: unsupported({ in: "query", name: "partNumber" }),
    ResponseCacheControl: string({ in: "query", name: "response-cache-control" }),
    ResponseContentDisposition: string({ in: "query", name: "response-content-disposition" }),
    ResponseContentEncoding: string({ in: "query", name: "response-content-encoding" }),
    ResponseContentLanguage: string({ in: "query", name: "response-content-language" }),
    ResponseContentType: string({ in: "query", name: "response-content-type" }),
    ResponseExpires: string({ in: "query", name: "response-expires" }),
  },
  output: {
    Status: integer({ in: "status" }),
    AcceptRanges: string({ in: "header", name: "accept-ranges" }),
    LastModified: timestamp({ in: "header", name: "last-modified" }),
    ContentLength: long({ in: "header", name: "content-length" }),
    ETag: string({ in: "header", name: "etag" }),
    ...checksumHeaderMembers,
    CacheControl: string({ in: "header", name: "cache-control" }),
    ContentDisposition: string({ in: "header", name: "content-disposition" }),
    ContentEncoding: string({ in: "header", name: "content-encoding" }),
    ContentLanguage: string({ in: "header", name: "content-language" }),
    ContentRange: string({ in: "header", name: "content-range" }),
    ContentType: string({ in: "header", name: "content-type" }),
    Expires: string({ in: "header", name: "expires" }),
    Metadata: map(string(), { in: "headers", name: "x-amz-meta-" }),
  },
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "InvalidRange",
    "PreconditionFailed",
    "NotModified",
    "AccessDenied",
    "NotImplemented",
  ],
  async handler(input, context) {
    const found = await withNotModified(
      context.objects.headObject({
        bucket: input.Bucket,
        key: input.Key,
        expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
        ...readConditions(input),
        range: input.Range,
        signal: context.signal,
      }),
    );
    return objectHeaders(found, input);
  },
});
