import { ReadyBody, escapeXml } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";
import { S3_NAMESPACE } from "../namespace.ts";

export const getBucketLocation: S3Operation = operation({
  name: "GetBucketLocation",
  http: { method: "GET", path: "/{Bucket}", query: ["location"] },
  input: { ...bucketMembers },
  output: {},
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    const { bucketRegion } = await context.objects.headBucket({
      bucket: input.Bucket,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    // The one document of S3 whose root is text; us-east-1 is written as nothing.
    const text = bucketRegion === "us-east-1" ? "" : escapeXml(bucketRegion);
    return new ReadyBody(
      `<?xml version="1.0" encoding="UTF-8"?>\n` +
        `<LocationConstraint xmlns="${S3_NAMESPACE}">${text}</LocationConstraint>`,
    );
  },
});
