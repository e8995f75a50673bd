import { PolicyError, evaluatePolicies, evaluatePolicy } from "@firn/auth";
import type { ConditionFacts, Policy, PolicyRequest, Verdict } from "@firn/auth";
import { rootArn } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { DAY_MS, LOCK_PENDING_MS } from "./constants.ts";
import { archiveError } from "./errors.ts";
import type { AccessPolicyRecord, LockRecord } from "./records.ts";
import { readVaultPolicy } from "./vault-policy.ts";

/** What stands between a caller and a vault. */
export interface VaultPolicies {
  readonly lock?: LockRecord | undefined;
  readonly access?: AccessPolicyRecord | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** What somebody is about to do. */
export interface GuardedCall {
  /** As policies name it, without the service: `DeleteArchive`. */
  readonly action: string;
  /** ARN of the vault; `*` for what is about no vault. */
  readonly resource: string;
  /** The account that owns it. */
  readonly ownerId: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** When the archive that it is about was made, for policies by age. */
  readonly archiveCreatedAt?: number | undefined;
}

/** The lock that holds now: one that was not completed in a day is gone without a trace. */
export function activeLock(lock: LockRecord | undefined, now: number): LockRecord | undefined {
  if (lock === undefined || lock.locked) return lock;
  return now < lock.createdAt + LOCK_PENDING_MS ? lock : undefined;
}

/** Whether `guardVault` would let everything pass on a vault without policies. */
export function isOwnersRoot(caller: Caller, ownerId: string): boolean {
  return caller.policies === undefined && caller.accountId === ownerId;
}

/**
 * Lets the caller do what it is about to do, or throws. A denial by the vault's lock, its access
 * policy or the caller's own policies outweighs everything. In the vault's account it takes one
 * that allows, and root needs none; from another account the vault's policies must allow it, and
 * the caller's own too.
 * @throws FIRN_LOCK_DENIES.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function guardVault(caller: Caller, policies: VaultPolicies, call: GuardedCall): void {
  const request = describe(caller, policies, call);
  const deny = (kind: string): Error =>
    denied(caller, call, `with an explicit deny in ${kind} policy`);
  const locks = verdictOf(activeLock(policies.lock, call.now)?.policy, request);
  if (locks.effect === "deny") throw deny("a vault lock");
  const own = evaluatePolicies(caller.policies ?? [], request);
  if (own.effect === "deny") throw deny("an identity-based");
  const access = isOwnersWayBack(caller, call) ? undefined : policies.access;
  const resource = verdictOf(access?.policy, request);
  if (resource.effect === "deny") throw deny("a resource-based");
  const given = [locks.effect, resource.effect];
  const mayByItself = caller.policies === undefined || own.effect === "allow";
  if (caller.accountId === call.ownerId) {
    if (mayByItself || given.includes("allow")) return;
  } else if (!given.includes("allow") && !given.includes("delegate")) {
    throw denied(caller, call, `because no resource-based policy allows the ${told(call)} action`);
  } else if (mayByItself) {
    return;
  }
  throw denied(caller, call, `because no identity-based policy allows the ${told(call)} action`);
}

/** A policy that cannot be read any more is not one that allows. */
function verdictOf(text: string | undefined, request: PolicyRequest): Verdict {
  if (text === undefined) return { effect: "none" };
  const policy: Policy | PolicyError = readVaultPolicy(text);
  return policy instanceof PolicyError ? { effect: "deny" } : evaluatePolicy(policy, request);
}

function describe(caller: Caller, policies: VaultPolicies, call: GuardedCall): PolicyRequest {
  const { accountId, arn } = caller;
  return {
    principal: { accountId, arn },
    action: told(call),
    resource: call.resource,
    facts: factsOf(caller, policies.tags ?? {}, call),
  };
}

/** Time is the store's: whoever moves its clock sees what its policies will say then. */
function factsOf(
  caller: Caller,
  tags: Readonly<Record<string, string>>,
  { now, archiveCreatedAt: createdAt, ownerId }: GuardedCall,
): ConditionFacts {
  const facts = new Map(caller.facts);
  facts.set("aws:principalaccount", [caller.accountId]);
  facts.set("aws:principalarn", [caller.arn]);
  facts.set("aws:resourceaccount", [ownerId]);
  facts.set("aws:currenttime", [new Date(now).toISOString()]);
  facts.set("aws:epochtime", [String(Math.floor(now / 1000))]);
  if (createdAt !== undefined) {
    facts.set("glacier:archiveageindays", [String(Math.floor((now - createdAt) / DAY_MS))]);
  }
  // Keys of conditions know no case, those of tags do: two may be one here, with two values.
  for (const [tag, value] of Object.entries(tags)) {
    for (const prefix of ["glacier", "aws"]) {
      const key = `${prefix}:resourcetag/${tag.toLowerCase()}`;
      facts.set(key, [...(facts.get(key) ?? []), value]);
    }
  }
  return facts;
}

function told({ action }: GuardedCall): string {
  return `glacier:${action}`;
}

function denied(caller: Caller, call: GuardedCall, why: string): Error {
  const { action, resource } = call;
  const message =
    `User: ${caller.arn} is not authorized to perform: ${told(call)} on resource: ` +
    `${resource} ${why}`;
  return archiveError("FIRN_LOCK_DENIES", message, { detail: { action, resource } });
}

/** The account's root can always repair an access policy that shuts everybody out. */
function isOwnersWayBack(caller: Caller, { action, ownerId }: GuardedCall): boolean {
  return caller.arn === rootArn(ownerId) && action.endsWith("VaultAccessPolicy");
}
