import type { Glob } from "./glob.ts";

/**
 * A policy, parsed and checked: what `parsePolicy` makes and `evaluatePolicy` reads.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export interface Policy {
  readonly statements: readonly Statement[];
}

export type Effect = "Allow" | "Deny";

export interface Statement {
  /** The `Sid`, or the statement's place (`statement 2`): for the log. */
  readonly name: string;
  readonly effect: Effect;
  /** Absent in policies of identities: they speak of who has them. */
  readonly principals?: PrincipalList | undefined;
  readonly actions: PatternList;
  readonly resources: PatternList;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

/** `Action` and `Resource`, or with `negated` `NotAction` and `NotResource`. */
export interface PatternList {
  readonly negated: boolean;
  readonly patterns: readonly Glob[];
  /** As written, for checks at the time when a policy is stored. */
  readonly texts: readonly string[];
}

/** `Principal`, or with `negated` `NotPrincipal`. */
export interface PrincipalList {
  readonly negated: boolean;
  /** `*`: everybody, strangers too. */
  readonly everybody: boolean;
  /** Accounts (12 digits, or an account's root): every principal of theirs. */
  readonly accounts: readonly string[];
  /** Users and roles by their ARN. */
  readonly arns: readonly string[];
  readonly canonicalIds: readonly string[];
}

export type Quantifier = "ForAllValues" | "ForAnyValue";

export interface Condition {
  /** Without quantifier and `IfExists`: `StringLike`. */
  readonly operator: string;
  readonly quantifier?: Quantifier | undefined;
  readonly ifExists: boolean;
  /** In lower case: names of keys do not depend on it. */
  readonly key: string;
  readonly values: readonly Glob[];
  readonly texts: readonly string[];
}

/** Who asks. */
export interface PolicyPrincipal {
  /** Absent: a stranger, whose request nobody signed. */
  readonly accountId?: string | undefined;
  readonly arn?: string | undefined;
  readonly canonicalId?: string | undefined;
}

/** Facts about a request by the lower-case names of their condition keys. */
export type ConditionFacts = ReadonlyMap<string, readonly string[]>;

export interface PolicyRequest {
  readonly principal: PolicyPrincipal;
  /** `s3:GetObject`. */
  readonly action: string;
  /** `arn:aws:s3:::bucket/key`. */
  readonly resource: string;
  readonly facts: ConditionFacts;
}

/**
 * What a policy says: `allow` names the principal itself; `delegate` allows its account, so that
 * the account's own policies must allow it too; `none` says nothing.
 */
export interface Verdict {
  readonly effect: "allow" | "delegate" | "deny" | "none";
  /** The statement that decided. */
  readonly statement?: string | undefined;
}
