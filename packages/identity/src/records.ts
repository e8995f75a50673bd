import { encodeKey, packValue } from "@firn/core";
import type { AccessKeyWithSecret, Account, User } from "./model.ts";
import type { ManagedPolicy, UserPolicies } from "./policy-model.ts";

/** Name of the key space; what lies in it is docs/formats' business and never an engine's. */
export const IDENTITY_SPACE = "identity";

/**
 * One value of the key space, as MessagePack. Keys:
 *
 *     account, accountId            the account
 *     user, accountId, userName     the user
 *     key, accessKeyId              the access key with its secret
 *     policy, accountId, name       a policy of the account
 *     userPolicies, accountId, userName   what the user has
 */
export type IdentityRecord =
  | { readonly type: "account"; readonly account: Account }
  | { readonly type: "user"; readonly user: User }
  | { readonly type: "key"; readonly key: AccessKeyWithSecret }
  | { readonly type: "policy"; readonly policy: ManagedPolicy }
  | { readonly type: "userPolicies"; readonly policies: UserPolicies };

export function recordKey(record: IdentityRecord): Uint8Array {
  switch (record.type) {
    case "account":
      return encodeKey("account", record.account.accountId);
    case "user":
      return userKey(record.user.accountId, record.user.userName);
    case "key":
      return accessKeyKey(record.key.accessKeyId);
    case "policy":
      return policyKey(record.policy.accountId, record.policy.policyName);
    case "userPolicies":
      return userPoliciesKey(record.policies.accountId, record.policies.userName);
  }
}

export function policyKey(accountId: string, policyName: string): Uint8Array {
  return encodeKey("policy", accountId, policyName);
}

export function userPoliciesKey(accountId: string, userName: string): Uint8Array {
  return encodeKey("userPolicies", accountId, userName);
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
