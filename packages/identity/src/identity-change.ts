import type { Transaction } from "@firn/core";
import type { KeySpaceId } from "@firn/core";
import type { Directory } from "./directory.ts";
import type { User } from "./model.ts";
import type { ManagedPolicy } from "./policy-model.ts";
import {
  accessKeyKey,
  encodeRecord,
  policyKey,
  recordKey,
  userKey,
  userPoliciesKey,
} from "./records.ts";
import type { IdentityRecord } from "./records.ts";

/** What one change writes and removes, and what it resolves to. */
export interface IdentityChange<T> {
  readonly result: T;
  readonly put?: readonly IdentityRecord[] | undefined;
  readonly deleteKeys?: readonly string[] | undefined;
  readonly deletePolicy?: ManagedPolicy | undefined;
  /** Its policies go with it. */
  readonly deleteUser?: User | undefined;
}

export function writeChange(
  tx: Transaction,
  space: KeySpaceId,
  change: IdentityChange<unknown>,
): void {
  for (const record of change.put ?? []) tx.put(space, recordKey(record), encodeRecord(record));
  for (const id of change.deleteKeys ?? []) tx.delete(space, accessKeyKey(id));
  const { deletePolicy: policy, deleteUser: user } = change;
  if (policy !== undefined) tx.delete(space, policyKey(policy.accountId, policy.policyName));
  if (user === undefined) return;
  tx.delete(space, userKey(user.accountId, user.userName));
  tx.delete(space, userPoliciesKey(user.accountId, user.userName));
}

/** Memory follows what is durable. */
export function followChange(directory: Directory, change: IdentityChange<unknown>): void {
  for (const record of change.put ?? []) directory.put(record);
  for (const id of change.deleteKeys ?? []) directory.deleteKey(id);
  if (change.deletePolicy !== undefined) directory.deletePolicy(change.deletePolicy);
  if (change.deleteUser !== undefined) directory.deleteUser(change.deleteUser);
}
