import type { Store } from "@firn/core";
import { ACCESS_KEYS_MAX, ACCOUNTS_MAX, USERS_MAX } from "./constants.ts";
import type { Directory } from "./directory.ts";
import { drawAccessKeyId, drawAccountId, drawCanonicalId, drawSecret, drawUserId } from "./draw.ts";
import { identityError } from "./identity-error.ts";
import type {
  CreateAccessKeyOptions,
  CreateAccountOptions,
  CreateUserOptions,
} from "./identity-options.ts";
import type { AccessKey, AccessKeyWithSecret, Account, User } from "./model.ts";
import { requireValid } from "./rules.ts";

type Sources = Pick<Store, "clock" | "random">;

/** @throws FIRN_ACCOUNT_EXISTS, FIRN_IDENTITY_INVALID, FIRN_IDENTITY_LIMIT. */
export function newAccount(
  { clock, random }: Sources,
  directory: Directory,
  options: CreateAccountOptions,
): Account {
  const { displayName, email } = options;
  const accountId = options.accountId ?? drawAccountId(random);
  const canonicalId = options.canonicalId ?? drawCanonicalId(random);
  requireValid("displayName", displayName);
  requireValid("accountId", accountId);
  requireValid("canonicalId", canonicalId);
  if (email !== undefined) requireValid("email", email);
  const taken = directory.account(accountId) ?? directory.accountByCanonicalId(canonicalId);
  if (taken !== undefined) {
    throw identityError("FIRN_ACCOUNT_EXISTS", "the account exists", { accountId, canonicalId });
  }
  requireRoom("accounts", directory.accountCount, ACCOUNTS_MAX);
  return { accountId, canonicalId, displayName, email, createdAtMs: clock.now() };
}

/** @throws FIRN_USER_EXISTS, FIRN_IDENTITY_INVALID, FIRN_IDENTITY_LIMIT. */
export function newUser(
  { clock, random }: Sources,
  directory: Directory,
  options: CreateUserOptions,
): User {
  const { accountId, userName, path = "/" } = options;
  requireValid("userName", userName);
  requireValid("path", path);
  if (directory.user(accountId, userName) !== undefined) {
    throw identityError("FIRN_USER_EXISTS", `the user exists: ${userName}`, { userName });
  }
  requireRoom("users", directory.userCount, USERS_MAX);
  const arn = `arn:aws:iam::${accountId}:user${path}${userName}`;
  return { accountId, userName, userId: drawUserId(random), path, arn, createdAtMs: clock.now() };
}

/** @throws FIRN_ACCESS_KEY_EXISTS, FIRN_IDENTITY_INVALID, FIRN_IDENTITY_LIMIT. */
export function newAccessKey(
  { clock, random }: Sources,
  directory: Directory,
  options: CreateAccessKeyOptions,
): AccessKeyWithSecret {
  const { accountId, userName } = options;
  const accessKeyId = options.accessKeyId ?? drawAccessKeyId(random);
  const secretAccessKey = options.secretAccessKey ?? drawSecret(random);
  requireValid("accessKeyId", accessKeyId);
  requireValid("secretAccessKey", secretAccessKey);
  if (directory.key(accessKeyId) !== undefined) {
    throw identityError("FIRN_ACCESS_KEY_EXISTS", "the access key id is taken", { accessKeyId });
  }
  requireRoom("access keys", directory.keyCount, ACCESS_KEYS_MAX);
  const createdAtMs = clock.now();
  return { accessKeyId, secretAccessKey, accountId, userName, status: "Active", createdAtMs };
}

/** @throws FIRN_IDENTITY_LIMIT when there are `max` already. */
export function requireRoom(what: string, count: number, max: number): void {
  if (count < max) return;
  throw identityError("FIRN_IDENTITY_LIMIT", `no more than ${max} ${what}`, { what, max });
}

export function withoutSecret(key: AccessKeyWithSecret): AccessKey {
  const { secretAccessKey: _, ...rest } = key;
  return rest;
}
