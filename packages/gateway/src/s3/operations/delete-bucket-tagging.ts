import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";

export const deleteBucketTagging: S3Operation = operation({
  name: "DeleteBucketTagging",
  http: { method: "DELETE", path: "/{Bucket}", query: ["tagging"], status: 204 },
  input: { ...bucketMembers },
  output: {},
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    await context.objects.deleteBucketTagging({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    return {};
  },
});
