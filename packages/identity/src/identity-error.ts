import { FirnError } from "@firn/core";
import type { FirnErrorKind } from "@firn/core";

export type IdentityErrorCode =
  | "FIRN_ACCOUNT_NOT_FOUND"
  | "FIRN_ACCOUNT_EXISTS"
  | "FIRN_USER_NOT_FOUND"
  | "FIRN_USER_EXISTS"
  | "FIRN_USER_IN_USE" // it has access keys: delete them first
  | "FIRN_ACCESS_KEY_NOT_FOUND"
  | "FIRN_ACCESS_KEY_EXISTS"
  | "FIRN_POLICY_NOT_FOUND"
  | "FIRN_POLICY_EXISTS"
  | "FIRN_POLICY_IN_USE" // users have it: detach it first
  | "FIRN_POLICY_INVALID" // its message says what is wrong with it
  | "FIRN_ROOT_KEY_LAST" // the default account keeps one active root key
  | "FIRN_IDENTITY_LIMIT" // one of the documented limits
  | "FIRN_IDENTITY_INVALID" // a name, id or key that breaks its rule
  | "FIRN_IDENTITY_CLOSED"
  | "FIRN_KEY_NOT_FOUND"
  | "FIRN_KEY_EXISTS"
  | "FIRN_KEY_DISABLED"
  | "FIRN_KEY_ACCESS_DENIED" // it is another account's
  | "FIRN_KEY_CIPHERTEXT_INVALID" // not wrapped by this key, or under another context
  | "FIRN_MASTER_KEY_WRONG"; // the key ring was written with another master key, or with one

export const identityErrors: Readonly<Record<IdentityErrorCode, FirnErrorKind>> = {
  FIRN_ACCOUNT_NOT_FOUND: "notFound",
  FIRN_ACCOUNT_EXISTS: "conflict",
  FIRN_USER_NOT_FOUND: "notFound",
  FIRN_USER_EXISTS: "conflict",
  FIRN_USER_IN_USE: "conflict",
  FIRN_ACCESS_KEY_NOT_FOUND: "notFound",
  FIRN_ACCESS_KEY_EXISTS: "conflict",
  FIRN_POLICY_NOT_FOUND: "notFound",
  FIRN_POLICY_EXISTS: "conflict",
  FIRN_POLICY_IN_USE: "conflict",
  FIRN_POLICY_INVALID: "invalid",
  FIRN_ROOT_KEY_LAST: "conflict",
  FIRN_IDENTITY_LIMIT: "limit",
  FIRN_IDENTITY_INVALID: "invalid",
  FIRN_IDENTITY_CLOSED: "closed",
  FIRN_KEY_NOT_FOUND: "notFound",
  FIRN_KEY_EXISTS: "conflict",
  FIRN_KEY_DISABLED: "conflict",
  FIRN_KEY_ACCESS_DENIED: "invalid",
  FIRN_KEY_CIPHERTEXT_INVALID: "invalid",
  FIRN_MASTER_KEY_WRONG: "invalid",
};

/** Makes an identity error; the kind follows from the code. `detail` never holds a secret. */
export function identityError(
  code: IdentityErrorCode,
  message: string,
  detail: Readonly<Record<string, unknown>> = {},
): FirnError {
  return new FirnError(identityErrors[code], code, message, { detail });
}
