import { string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { objectMembers, versionHeaderMembers } from "../members.ts";
import { pastOf } from "../past-reads.ts";
import { tagSet, tagSetMembers } from "../tag-documents.ts";

export const getObjectTagging: S3Operation = operation({
  name: "GetObjectTagging",
  http: { method: "GET", path: "/{Bucket}/{Key+}", query: ["tagging"] },
  input: { ...objectMembers, VersionId: string({ in: "query", name: "versionId" }) },
  output: { ...versionHeaderMembers, ...tagSetMembers },
  outputRoot: "Tagging",
  errors: ["NoSuchBucket", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "AccessDenied"],
  async handler(input, context) {
    const from = (await pastOf(input.Bucket, context)) ?? context.objects;
    const reading = from.getObjectTagging({
      bucket: input.Bucket,
      key: input.Key,
      versionId: input.VersionId,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      signal: context.signal,
    });
    const { tags, versionId } = await reading;
    return { VersionId: versionId, TagSet: tagSet(tags) };
  },
});
