import { isPublicPolicy, parsePolicy } from "@firn/auth";
import { FirnError } from "@firn/core";
import { blob, boolean, string, structure } from "@firn/wire";
import { accessDenied } from "../authorization/access-check.ts";
import { isPublicGrant } from "../authorization/grants.ts";
import { checkDigests } from "../buffered-body.ts";
import { requestOf } from "../configuration-operations.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";
import { readBucketPolicy } from "../policy-document.ts";

const putBucketPolicy: S3Operation = operation({
  name: "PutBucketPolicy",
  http: { method: "PUT", path: "/{Bucket}", query: ["policy"], status: 204 },
  input: {
    ...bucketMembers,
    ...bodyCheckMembers,
    ConfirmRemoveSelfBucketAccess: boolean({
      in: "header",
      name: "x-amz-confirm-remove-self-bucket-access",
    }),
    Policy: blob({ in: "payload" }),
  },
  output: {},
  errors: ["NoSuchBucket", "MalformedPolicy", "InvalidDigest", "BadDigest", "AccessDenied"],
  async handler(input, context) {
    const body = input.Policy ?? new Uint8Array();
    checkDigests(body, input);
    const policy = readBucketPolicy(body, input.Bucket);
    const { publicAccessBlock } = await context.access.bucket(input.Bucket);
    if (publicAccessBlock?.blockPublicPolicy === true && isPublicPolicy(policy)) {
      context.noteDenial("the public access block refuses policies that let the public in");
      throw accessDenied();
    }
    await context.objects.putBucketPolicy({
      ...requestOf(input, context),
      policy: Buffer.from(body).toString(),
      confirmed: input.ConfirmRemoveSelfBucketAccess,
    });
    return {};
  },
});

const getBucketPolicy: S3Operation = operation({
  name: "GetBucketPolicy",
  http: { method: "GET", path: "/{Bucket}", query: ["policy"] },
  input: { ...bucketMembers },
  output: {
    ContentType: string({ in: "header", name: "content-type" }),
    Policy: blob({ in: "payload" }),
  },
  errors: ["NoSuchBucket", "NoSuchBucketPolicy", "AccessDenied"],
  async handler(input, context) {
    const { policy } = await context.objects.getBucketPolicy(requestOf(input, context));
    return { ContentType: "application/json", Policy: Buffer.from(policy) };
  },
});

const deleteBucketPolicy: S3Operation = operation({
  name: "DeleteBucketPolicy",
  http: { method: "DELETE", path: "/{Bucket}", query: ["policy"], status: 204 },
  input: { ...bucketMembers },
  output: {},
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    await context.objects.deleteBucketPolicy(requestOf(input, context));
    return {};
  },
});

/** Policy and list together; a bucket with neither is not public. */
const getBucketPolicyStatus: S3Operation = operation({
  name: "GetBucketPolicyStatus",
  http: { method: "GET", path: "/{Bucket}", query: ["policyStatus"] },
  input: { ...bucketMembers },
  output: { PolicyStatus: structure({ IsPublic: boolean() }, { in: "payload" }) },
  outputRoot: "PolicyStatus",
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    const {
      acl = [],
      objectOwnership,
      publicAccessBlock,
    } = await context.access.bucket(input.Bucket);
    const lists = objectOwnership !== "BucketOwnerEnforced" && acl.some(isPublicGrant);
    const byList = lists && publicAccessBlock?.ignorePublicAcls !== true;
    const byPolicy = await policyOf(context.objects.getBucketPolicy(requestOf(input, context)));
    return { PolicyStatus: { IsPublic: byList || byPolicy } };
  },
});

async function policyOf(reading: Promise<{ readonly policy: string }>): Promise<boolean> {
  try {
    const { policy } = await reading;
    return isPublicPolicy(parsePolicy(policy, { kind: "resource", bytesMax: Infinity }));
  } catch (error) {
    if (error instanceof FirnError && error.code === "FIRN_BUCKET_POLICY_NOT_FOUND") return false;
    throw error;
  }
}

/** PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus. */
export const bucketPolicy: readonly S3Operation[] = [
  putBucketPolicy,
  getBucketPolicy,
  deleteBucketPolicy,
  getBucketPolicyStatus,
];
