import { whenThere } from "@firn/core";
import type { Soon } from "@firn/core";
import type { Acl, BucketAccess } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import { accountOf } from "./account-directory.ts";
import { requestedAcl } from "./acl-grants.ts";
import type { AclInput, AclOwners } from "./acl-grants.ts";
import { accessDenied } from "./authorization/access-check.ts";
import { isPublicGrant } from "./authorization/grants.ts";
import type { S3Context } from "./context.ts";

/** Whose an object that is about to be written is, and who else may do what with it. */
export interface WrittenAccess {
  /** `undefined`: the bucket's owner. */
  readonly owner: string | undefined;
  readonly acl: Acl | undefined;
}

/**
 * What the headers of a write ask for, in a bucket as it is.
 *
 * @throws ServiceError AccessControlListNotSupported, AccessDenied and what `requestedAcl` throws.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export function writtenAccess(
  bucket: string,
  input: AclInput,
  context: S3Context,
): Soon<WrittenAccess> {
  return whenThere(context.access.bucket(bucket), (found) => accessIn(found, input, context));
}

function accessIn(found: BucketAccess, input: AclInput, context: S3Context): WrittenAccess {
  const { owner: bucketOwner, objectOwnership } = found;
  if (objectOwnership === "BucketOwnerEnforced") {
    requireOwnersList(input, context, bucketOwner);
    return { owner: undefined, acl: undefined };
  }
  const { accountId, isAnonymous } = context.caller;
  // What a stranger writes is the bucket owner's: nobody else could ever look after it.
  const isGiven =
    isAnonymous === true || (objectOwnership === "BucketOwnerPreferred" && givesFullControl(input));
  const owner = isGiven ? bucketOwner : accountId;
  const acl = requestedAcl(input, { accounts: context.accounts, owner, bucketOwner });
  refusePublic(acl, found, context);
  return { owner: owner === bucketOwner ? undefined : owner, acl };
}

function givesFullControl({ ACL: acl }: AclInput): boolean {
  return acl === "bucket-owner-full-control";
}

/** Where lists count for nothing, only the one that says what holds anyway is taken. */
function requireOwnersList(input: AclInput, context: S3Context, bucketOwner: string): void {
  const owners: AclOwners = { accounts: context.accounts, owner: bucketOwner, bucketOwner };
  if (input.ACL === "bucket-owner-full-control") return;
  if (input.ACL !== undefined) throw listsNotSupported();
  const acl = requestedAcl(input, owners);
  if (acl === undefined) return;
  const { canonicalId } = accountOf(context.accounts, bucketOwner);
  const isOwners = acl.every(({ grantee, permission }) => {
    return "id" in grantee && grantee.id === canonicalId && permission === "FULL_CONTROL";
  });
  if (!isOwners) throw listsNotSupported();
}

/** @throws ServiceError AccessDenied for a list that the public access block refuses. */
export function refusePublic(
  acl: Acl | undefined,
  { publicAccessBlock }: Pick<BucketAccess, "publicAccessBlock">,
  context: Pick<S3Context, "noteDenial">,
): void {
  if (publicAccessBlock?.blockPublicAcls !== true || acl?.some(isPublicGrant) !== true) return;
  context.noteDenial("the public access block refuses lists that let the public in");
  throw accessDenied();
}

export function listsNotSupported(): ServiceError {
  return new ServiceError("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");
}
