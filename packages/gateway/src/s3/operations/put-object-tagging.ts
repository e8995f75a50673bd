import { blob, string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { PUT_TAGS } from "../authorization/access-rules.ts";
import { checkBufferedBody } from "../buffered-body.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bodyCheckMembers, objectMembers, versionHeaderMembers } from "../members.ts";
import { readTagging } from "../tag-documents.ts";

export const putObjectTagging: S3Operation = operation({
  name: "PutObjectTagging",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", query: ["tagging"] },
  input: {
    ...objectMembers,
    ...bodyCheckMembers,
    VersionId: string({ in: "query", name: "versionId" }),
    Tagging: blob({ in: "payload" }),
  },
  output: { ...versionHeaderMembers },
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "MethodNotAllowed",
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
    const tags = readTagging(body);
    await context.access.require({
      rule: PUT_TAGS,
      bucket: input.Bucket,
      key: input.Key,
      versionId: input.VersionId,
      facts: { requestTags: tags },
    });
    const putting = context.objects.putObjectTagging({
      bucket: input.Bucket,
      key: input.Key,
      versionId: input.VersionId,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      tags,
      signal: context.signal,
    });
    const { versionId } = await putting;
    return { VersionId: versionId };
  },
});
