import { boolean, string, unsupported } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { conditionMembers, objectMembers, versionHeaderMembers } from "../members.ts";

export const deleteObject: S3Operation = operation({
  name: "DeleteObject",
  http: { method: "DELETE", path: "/{Bucket}/{Key+}", status: 204 },
  input: {
    ...objectMembers,
    VersionId: string({ in: "query", name: "versionId" }),
    IfMatch: conditionMembers.IfMatch,
    IfMatchLastModifiedTime: unsupported({
      in: "header",
      name: "x-amz-if-match-last-modified-time",
    }),
    IfMatchSize: unsupported({ in: "header", name: "x-amz-if-match-size" }),
    MFA: unsupported({ in: "header", name: "x-amz-mfa" }),
  },
  output: {
    ...versionHeaderMembers,
    DeleteMarker: boolean({ in: "header", name: "x-amz-delete-marker" }),
  },
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "InvalidArgument",
    "PreconditionFailed",
    "KeyTooLongError",
    "AccessDenied",
  ],
  async handler(input, context) {
    const deleted = await context.objects.deleteObject({
      bucket: input.Bucket,
      key: input.Key,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      versionId: input.VersionId,
      ifMatch: input.IfMatch,
      signal: context.signal,
    });
    return { VersionId: deleted.versionId, DeleteMarker: deleted.deleteMarker };
  },
});
