import type { UserName } from "./identity-options.ts";

/** A policy of an account that several of its users can have. */
export interface ManagedPolicy {
  readonly accountId: string;
  /** 1 to 128 of `A-Z a-z 0-9 + = , . @ _ -`, unique in the account. */
  readonly policyName: string;
  /** arn:aws:iam::ACCOUNT:policy/NAME. */
  readonly arn: string;
  /** JSON. */
  readonly policyDocument: string;
  /** Milliseconds since 1970 UTC, in the store's time. */
  readonly createdAtMs: number;
}

/** The policies of one user. */
export interface UserPolicies extends UserName {
  /** Documents of its own, by name. */
  readonly inline: Readonly<Record<string, string>>;
  /** Names of policies of the account. */
  readonly attached: readonly string[];
}

export interface PolicyName {
  readonly accountId: string;
  readonly policyName: string;
}

export interface UserPolicyName extends UserName {
  readonly policyName: string;
}

export interface PutUserPolicyOptions extends UserPolicyName {
  /** JSON; all of a user's own together at most 2 KiB. */
  readonly policyDocument: string;
}

export interface CreatePolicyOptions extends PolicyName {
  /** JSON, at most 6 KiB. */
  readonly policyDocument: string;
}

/** Rejects, or throws, with what is wrong with a policy; its message is told. */
export type PolicyCheck = (policyDocument: string) => Promise<void> | void;
