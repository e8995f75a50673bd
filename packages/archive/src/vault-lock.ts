import { LOCK_ID_CHARS, LOCK_PENDING_MS } from "./constants.ts";
import { archiveError, invalid } from "./errors.ts";
import { drawId } from "./identifiers.ts";
import { encode, read, vaultKeys } from "./records.ts";
import type { LockRecord } from "./records.ts";
import { checkPolicy } from "./validation.ts";
import { readVault, withVault } from "./vault-access.ts";
import type { OpenVault, Session } from "./vault-access.ts";
import { activeLock } from "./vault-guard.ts";
import { parseVaultPolicy } from "./vault-policy.ts";

export interface VaultLock {
  /** JSON. */
  readonly policy: string;
  readonly state: "InProgress" | "Locked";
  /** Milliseconds since 1970 UTC; absent when Locked. */
  readonly expirationDate?: number | undefined;
  readonly creationDate: number;
}

interface VaultNamed {
  readonly vaultName: string;
}

export async function initiateVaultLock(
  session: Session,
  options: VaultNamed & { readonly policy: string },
): Promise<{ readonly lockId: string }> {
  const policy = checkPolicy(options.policy);
  parseVaultPolicy(policy);
  const lockId = drawId(session.store.random, LOCK_ID_CHARS);
  const call = { vaultName: options.vaultName, action: "InitiateVaultLock" };
  await withVault(session, call, (vault) => {
    if (currentLock(vault) !== undefined) throw lockState(vault, "a vault lock exists already");
    putLock(vault, { policy, lockId, createdAt: vault.tx.now, locked: false });
  });
  return { lockId };
}

/** Takes the policy of a lock that is not completed away; without one it does nothing. */
export async function abortVaultLock(session: Session, options: VaultNamed): Promise<void> {
  await withVault(session, { ...options, action: "AbortVaultLock" }, (vault) => {
    const lock = currentLock(vault);
    if (lock?.locked) throw lockState(vault, "the vault lock is Locked");
    if (lock !== undefined) vault.tx.delete(vault.space, vaultKeys.lock());
  });
}

/**
 * From here on nobody can change or remove the policy. Asked again with the same id, it succeeds.
 */
export async function completeVaultLock(
  session: Session,
  options: VaultNamed & { readonly lockId: string },
): Promise<void> {
  const { vaultName, lockId } = options;
  await withVault(session, { vaultName, action: "CompleteVaultLock" }, (vault) => {
    const lock = currentLock(vault);
    if (lock === undefined) throw noLock(vault.arn);
    if (lock.lockId === lockId) return lock.locked || putLock(vault, { ...lock, locked: true });
    if (lock.locked) throw lockState(vault, "the vault lock is Locked with another lock ID");
    throw invalid(`Invalid lock ID: ${lockId.slice(0, 100)}`);
  });
}

export function getVaultLock(session: Session, options: VaultNamed): Promise<VaultLock> {
  return readVault(session, { ...options, action: "GetVaultLock" }, async (vault) => {
    const lock = activeLock(await vault.get<LockRecord>(vaultKeys.lock()), vault.now);
    if (lock === undefined) throw noLock(vault.arn);
    return {
      policy: lock.policy,
      state: lock.locked ? "Locked" : "InProgress",
      expirationDate: lock.locked ? undefined : lock.createdAt + LOCK_PENDING_MS,
      creationDate: lock.createdAt,
    };
  });
}

function currentLock({ tx, space }: OpenVault): LockRecord | undefined {
  return activeLock(read<LockRecord>(tx, space, vaultKeys.lock()), tx.now);
}

function putLock({ tx, space }: OpenVault, lock: LockRecord): void {
  tx.put(space, vaultKeys.lock(), encode(lock));
}

function lockState(vault: OpenVault, why: string): Error {
  return archiveError("FIRN_LOCK_STATE", `${vault.arn}: ${why}`);
}

function noLock(vaultArn: string): Error {
  return archiveError("FIRN_LOCK_NOT_FOUND", `No vault lock is set on ${vaultArn}`);
}
