import { FirnError } from "@firn/core";
import type { CreateBucketRequest, ObjectOwnership } from "@firn/objects";
import { ServiceError, boolean, string, structure, unsupported } from "@firn/wire";
import { ownersAlone, requestedAcl } from "../acl-grants.ts";
import type { AclInput } from "../acl-grants.ts";
import { aclMembers } from "../acl-members.ts";
import { isPublicGrant } from "../authorization/grants.ts";
import { OWNERSHIPS, aclWithOwnership } from "./bucket-ownership-controls.ts";
import { operation } from "../context.ts";
import type { S3Context, S3Operation } from "../context.ts";

/** Firn serves every region from one port; a bucket remembers the one that it was made for. */
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

export const createBucket: S3Operation = operation({
  name: "CreateBucket",
  http: { method: "PUT", path: "/{Bucket}" },
  input: {
    Bucket: string({ in: "path", required: true }),
    ...aclMembers,
    ObjectOwnership: string({
      in: "header",
      name: "x-amz-object-ownership",
      values: OWNERSHIPS,
    }),
    ObjectLockEnabledForBucket: boolean({
      in: "header",
      name: "x-amz-bucket-object-lock-enabled",
    }),
    CreateBucketConfiguration: structure(
      {
        LocationConstraint: string(),
        Location: unsupported(),
        Bucket: unsupported(),
        Tags: unsupported(),
      },
      { in: "payload" },
    ),
  },
  output: {
    Location: string({ in: "header", name: "location" }),
    BucketArn: string({ in: "header", name: "x-amz-bucket-arn" }),
  },
  errors: [
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "InvalidBucketName",
    "TooManyBuckets",
    "InvalidLocationConstraint",
    "IllegalLocationConstraintException",
    "InvalidBucketAclWithObjectOwnership",
    "InvalidBucketAclWithBlockPublicAccessError",
    "UnresolvableGrantByEmailAddress",
    "InvalidArgument",
    "InvalidRequest",
  ],
  async handler(input, context) {
    const { objects, region, signal } = context;
    const constraint = input.CreateBucketConfiguration?.LocationConstraint;
    const bucket = input.Bucket;
    const made = objects.createBucket({
      bucket,
      region: regionOf(constraint, region),
      objectLockEnabledForBucket: input.ObjectLockEnabledForBucket,
      ...accessOf(input, context),
      signal,
    });
    await (region === "us-east-1" ? unlessOwned(made, input, context) : made);
    return { Location: `/${bucket}`, BucketArn: `arn:aws:s3:::${bucket}` };
  },
});

interface AccessInput extends AclInput {
  readonly ObjectOwnership?: ObjectOwnership | undefined;
}

/**
 * Who may do what with the new bucket. @throws ServiceError for a list that could not be.
 */
function accessOf(
  input: AccessInput,
  { accounts, caller, newBuckets }: S3Context,
): Pick<CreateBucketRequest, "acl" | "objectOwnership" | "publicAccessBlock"> {
  const owner = caller.accountId;
  const acl = requestedAcl(input, { accounts, owner, bucketOwner: owner });
  if (newBuckets === "lists") {
    return { acl, objectOwnership: input.ObjectOwnership ?? "none", publicAccessBlock: null };
  }
  const objectOwnership = input.ObjectOwnership ?? "BucketOwnerEnforced";
  if (objectOwnership === "BucketOwnerEnforced" && acl !== undefined && acl.length > 1) {
    throw aclWithOwnership();
  }
  if (acl?.some(isPublicGrant) === true) {
    throw new ServiceError(
      "InvalidBucketAclWithBlockPublicAccessError",
      400,
      "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    );
  }
  return { acl, objectOwnership };
}

/**
 * us-east-1 alone lets an owner make a bucket again: nothing happens, and all is well, unless it
 * would have to change who may do what.
 */
async function unlessOwned(
  making: Promise<unknown>,
  input: AccessInput & { readonly Bucket: string },
  { access, accounts, caller }: S3Context,
): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!(error instanceof FirnError) || error.code !== "FIRN_BUCKET_OWNED") throw error;
    const owners = { accounts, owner: caller.accountId, bucketOwner: caller.accountId };
    const { acl: before } = await access.bucket(input.Bucket);
    const [there, asked] = [before, requestedAcl(input, owners)].map((acl) => {
      return JSON.stringify(acl ?? ownersAlone(owners));
    });
    if (there !== asked) throw existsError(input.Bucket);
  }
}

function existsError(bucket: string): ServiceError {
  return new ServiceError(
    "BucketAlreadyExists",
    409,
    "The requested bucket name is not available. The bucket namespace is shared by all users of " +
      "the system. Please select a different name and try again.",
    { members: { BucketName: bucket } },
  );
}

/** us-east-1 makes buckets anywhere and has no constraint of its own; others only theirs. */
function regionOf(constraint: string | undefined, signed: string): string {
  if (constraint === undefined || constraint === "") return signed;
  const region = constraint === "EU" ? "eu-west-1" : constraint;
  if (!REGION.test(region) || region === "us-east-1") {
    throw new ServiceError(
      "InvalidLocationConstraint",
      400,
      "The specified location-constraint is not valid",
      { members: { LocationConstraint: constraint } },
    );
  }
  if (signed === "us-east-1" || signed === region) return region;
  throw new ServiceError(
    "IllegalLocationConstraintException",
    400,
    `The ${constraint} location constraint is incompatible for the region specific endpoint this ` +
      "request was sent to.",
  );
}
