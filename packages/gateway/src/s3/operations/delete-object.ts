import { boolean, long, string, timestamp, unsupported } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bypassMembers } from "../lock-headers.ts";
import { conditionMembers, objectMembers, versionHeaderMembers } from "../members.ts";

export const deleteObject: S3Operation = operation({
  name: "DeleteObject",
  http: { method: "DELETE", path: "/{Bucket}/{Key+}", status: 204 },
  input: {
    ...objectMembers,
    VersionId: string({ in: "query", name: "versionId" }),
    IfMatch: conditionMembers.IfMatch,
    IfMatchLastModifiedTime: timestamp({
      in: "header",
      name: "x-amz-if-match-last-modified-time",
    }),
    IfMatchSize: long({ in: "header", name: "x-amz-if-match-size" }),
    ...bypassMembers,
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
    const time = input.IfMatchLastModifiedTime;
    const deleted = await context.objects.deleteObject({
      bucket: input.Bucket,
      key: input.Key,
      expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
      versionId: input.VersionId,
      ifMatch: input.IfMatch,
      ifMatchLastModifiedTime: time === undefined ? undefined : new Date(time),
      ifMatchSize: input.IfMatchSize,
      bypassGovernanceRetention: input.BypassGovernanceRetention,
      signal: context.signal,
    });
    return { VersionId: deleted.versionId, DeleteMarker: deleted.deleteMarker };
  },
});
