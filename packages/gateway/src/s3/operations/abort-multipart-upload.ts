import { string, unsupported } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { objectMembers } from "../members.ts";

export const abortMultipartUpload: S3Operation = operation({
  name: "AbortMultipartUpload",
  http: { method: "DELETE", path: "/{Bucket}/{Key+}", query: ["uploadId"], status: 204 },
  input: {
    ...objectMembers,
    UploadId: string({ in: "query", name: "uploadId", required: true }),
    IfMatchInitiatedTime: unsupported({ in: "header", name: "x-amz-if-match-initiated-time" }),
  },
  output: {},
  errors: ["NoSuchBucket", "NoSuchUpload", "AccessDenied"],
  async handler(input, context) {
    await context.objects.abortMultipartUpload({
      bucket: input.Bucket,
      key: input.Key,
      uploadId: input.UploadId,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    return {};
  },
});
