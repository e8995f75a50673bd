import type { Acl, Grant, GranteeGroup, Permission } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import { accountOf } from "./account-directory.ts";
import type { AccountDirectory } from "./account-directory.ts";

export interface AclInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}

export interface AclOwners {
  readonly accounts: AccountDirectory;
  /** The account that the list is of. */
  readonly owner: string;
  readonly bucketOwner: string;
}

/**
 * The list that the headers ask for; `undefined` when they ask for none.
 *
 * @throws ServiceError InvalidArgument, InvalidRequest, UnresolvableGrantByEmailAddress.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
export function requestedAcl(input: AclInput, owners: AclOwners): Acl | undefined {
  if (!GRANT_HEADERS.some(([member]) => input[member] !== undefined)) {
    return input.ACL === undefined ? undefined : cannedAcl(input.ACL, owners);
  }
  const granted = GRANT_HEADERS.flatMap(([member, permission]) => {
    const header = input[member];
    if (header === undefined) return [];
    return grantees(header, owners.accounts).map((grantee) => ({ grantee, permission }));
  });
  if (input.ACL === undefined) return granted.length === 0 ? undefined : granted;
  const text = "Specifying both Canned ACLs and Header Grants is not allowed";
  throw new ServiceError("InvalidRequest", 400, text);
}

const GRANT_HEADERS: readonly (readonly [keyof AclInput, Permission])[] = [
  ["GrantRead", "READ"],
  ["GrantWrite", "WRITE"],
  ["GrantReadACP", "READ_ACP"],
  ["GrantWriteACP", "WRITE_ACP"],
  ["GrantFullControl", "FULL_CONTROL"],
];

/** Who owns it, alone and in full. */
export function ownersAlone({ accounts, owner }: AclOwners): Acl {
  return [full(accounts, owner)];
}

/** @throws ServiceError InvalidArgument for a name that S3 does not know. */
function cannedAcl(name: string, owners: AclOwners): Acl {
  const { accounts, owner, bucketOwner } = owners;
  const own = full(accounts, owner);
  switch (name) {
    case "private":
      return [own];
    case "public-read":
      return [toGroup("AllUsers", "READ"), own];
    case "public-read-write":
      return [toGroup("AllUsers", "READ"), toGroup("AllUsers", "WRITE"), own];
    case "authenticated-read":
      return [toGroup("AuthenticatedUsers", "READ"), own];
    case "log-delivery-write":
      return [toGroup("LogDelivery", "WRITE"), toGroup("LogDelivery", "READ_ACP"), own];
    case "bucket-owner-read":
      return owner === bucketOwner
        ? [own]
        : [own, { ...full(accounts, bucketOwner), permission: "READ" }];
    case "bucket-owner-full-control":
      return owner === bucketOwner ? [own] : [own, full(accounts, bucketOwner)];
    default:
      throw new ServiceError("InvalidArgument", 400, "", {
        members: { ArgumentName: "x-amz-acl", ArgumentValue: name },
      });
  }
}

function full(accounts: AccountDirectory, owner: string): Grant {
  const { canonicalId: id } = accountOf(accounts, owner);
  return { grantee: { id }, permission: "FULL_CONTROL" };
}

function toGroup(group: GranteeGroup, permission: Permission): Grant {
  return { grantee: { group }, permission };
}

const GRANTEE = /^\s*(id|uri|emailAddress)\s*=\s*(?:"([^"]*)"|([^",\s]+))\s*$/i;

function grantees(header: string, accounts: AccountDirectory): Grant["grantee"][] {
  return header.split(",").map((text) => {
    const [, kind = "", quoted, plain = ""] = GRANTEE.exec(text) ?? [];
    const value = quoted ?? plain;
    switch (kind.toLowerCase()) {
      case "id":
        return canonicalGrantee(value, accounts);
      case "uri":
        return groupGrantee(value);
      case "emailaddress":
        return emailGrantee(value, accounts);
      default:
        throw invalid("Argument format not recognized", "x-amz-grant", text.trim());
    }
  });
}

/** @throws ServiceError InvalidArgument when nobody has that id. */
export function canonicalGrantee(id: string, accounts: AccountDirectory): Grant["grantee"] {
  if (accounts.accountByCanonicalId(id) !== undefined) return { id };
  throw invalid("Invalid id", "CanonicalUser/ID", id);
}

/** @throws ServiceError UnresolvableGrantByEmailAddress when nobody has that address. */
export function emailGrantee(email: string, accounts: AccountDirectory): Grant["grantee"] {
  const account = accounts.accountByEmail(email);
  if (account !== undefined) return { id: account.canonicalId };
  throw new ServiceError(
    "UnresolvableGrantByEmailAddress",
    400,
    "The e-mail address you provided does not match any account on record.",
    { members: { EmailAddress: email } },
  );
}

/** The URIs that stand for groups on the wire. */
export const groupUris: Readonly<Record<GranteeGroup, string>> = {
  AllUsers: "http://acs.amazonaws.com/groups/global/AllUsers",
  AuthenticatedUsers: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
  LogDelivery: "http://acs.amazonaws.com/groups/s3/LogDelivery",
};
const GROUPS: ReadonlyMap<string, GranteeGroup> = new Map([
  [groupUris.AllUsers, "AllUsers"],
  [groupUris.AuthenticatedUsers, "AuthenticatedUsers"],
  [groupUris.LogDelivery, "LogDelivery"],
]);

/** @throws ServiceError InvalidArgument for any other group. */
export function groupGrantee(uri: string): Grant["grantee"] {
  const group = GROUPS.get(uri);
  if (group !== undefined) return { group };
  throw invalid("Invalid group uri", "uri", uri);
}

function invalid(text: string, name: string, value: string): ServiceError {
  const members = { ArgumentName: name, ArgumentValue: value };
  return new ServiceError("InvalidArgument", 400, text, { members });
}
