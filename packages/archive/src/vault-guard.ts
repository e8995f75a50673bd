import { DAY_MS, LOCK_PENDING_MS } from "./constants.ts";
import { archiveError } from "./errors.ts";
import type { AccessPolicyRecord, LockRecord, Scope } from "./records.ts";
import { denies, parseVaultPolicy } from "./vault-policy.ts";
import type { VaultRequest } from "./vault-policy.ts";

/** What stands between a caller and a vault. */
export interface VaultPolicies {
  readonly lock: LockRecord | undefined;
  readonly access: AccessPolicyRecord | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/** What somebody is about to do. */
export interface GuardedCall {
  /** As policies name it, without the service: `DeleteArchive`. */
  readonly action: string;
  readonly vaultArn: string;
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

/** @throws FIRN_LOCK_DENIES when the vault's lock or its access policy denies the call. */
export function guardVault(scope: Scope, policies: VaultPolicies, call: GuardedCall): void {
  const lock = activeLock(policies.lock, call.now);
  const access = isOwnersWayBack(scope, call) ? undefined : policies.access;
  const inForce = [
    { policy: lock?.policy, name: "vault lock" },
    { policy: access?.policy, name: "resource-based" },
  ];
  for (const { policy, name } of inForce) {
    if (policy === undefined) continue;
    if (denies(parseVaultPolicy(policy), describe(scope, policies, call))) {
      throw denied(scope, call, name);
    }
  }
}

function describe(scope: Scope, policies: VaultPolicies, call: GuardedCall): VaultRequest {
  const { archiveCreatedAt: createdAt, now } = call;
  return {
    action: `glacier:${call.action}`,
    caller: scope.caller,
    resource: call.vaultArn,
    tags: policies.tags ?? {},
    archiveAgeInDays: createdAt === undefined ? undefined : Math.floor((now - createdAt) / DAY_MS),
  };
}

function denied(scope: Scope, { action, vaultArn }: GuardedCall, policyName: string): Error {
  const message =
    `User: ${scope.caller} is not authorized to perform: glacier:${action} on resource: ` +
    `${vaultArn} with an explicit deny in a ${policyName} policy`;
  return archiveError("FIRN_LOCK_DENIES", message, { detail: { action, vaultArn } });
}

/** The account's root can always repair an access policy that shuts everybody out. */
function isOwnersWayBack(scope: Scope, call: GuardedCall): boolean {
  const root = scope.caller === `arn:aws:iam::${scope.accountId}:root`;
  return root && call.action.endsWith("VaultAccessPolicy");
}
