import type { Acl, BucketAccess } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import { readAclPolicy } from "./acl-documents.ts";
import { requestedAcl } from "./acl-grants.ts";
import type { AclInput, AclOwners } from "./acl-grants.ts";
import { checkDigests } from "./buffered-body.ts";
import type { ChecksumHeaders } from "./checksum-headers.ts";
import type { S3Context } from "./context.ts";
import { listsNotSupported, refusePublic } from "./written-access.ts";

interface PutAclInput extends AclInput {
  readonly ContentMD5?: string | undefined;
  readonly Checksums?: ChecksumHeaders | undefined;
  readonly AccessControlPolicy?: Uint8Array | undefined;
}

/**
 * The list that PutBucketAcl and PutObjectAcl bring, in headers or in a document.
 *
 * @throws ServiceError AccessControlListNotSupported, MissingSecurityHeader, UnexpectedContent,
 * AccessDenied, and what reading it throws.
 */
export function broughtAcl(
  input: PutAclInput,
  found: BucketAccess,
  { context, owners }: { readonly context: S3Context; readonly owners: AclOwners },
): Acl {
  if (found.objectOwnership === "BucketOwnerEnforced") throw listsNotSupported();
  const body = input.AccessControlPolicy ?? new Uint8Array();
  checkDigests(body, input);
  const acl = fromEither(requestedAcl(input, owners), body, owners);
  refusePublic(acl, found, context);
  return acl;
}

function fromEither(inHeaders: Acl | undefined, body: Uint8Array, owners: AclOwners): Acl {
  if (inHeaders !== undefined) {
    if (body.length === 0) return inHeaders;
    const text = "This request does not support content";
    throw new ServiceError("UnexpectedContent", 400, text);
  }
  if (body.length > 0) return readAclPolicy(body, owners);
  const text = "Your request was missing a required header";
  const members = { MissingHeaderName: "x-amz-acl" };
  throw new ServiceError("MissingSecurityHeader", 400, text, { members });
}
