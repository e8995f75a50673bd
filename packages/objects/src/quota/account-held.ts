import { packValue, unpackValue } from "@firn/core";
import type { KeySpaceId, Transaction } from "@firn/core";
import { objectError } from "../errors.ts";
import type { BucketRecord } from "../layout/records.ts";
import { isOver, sum } from "./held.ts";
import type { Held } from "./held.ts";
import type { QuotaLimits } from "./quota-types.ts";

/** What all buckets of an account may hold and do hold: one record, behind `a <account>`. */
export interface AccountRecord extends QuotaLimits, Held {
  /** Buckets whose changes are noted here name it. */
  readonly id: string;
  /** Not all of its buckets are in it yet, and no limit holds. */
  readonly isCounting?: true | undefined;
}

/** How a bucket names the quota of its account. */
export interface AccountQuotaName {
  /** Where the record lies. */
  readonly root: KeySpaceId;
  readonly accountId: string;
  readonly id: string;
}

export function accountQuotaKey(accountId: string): Uint8Array {
  return Buffer.from(`a${accountId}`);
}

export function accountIn(
  tx: Transaction,
  { root, accountId }: Omit<AccountQuotaName, "id">,
): AccountRecord | undefined {
  return accountOf(tx.get(root, accountQuotaKey(accountId)));
}

export function accountOf(bytes: Uint8Array | undefined): AccountRecord | undefined {
  return bytes === undefined ? undefined : unpackValue<AccountRecord>(bytes);
}

export function putAccount(
  tx: Transaction,
  { root, accountId }: Omit<AccountQuotaName, "id">,
  record: AccountRecord,
): void {
  tx.put(root, accountQuotaKey(accountId), packValue(record));
}

/** What a new bucket of an account begins with. */
export function newBucketQuota(
  tx: Transaction,
  of: Omit<AccountQuotaName, "id">,
): BucketRecord["quota"] {
  const account = accountIn(tx, of);
  return account && { accountOnly: true, account: { ...of, id: account.id } };
}

/** Notes what a bucket of the account holds more, or less. @throws FIRN_ACCOUNT_QUOTA for more. */
export function noteInAccount(
  tx: Transaction,
  { more, ...name }: AccountQuotaName & { readonly more: Held },
): void {
  const account = accountIn(tx, name);
  // The quota that the bucket names is gone; the bucket is told next.
  if (account === undefined || account.id !== name.id) return;
  const held = sum(account, more);
  if (more.objects > 0 && account.isCounting !== true && isOver(held, account)) {
    const { bytesMax, objectsMax } = account;
    const detail = { bytesMax, objectsMax };
    throw objectError("FIRN_ACCOUNT_QUOTA", "The quota of the account is exceeded.", { detail });
  }
  putAccount(tx, name, { ...account, ...held });
}
