import { encodeKey, packValue } from "@firn/core";
import type { AccessKeyWithSecret, Account, User } from "./model.ts";

/** Name of the key space; what lies in it is docs/formats' business and never an engine's. */
export const IDENTITY_SPACE = "identity";

/**
 * One value of the key space, as MessagePack. Keys:
 *
 *     account, accountId            the account
 *     user, accountId, userName     the user
 *     key, accessKeyId              the access key with its secret
 */
export type IdentityRecord =
  | { readonly type: "account"; readonly account: Account }
  | { readonly type: "user"; readonly user: User }
  | { readonly type: "key"; readonly key: AccessKeyWithSecret };

export function recordKey(record: IdentityRecord): Uint8Array {
  if (record.type === "account") return encodeKey("account", record.account.accountId);
  if (record.type === "key") return accessKeyKey(record.key.accessKeyId);
  return userKey(record.user.accountId, record.user.userName);
}

export function userKey(accountId: string, userName: string): Uint8Array {
  return encodeKey("user", accountId, userName);
}

export function accessKeyKey(accessKeyId: string): Uint8Array {
  return encodeKey("key", accessKeyId);
}

export function encodeRecord(record: IdentityRecord): Uint8Array {
  return packValue(record);
}
