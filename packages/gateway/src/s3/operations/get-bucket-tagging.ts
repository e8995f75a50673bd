import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";
import { tagSet, tagSetMembers } from "../tag-documents.ts";

export const getBucketTagging: S3Operation = operation({
  name: "GetBucketTagging",
  http: { method: "GET", path: "/{Bucket}", query: ["tagging"] },
  input: { ...bucketMembers },
  output: { ...tagSetMembers },
  outputRoot: "Tagging",
  errors: ["NoSuchBucket", "NoSuchTagSet", "AccessDenied"],
  async handler(input, context) {
    const tags = await context.objects.getBucketTagging({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    return { TagSet: tagSet(tags) };
  },
});
