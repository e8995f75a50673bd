import { string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";

export const getBucketVersioning: S3Operation = operation({
  name: "GetBucketVersioning",
  http: { method: "GET", path: "/{Bucket}", query: ["versioning"] },
  input: { ...bucketMembers },
  output: { Status: string() },
  outputRoot: "VersioningConfiguration",
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    const { status } = await context.objects.getBucketVersioning({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    return { Status: status };
  },
});
