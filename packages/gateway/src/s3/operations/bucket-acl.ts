import { blob } from "@firn/wire";
import { aclPolicy, aclPolicyMembers } from "../acl-documents.ts";
import { aclMembers } from "../acl-members.ts";
import { requestOf } from "../configuration-operations.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";
import { broughtAcl } from "../put-acl.ts";

const getBucketAcl: S3Operation = operation({
  name: "GetBucketAcl",
  http: { method: "GET", path: "/{Bucket}", query: ["acl"] },
  input: { ...bucketMembers },
  output: { ...aclPolicyMembers },
  outputRoot: "AccessControlPolicy",
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    const { acl, owner, objectOwnership } = await context.access.bucket(input.Bucket);
    const shown = objectOwnership === "BucketOwnerEnforced" ? undefined : acl;
    return aclPolicy(shown, { accounts: context.accounts, owner, bucketOwner: owner });
  },
});

const putBucketAcl: S3Operation = operation({
  name: "PutBucketAcl",
  http: { method: "PUT", path: "/{Bucket}", query: ["acl"] },
  input: {
    ...bucketMembers,
    ...bodyCheckMembers,
    ...aclMembers,
    AccessControlPolicy: blob({ in: "payload" }),
  },
  output: {},
  errors: [
    "NoSuchBucket",
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
    const { owner } = found;
    const owners = { accounts: context.accounts, owner, bucketOwner: owner };
    const acl = broughtAcl(input, found, { context, owners });
    await context.objects.putBucketAcl({ ...requestOf(input, context), acl });
    return {};
  },
});

/** GetBucketAcl, PutBucketAcl. */
export const bucketAcl: readonly S3Operation[] = [getBucketAcl, putBucketAcl];
