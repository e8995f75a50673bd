import { string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { objectMembers, versionHeaderMembers } from "../members.ts";

export const deleteObjectTagging: S3Operation = operation({
  name: "DeleteObjectTagging",
  http: { method: "DELETE", path: "/{Bucket}/{Key+}", query: ["tagging"], status: 204 },
  input: { ...objectMembers, VersionId: string({ in: "query", name: "versionId" }) },
  output: { ...versionHeaderMembers },
  errors: ["NoSuchBucket", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "AccessDenied"],
  async handler(input, context) {
    const deleting = context.objects.deleteObjectTagging({
      bucket: input.Bucket,
      key: input.Key,
      versionId: input.VersionId,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    const { versionId } = await deleting;
    return { VersionId: versionId };
  },
});
