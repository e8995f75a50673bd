import type { KeySpaceId, RangePage, ReadView, Store, Transaction } from "@firn/core";
import { archiveError } from "./errors.ts";
import { decode, read, rootKeys, vaultKeys } from "./records.ts";
import type { AccessPolicyRecord, LockRecord, Scope, VaultRecord } from "./records.ts";
import { checkVaultName } from "./validation.ts";
import type { Caller } from "./caller.ts";
import { guardVault, isOwnersRoot } from "./vault-guard.ts";
import type { GuardedCall } from "./vault-guard.ts";

/** What every part of the engine works on: the store, the root key space, and for whom. */
export interface Session {
  readonly store: Store;
  readonly root: KeySpaceId;
  readonly scope: Scope;
  readonly caller: Caller;
  /** Jobs are complete when they begin. */
  readonly instantRestores: boolean;
  /** Expedited retrievals beside what was bought, per account, region and five minutes. */
  readonly expeditedOnDemand: number | undefined;
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
 * Runs `body` on a vault in one transaction, after the vault's policies let the caller. The check
 * is in the same transaction: a lock that came first is never overtaken.
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
  if (known === undefined) throw noSuchVault(session, call);
  const { space } = decode<VaultRecord>(known);
  const keys = [vaultKeys.lock(), vaultKeys.accessPolicy(), ...(call.reads ?? [])];
  return store.transact(
    (tx) => {
      // Read again: between the look-up and here the vault may have been deleted and made anew.
      const record = read<VaultRecord>(tx, root, key);
      if (record === undefined) throw noSuchVault(session, call);
      const vault: OpenVault = { tx, space: record.space, record, arn: vaultArn(scope, name) };
      guardInside(session, vault, call);
      return body(vault);
    },
    {
      reads: [[root, key], ...keys.map((one) => [space, one] as const)],
      ranges: (call.ranges ?? []).map((range) => [space, range] as const),
    },
  );
}

function guardInside(session: Session, vault: OpenVault, call: VaultCall): void {
  const { tx, space } = vault;
  const lock = read<LockRecord>(tx, space, vaultKeys.lock());
  const access = read<AccessPolicyRecord>(tx, space, vaultKeys.accessPolicy());
  if (lock === undefined && access === undefined && isOwner(session)) return;
  const tags = read<Record<string, string>>(tx, space, vaultKeys.tags());
  const archiveCreatedAt = call.archiveCreatedAt?.(tx, space);
  const guarded = { ...guardedCall(session, call, tx.now), archiveCreatedAt };
  guardVault(session.caller, { lock, access, tags }, guarded);
}

function isOwner({ caller, scope }: Session): boolean {
  return isOwnersRoot(caller, scope.accountId);
}

function guardedCall(
  { scope }: Session,
  { action, vaultName }: Pick<VaultCall, "vaultName" | "action">,
  now: number,
): GuardedCall {
  return { action, resource: vaultArn(scope, vaultName), ownerId: scope.accountId, now };
}

/**
 * For what is about no vault that is there: only the caller's own policies speak of it.
 * @throws FIRN_LOCK_DENIES.
 */
export function guardAccount(session: Session, action: string, vaultName?: string): void {
  if (isOwner(session)) return;
  const { caller, store, scope } = session;
  const now = store.clock.now();
  const resource = vaultName === undefined ? "*" : vaultArn(scope, vaultName);
  guardVault(caller, {}, { action, resource, ownerId: scope.accountId, now });
}

/** Whoever may not ask does not learn what is there. */
function noSuchVault(
  session: Session,
  { action, vaultName }: Pick<VaultCall, "vaultName" | "action">,
): Error {
  guardAccount(session, action, vaultName);
  return vaultNotFound(session.scope, vaultName);
}

/** A vault as of one moment. */
export interface VaultView {
  readonly view: ReadView;
  readonly record: VaultRecord;
  readonly arn: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  get<T>(key: Uint8Array): Promise<T | undefined>;
  page<T>(page: RangePage): Promise<T[]>;
}

/**
 * Runs `body` on what is durable of a vault, after its policies let the caller. Needs no
 * transaction, so it goes on when the store takes no more writes.
 * @throws FIRN_VAULT_NOT_FOUND, FIRN_LOCK_DENIES.
 */
export async function readVault<T>(
  session: Session,
  call: Pick<VaultCall, "vaultName" | "action">,
  body: (vault: VaultView) => Promise<T> | T,
): Promise<T> {
  const view = session.store.view();
  try {
    const vault = await viewVault(session, view, call);
    return await body(vault);
  } finally {
    view.close();
  }
}

/** As `readVault`, on a view of the caller's. */
export async function viewVault(
  session: Session,
  view: ReadView,
  call: Pick<VaultCall, "vaultName" | "action">,
): Promise<VaultView> {
  const { store, root, scope } = session;
  const name = checkVaultName(call.vaultName);
  const found = await view.get(root, rootKeys.vault(scope, name));
  if (found === undefined) throw noSuchVault(session, call);
  const record = decode<VaultRecord>(found);
  const { space } = record;
  const get = async <R>(key: Uint8Array): Promise<R | undefined> => {
    const value = await view.get(space, key);
    return value && decode<R>(value);
  };
  const page = async <R>(range: RangePage): Promise<R[]> =>
    (await view.page(space, range)).map((entry) => decode<R>(entry.value));
  const vault = { view, record, arn: vaultArn(scope, name), now: store.clock.now(), get, page };
  await guardView(session, vault, call);
  return vault;
}

async function guardView(
  session: Session,
  vault: VaultView,
  call: Pick<VaultCall, "vaultName" | "action">,
): Promise<void> {
  const lock = await vault.get<LockRecord>(vaultKeys.lock());
  const access = await vault.get<AccessPolicyRecord>(vaultKeys.accessPolicy());
  if (lock === undefined && access === undefined && isOwner(session)) return;
  const tags = await vault.get<Record<string, string>>(vaultKeys.tags());
  const guarded = guardedCall(session, call, vault.now);
  guardVault(session.caller, { lock, access, tags }, guarded);
}

export function vaultNotFound(scope: Scope, vaultName: string): Error {
  const arn = vaultArn(scope, vaultName);
  return archiveError("FIRN_VAULT_NOT_FOUND", `Vault not found for ARN: ${arn}`, {
    detail: { vaultName },
  });
}
