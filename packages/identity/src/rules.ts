import { DISPLAY_NAME_LENGTH_MAX, PATH_LENGTH_MAX } from "./constants.ts";
import { identityError } from "./identity-error.ts";

export type IdentityMember =
  | "accountId"
  | "canonicalId"
  | "userName"
  | "policyName"
  | "path"
  | "displayName"
  | "email"
  | "accessKeyId"
  | "secretAccessKey";

interface Rule {
  readonly pattern: RegExp;
  readonly says: string;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const rules: Readonly<Record<IdentityMember, Rule>> = {
  accountId: { pattern: /^\d{12}$/, says: "12 digits" },
  canonicalId: { pattern: /^[0-9a-f]{64}$/, says: "64 lower-case hex digits" },
  userName: { pattern: /^[\w+=,.@-]{1,64}$/, says: "1 to 64 of A-Z a-z 0-9 + = , . @ _ -" },
  policyName: { pattern: /^[\w+=,.@-]{1,128}$/, says: "1 to 128 of A-Z a-z 0-9 + = , . @ _ -" },
  path: {
    pattern: new RegExp(`^(?=.{1,${PATH_LENGTH_MAX}}$)/(?:[\\x21-\\x2e\\x30-\\x7e]+/)*$`),
    says: `/, or /a/b/ of printable characters, up to ${PATH_LENGTH_MAX}`,
  },
  displayName: {
    pattern: new RegExp(`^[^\\p{Cc}]{1,${DISPLAY_NAME_LENGTH_MAX}}$`, "u"),
    says: `1 to ${DISPLAY_NAME_LENGTH_MAX} characters, none of them a control character`,
  },
  email: { pattern: /^[^\s@]{1,64}@[^\s@]{1,190}$/, says: "name@host" },
  /** AWS asks for 16 characters; test suites bring their own, shorter ones. */
  accessKeyId: { pattern: /^\w{3,128}$/, says: "3 to 128 of A-Z a-z 0-9 _" },
  secretAccessKey: { pattern: /^[\x21-\x7e]{3,128}$/, says: "3 to 128 printable characters" },
};

/** @throws FIRN_IDENTITY_INVALID; the error names the member and its rule, never a secret. */
export function requireValid(member: IdentityMember, value: string): void {
  const { pattern, says } = rules[member];
  if (pattern.test(value)) return;
  throw identityError("FIRN_IDENTITY_INVALID", `${member} must be ${says}`, { member });
}
