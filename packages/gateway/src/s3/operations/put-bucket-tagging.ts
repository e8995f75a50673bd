import { blob } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { checkBufferedBody } from "../buffered-body.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";
import { readTagging } from "../tag-documents.ts";

export const putBucketTagging: S3Operation = operation({
  name: "PutBucketTagging",
  http: { method: "PUT", path: "/{Bucket}", query: ["tagging"], status: 204 },
  input: { ...bucketMembers, ...bodyCheckMembers, Tagging: blob({ in: "payload" }) },
  output: {},
  errors: [
    "NoSuchBucket",
    "MalformedXML",
    "InvalidTag",
    "InvalidRequest",
    "InvalidDigest",
    "BadDigest",
    "AccessDenied",
  ],
  async handler(input, context) {
    const body = input.Tagging ?? new Uint8Array();
    checkBufferedBody(body, input);
    await context.objects.putBucketTagging({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      tags: readTagging(body),
      signal: context.signal,
    });
    return {};
  },
});
