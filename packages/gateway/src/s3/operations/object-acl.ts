import { blob, string } from "@firn/wire";
import { aclPolicy, aclPolicyMembers } from "../acl-documents.ts";
import { aclMembers } from "../acl-members.ts";
import { requestOf } from "../configuration-operations.ts";
import { operation } from "../context.ts";
import type { S3Context, S3Operation } from "../context.ts";
import { bodyCheckMembers, objectMembers, versionHeaderMembers } from "../members.ts";
import { broughtAcl } from "../put-acl.ts";

const versionMember = { VersionId: string({ in: "query", name: "versionId" }) };

const getObjectAcl: S3Operation = operation({
  name: "GetObjectAcl",
  http: { method: "GET", path: "/{Bucket}/{Key+}", query: ["acl"] },
  input: { ...objectMembers, ...versionMember },
  output: { ...aclPolicyMembers, ...versionHeaderMembers },
  outputRoot: "AccessControlPolicy",
  errors: ["NoSuchBucket", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "AccessDenied"],
  async handler(input, context) {
    const { bucketOwner, objectOwnership } = await bucketOf(input.Bucket, context);
    const found = await context.objects.getObjectAccess({
      ...requestOf(input, context),
      ...named(input),
    });
    const enforced = objectOwnership === "BucketOwnerEnforced";
    const owners = {
      accounts: context.accounts,
      owner: enforced ? bucketOwner : found.owner,
      bucketOwner,
    };
    const VersionId = found.versionId;
    return { ...aclPolicy(enforced ? undefined : found.acl, owners), VersionId };
  },
});

const putObjectAcl: S3Operation = operation({
  name: "PutObjectAcl",
  http: { method: "PUT", path: "/{Bucket}/{Key+}", query: ["acl"] },
  input: {
    ...objectMembers,
    ...versionMember,
    ...bodyCheckMembers,
    ...aclMembers,
    AccessControlPolicy: blob({ in: "payload" }),
  },
  output: { ...versionHeaderMembers },
  errors: [
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "MethodNotAllowed",
    "AccessControlListNotSupported",
    "MalformedACLError",
    "UnresolvableGrantByEmailAddress",
    "MissingSecurityHeader",
    "UnexpectedContent",
    "InvalidArgument",
    "InvalidRequest",
    "InvalidDigest",
    "BadDigest",
    "AccessDenied",
  ],
  async handler(input, context) {
    const found = await context.access.bucket(input.Bucket);
    const request = { ...requestOf(input, context), ...named(input) };
    const { owner } = await context.objects.getObjectAccess(request);
    const owners = { accounts: context.accounts, owner, bucketOwner: found.owner };
    const acl = broughtAcl(input, found, { context, owners });
    const { versionId } = await context.objects.putObjectAcl({ ...request, acl });
    return { VersionId: versionId };
  },
});

function named(input: { readonly Key: string; readonly VersionId?: string | undefined }): {
  readonly key: string;
  readonly versionId: string | undefined;
} {
  return { key: input.Key, versionId: input.VersionId };
}

async function bucketOf(
  bucket: string,
  context: S3Context,
): Promise<{ readonly bucketOwner: string; readonly objectOwnership: string | undefined }> {
  const { owner: bucketOwner, objectOwnership } = await context.access.bucket(bucket);
  return { bucketOwner, objectOwnership };
}

/** GetObjectAcl, PutObjectAcl. */
export const objectAcl: readonly S3Operation[] = [getObjectAcl, putObjectAcl];
