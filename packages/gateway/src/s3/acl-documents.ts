import type { Acl, Grant, Permission } from "@firn/objects";
import { MalformedError, ServiceError, list, string, structure } from "@firn/wire";
import type { Shape, XmlElement } from "@firn/wire";
import { accountOf } from "./account-directory.ts";
import type { AccountDirectory, KnownAccount } from "./account-directory.ts";
import {
  canonicalGrantee,
  emailGrantee,
  groupGrantee,
  groupUris,
  ownersAlone,
} from "./acl-grants.ts";
import type { AclOwners } from "./acl-grants.ts";
import { childText, readDocument } from "./malformed-xml.ts";
import { ownerShape } from "./members.ts";
import type { Owner } from "./members.ts";

const XSI = { prefix: "xsi", uri: "http://www.w3.org/2001/XMLSchema-instance" };

interface GranteeMember {
  readonly Type?: string | undefined;
  readonly ID?: string | undefined;
  readonly DisplayName?: string | undefined;
  readonly URI?: string | undefined;
}
interface GrantMember {
  readonly Grantee?: GranteeMember | undefined;
  readonly Permission?: string | undefined;
}

/** `<AccessControlPolicy>` as answers have it. */
export const aclPolicyMembers: {
  readonly Owner: Shape<Owner>;
  readonly AccessControlList: Shape<readonly GrantMember[]>;
} = {
  Owner: ownerShape,
  AccessControlList: list(
    structure({
      Grantee: structure(
        {
          Type: string({ in: "attribute", name: "xsi:type" }),
          ID: string(),
          DisplayName: string(),
          URI: string(),
        },
        { namespace: XSI },
      ),
      Permission: string(),
    }),
    { item: "Grant" },
  ),
};

/** Groups first: clients that sort by name meet none of them in between. */
export function aclPolicy(
  acl: Acl | undefined,
  owners: AclOwners,
): { readonly Owner: Owner; readonly AccessControlList: readonly GrantMember[] } {
  const grants = acl ?? ownersAlone(owners);
  const [groups, others] = [true, false].map((wanted) =>
    grants.filter(({ grantee }) => "group" in grantee === wanted),
  );
  return {
    Owner: ownerMember(accountOf(owners.accounts, owners.owner)),
    AccessControlList: [...(groups ?? []), ...(others ?? [])].map(({ grantee, permission }) => ({
      Grantee: granteeMember(grantee, owners.accounts),
      Permission: permission,
    })),
  };
}

export function ownerMember({ canonicalId, displayName }: KnownAccount): Required<Owner> {
  return { ID: canonicalId, DisplayName: displayName };
}

function granteeMember(grantee: Grant["grantee"], accounts: AccountDirectory): GranteeMember {
  if ("group" in grantee) return { Type: "Group", URI: groupUris[grantee.group] };
  const account = accounts.accountByCanonicalId(grantee.id);
  return { Type: "CanonicalUser", ID: grantee.id, DisplayName: account?.displayName };
}

/**
 * The list of an `<AccessControlPolicy>` document.
 *
 * @throws ServiceError MalformedACLError, InvalidArgument, UnresolvableGrantByEmailAddress;
 * AccessDenied when it names another owner.
 */
export function readAclPolicy(body: Uint8Array, owners: AclOwners): Acl {
  const root = readRoot(body);
  const owner = onlyChild(root, "Owner");
  const said = owner && childText(owner, "ID")?.trim();
  if (said === undefined) throw malformedAcl();
  if (said !== accountOf(owners.accounts, owners.owner).canonicalId) {
    throw new ServiceError("AccessDenied", 403, "Access Denied");
  }
  const grants = onlyChild(root, "AccessControlList");
  if (grants === undefined) throw malformedAcl();
  if (grants.children.some(({ name }) => name !== "Grant")) throw malformedAcl();
  return grants.children.map((grant) => readGrant(grant, owners.accounts));
}

function readRoot(body: Uint8Array): XmlElement {
  try {
    return readDocument(body, "AccessControlPolicy");
  } catch (error) {
    if (error instanceof ServiceError || error instanceof MalformedError) throw malformedAcl();
    throw error;
  }
}

const PERMISSIONS: readonly Permission[] = [
  "FULL_CONTROL",
  "READ",
  "WRITE",
  "READ_ACP",
  "WRITE_ACP",
];

function readGrant(grant: XmlElement, accounts: AccountDirectory): Grant {
  const said = childText(grant, "Permission")?.trim();
  const permission = PERMISSIONS.find((one) => one === said);
  const grantee = onlyChild(grant, "Grantee");
  if (permission === undefined || grantee === undefined) throw malformedAcl();
  return { grantee: readGrantee(grantee, accounts), permission };
}

function readGrantee(element: XmlElement, accounts: AccountDirectory): Grant["grantee"] {
  const text = (name: string): string => {
    const found = childText(element, name)?.trim();
    if (found === undefined) throw malformedAcl();
    return found;
  };
  switch (element.attributes.get("xsi:type")) {
    case "CanonicalUser":
      return canonicalGrantee(text("ID"), accounts);
    case "AmazonCustomerByEmail":
      return emailGrantee(text("EmailAddress"), accounts);
    case "Group":
      return groupGrantee(text("URI"));
    default:
      throw malformedAcl();
  }
}

function onlyChild(element: XmlElement, name: string): XmlElement | undefined {
  const found = element.children.filter((child) => child.name === name);
  if (found.length > 1) throw malformedAcl();
  return found[0];
}

function malformedAcl(): ServiceError {
  return new ServiceError(
    "MalformedACLError",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}
