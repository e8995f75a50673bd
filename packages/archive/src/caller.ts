import type { ConditionFacts, Policy } from "@firn/auth";

/** Who acts, as policies see it. */
export interface Caller {
  /** `arn:aws:iam::000000000000:user/alice`. */
  readonly arn: string;
  /** 12 digits. */
  readonly accountId: string;
  /** The caller's own; `undefined`: an account's root, who may do all that no vault denies. */
  readonly policies: readonly Policy[] | undefined;
  /** About the request, by the lower-case names of their condition keys. */
  readonly facts: ConditionFacts;
}

/** For whom an engine acts. */
export interface ArchiveScope {
  /** Who owns what is called: 12 digits. */
  readonly accountId: string;
  readonly region: string;
  /** ARN of who acts, perhaps of another account; default the account's root. */
  readonly caller?: string | undefined;
  /** The caller's own policies; without them it may do all that the vault does not deny. */
  readonly policies?: readonly Policy[] | undefined;
  /** About the request, by lower-case condition key: `aws:sourceip`, `aws:securetransport`. */
  readonly facts?: ConditionFacts | undefined;
}

export function rootArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:root`;
}

/** By default the root of the account itself. */
export function callerOf(options: ArchiveScope): Caller {
  const arn = options.caller ?? rootArn(options.accountId);
  const { policies, facts = new Map() } = options;
  return { arn, accountId: arn.split(":")[4] ?? "", policies, facts };
}
