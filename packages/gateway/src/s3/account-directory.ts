import type { Caller } from "../frame/context.ts";

/** An account, as owners and grants show it. */
export interface KnownAccount {
  /** 12 digits. */
  readonly accountId: string;
  /** 64 hex digits. */
  readonly canonicalId: string;
  readonly displayName: string;
}

/** Looks accounts up, in memory. */
export interface AccountDirectory {
  account(accountId: string): KnownAccount | undefined;
  accountByCanonicalId(canonicalId: string): KnownAccount | undefined;
  accountByEmail(email: string): KnownAccount | undefined;
}

/** S3's name for whoever writes without a signature. */
const STRANGER: KnownAccount = {
  accountId: "",
  canonicalId: "65a011a29cdf8ec533ec3d1ccaae921c",
  displayName: "anonymous",
};

/** A directory that knows the caller alone: of a gateway that was given none. */
export function callersOnly(caller: Caller): AccountDirectory {
  return {
    account: (id) => (id === caller.accountId ? caller : undefined),
    accountByCanonicalId: (id) => (id === caller.canonicalId ? caller : undefined),
    accountByEmail: () => undefined,
  };
}

/** The account, or what is left of one that is gone: its id. */
export function accountOf(accounts: AccountDirectory, accountId: string): KnownAccount {
  if (accountId === STRANGER.accountId) return STRANGER;
  const gone = { accountId, canonicalId: accountId, displayName: accountId };
  return accounts.account(accountId) ?? gone;
}
