import { string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";

export const headBucket: S3Operation = operation({
  name: "HeadBucket",
  http: { method: "HEAD", path: "/{Bucket}" },
  input: { ...bucketMembers },
  output: {
    BucketRegion: string({ in: "header", name: "x-amz-bucket-region" }),
    AccessPointAlias: string({ in: "header", name: "x-amz-access-point-alias" }),
    BucketArn: string({ in: "header", name: "x-amz-bucket-arn" }),
  },
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    const bucket = await context.objects.headBucket({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    return {
      BucketRegion: bucket.bucketRegion,
      AccessPointAlias: "false",
      BucketArn: `arn:aws:s3:::${bucket.name}`,
    };
  },
});
