import type { KeySpaceId, RangePage, Store, Transaction } from "@firn/core";
import { DAY_MS, LOCK_PENDING_MS } from "./constants.ts";
import { archiveError } from "./errors.ts";
import { decode, read, rootKeys, vaultKeys } from "./records.ts";
import type { LockRecord, Scope, VaultRecord } from "./records.ts";
import { checkVaultName } from "./validation.ts";
import { denies, parseVaultPolicy } from "./vault-policy.ts";
import type { VaultRequest } from "./vault-policy.ts";

/** What every part of the engine works on: the store, the root key space, and for whom. */
export interface Session {
  readonly store: Store;
  readonly root: KeySpaceId;
  readonly scope: Scope;
}

/** A vault inside a transaction. */
export interface OpenVault {
  readonly tx: Transaction;
  readonly space: KeySpaceId;
  readonly record: VaultRecord;
  readonly arn: string;
}

/** What a call on a vault is, and what it will read there: declared, so that nothing blocks. */
export interface VaultCall {
  readonly vaultName: string;
  /** As policies name it, without the service: `DeleteArchive`. */
  readonly action: string;
  readonly reads?: readonly Uint8Array[] | undefined;
  readonly ranges?: readonly RangePage[] | undefined;
  /** When the archive that it is about was made, for policies by age. */
  archiveCreatedAt?(tx: Transaction, space: KeySpaceId): number | undefined;
}

export function vaultArn(scope: Scope, vaultName: string): string {
  return `arn:aws:glacier:${scope.region}:${scope.accountId}:vaults/${vaultName}`;
}

/** The path of a vault, and with `rest` of what is in it: what Location headers say. */
export function vaultPath(scope: Scope, vaultName: string, rest = ""): string {
  return `/${scope.accountId}/vaults/${vaultName}${rest}`;
}

/**
 * Runs `body` on a vault in one transaction, after the vault's policies let the caller. The check is
 * in the same transaction: a lock that came first is never overtaken.
 * @throws FIRN_VAULT_NOT_FOUND, FIRN_LOCK_DENIES.
 */
export async function withVault<T>(
  session: Session,
  call: VaultCall,
  body: (vault: OpenVault) => T,
): Promise<T> {
  const { store, root, scope } = session;
  const name = checkVaultName(call.vaultName);
  const key = rootKeys.vault(scope, name);
  const known = await store.get(root, key);
  if (known === undefined) throw vaultNotFound(scope, name);
  const { space } = decode<VaultRecord>(known);
  const policyKeys = [vaultKeys.lock(), vaultKeys.accessPolicy()];
  return store.transact(
    (tx) => {
      // Read again: between the look-up and here the vault may have been deleted and made anew.
      const record = read<VaultRecord>(tx, root, key);
      if (record === undefined) throw vaultNotFound(scope, name);
      const vault: OpenVault = { tx, space: record.space, record, arn: vaultArn(scope, name) };
      checkPolicies(vault, scope, call);
      return body(vault);
    },
    {
      reads: [
        [root, key],
        ...[...policyKeys, ...(call.reads ?? [])].map((one) => [space, one] as const),
      ],
      ranges: (call.ranges ?? []).map((range) => [space, range] as const),
    },
  );
}

/** The lock that holds now: one that was not completed in a day is gone without a trace. */
export function currentLock(vault: OpenVault): LockRecord | undefined {
  const lock = read<LockRecord>(vault.tx, vault.space, vaultKeys.lock());
  if (lock === undefined || lock.locked) return lock;
  return vault.tx.now < lock.createdAt + LOCK_PENDING_MS ? lock : undefined;
}

export function vaultNotFound(scope: Scope, vaultName: string): Error {
  const arn = vaultArn(scope, vaultName);
  return archiveError("FIRN_VAULT_NOT_FOUND", `Vault not found for ARN: ${arn}`, {
    detail: { vaultName },
  });
}

function checkPolicies(vault: OpenVault, scope: Scope, call: VaultCall): void {
  const lock = currentLock(vault)?.policy;
  const access = read<{ policy: string }>(vault.tx, vault.space, vaultKeys.accessPolicy())?.policy;
  if (lock === undefined && access === undefined) return;
  const request = describeRequest(vault, scope, call);
  const texts = [lock, isOwnersWayBack(scope, call) ? undefined : access];
  for (const text of texts) {
    if (text === undefined || !denies(parseVaultPolicy(text), request)) continue;
    throw archiveError(
      "FIRN_LOCK_DENIES",
      `User: ${scope.caller} is not authorized to perform: ${request.action} on resource: ` +
        `${vault.arn} with an explicit deny in a ${text === lock ? "vault lock" : "resource-based"} policy`,
      { detail: { action: request.action, vaultArn: vault.arn } },
    );
  }
}

function describeRequest(vault: OpenVault, scope: Scope, call: VaultCall): VaultRequest {
  const { tx, space } = vault;
  const createdAt = call.archiveCreatedAt?.(tx, space);
  return {
    action: `glacier:${call.action}`,
    caller: scope.caller,
    resource: vault.arn,
    tags: read<Record<string, string>>(tx, space, vaultKeys.tags()) ?? {},
    archiveAgeInDays:
      createdAt === undefined ? undefined : Math.floor((tx.now - createdAt) / DAY_MS),
  };
}

/** The account's root can always repair an access policy that shuts everybody out. */
function isOwnersWayBack(scope: Scope, call: VaultCall): boolean {
  const root = scope.caller === `arn:aws:iam::${scope.accountId}:root`;
  return root && call.action.endsWith("VaultAccessPolicy");
}
