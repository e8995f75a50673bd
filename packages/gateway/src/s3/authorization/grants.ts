import type { Acl, Grant, GranteeGroup, Permission } from "@firn/objects";
import type { Caller } from "../../frame/context.ts";

/** Groups that let in people whom the owner does not know. */
export function isPublicGrant({ grantee }: Grant): boolean {
  return "group" in grantee && PUBLIC.has(grantee.group);
}

const PUBLIC: ReadonlySet<GranteeGroup> = new Set(["AllUsers", "AuthenticatedUsers"]);

export interface ListedAccess {
  /** `undefined`: the owner alone. */
  readonly acl: Acl | undefined;
  /** Grants to the public count for nothing. */
  readonly ignorePublic: boolean;
}

/** Whether the list gives the caller the permission; the owner's own right is not looked at. */
export function isGranted(
  { acl = [], ignorePublic }: ListedAccess,
  caller: Caller,
  wanted: Permission,
): boolean {
  return acl.some((grant) => {
    if (ignorePublic && isPublicGrant(grant)) return false;
    const permitted = grant.permission === wanted || grant.permission === "FULL_CONTROL";
    return permitted && isGrantee(grant, caller);
  });
}

function isGrantee({ grantee }: Grant, caller: Caller): boolean {
  const isStranger = caller.isAnonymous === true;
  if ("id" in grantee) return !isStranger && grantee.id === caller.canonicalId;
  if (grantee.group === "AllUsers") return true;
  return grantee.group === "AuthenticatedUsers" && !isStranger;
}
