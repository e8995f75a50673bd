import { FirnError } from "@firn/core";
import { ServiceError, string, structure, unsupported } from "@firn/wire";
import { checkCannedAcl, notImplemented } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";

/** Firn serves every region from one port; a bucket remembers the one that it was made for. */
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

export const createBucket: S3Operation = operation({
  name: "CreateBucket",
  http: { method: "PUT", path: "/{Bucket}" },
  input: {
    Bucket: string({ in: "path", required: true }),
    ACL: string({ in: "header", name: "x-amz-acl" }),
    ObjectOwnership: string({ in: "header", name: "x-amz-object-ownership" }),
    ObjectLockEnabledForBucket: string({
      in: "header",
      name: "x-amz-bucket-object-lock-enabled",
    }),
    GrantFullControl: unsupported({ in: "header", name: "x-amz-grant-full-control" }),
    GrantRead: unsupported({ in: "header", name: "x-amz-grant-read" }),
    GrantReadACP: unsupported({ in: "header", name: "x-amz-grant-read-acp" }),
    GrantWrite: unsupported({ in: "header", name: "x-amz-grant-write" }),
    GrantWriteACP: unsupported({ in: "header", name: "x-amz-grant-write-acp" }),
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
  ],
  async handler(input, { objects, region, signal }) {
    checkCannedAcl(input.ACL);
    if ((input.ObjectOwnership ?? "BucketOwnerEnforced") !== "BucketOwnerEnforced") {
      throw notImplemented("x-amz-object-ownership");
    }
    if ((input.ObjectLockEnabledForBucket ?? "false").toLowerCase() !== "false") {
      throw notImplemented("x-amz-bucket-object-lock-enabled");
    }
    const constraint = input.CreateBucketConfiguration?.LocationConstraint;
    const bucket = input.Bucket;
    const made = objects.createBucket({ bucket, region: regionOf(constraint, region), signal });
    await (region === "us-east-1" ? unlessOwned(made) : made);
    return { Location: `/${bucket}`, BucketArn: `arn:aws:s3:::${bucket}` };
  },
});

/** us-east-1 alone lets an owner make a bucket again: nothing happens, and all is well. */
async function unlessOwned(making: Promise<unknown>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!(error instanceof FirnError) || error.code !== "FIRN_BUCKET_OWNED") throw error;
  }
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
