import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";

export const deleteBucket: S3Operation = operation({
  name: "DeleteBucket",
  http: { method: "DELETE", path: "/{Bucket}", status: 204 },
  input: { ...bucketMembers },
  output: {},
  errors: ["NoSuchBucket", "BucketNotEmpty", "AccessDenied"],
  async handler(input, context) {
    await context.objects.deleteBucket({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    return {};
  },
});
