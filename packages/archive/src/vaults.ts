import { VAULT_PAGE_MAX, VAULTS_MAX } from "./constants.ts";
import { archiveError, invalid } from "./errors.ts";
import { encode, decode, read, rootKeys, vaultKeys, within } from "./records.ts";
import type { TotalsRecord, VaultRecord } from "./records.ts";
import type { Page, PageOptions } from "./paged-list.ts";
import { checkLimit, checkVaultName } from "./validation.ts";
import { guardAccount, readVault, vaultArn, vaultPath, withVault } from "./vault-access.ts";
import type { OpenVault, Session } from "./vault-access.ts";

export interface VaultDescription {
  readonly vaultArn: string;
  readonly vaultName: string;
  /** Milliseconds since 1970 UTC. */
  readonly creationDate: number;
  /**
   * When the inventory last changed. Firn's inventory is kept up to date by every write instead of
   * about daily; absent until the first archive came, as before AWS's first inventory.
   */
  readonly lastInventoryDate?: number | undefined;
  readonly numberOfArchives: number;
  readonly sizeInBytes: number;
}

/**
 * Values of a vault's key space up to this many bytes are in the index: inventories read no log.
 */
const INDEXED_VALUE_BYTES = 768;

export async function createVault(session: Session, name: string): Promise<{ location: string }> {
  const { store, root, scope } = session;
  const key = rootKeys.vault(scope, checkVaultName(name));
  guardAccount(session, "CreateVault", name);
  const countKey = rootKeys.vaultCount(scope);
  await store.transact(
    (tx) => {
      if (tx.get(root, key) !== undefined) return;
      const count = read<{ count: number }>(tx, root, countKey)?.count ?? 0;
      if (count >= VAULTS_MAX) {
        throw archiveError("FIRN_VAULT_LIMIT", `The account has ${VAULTS_MAX} vaults already`);
      }
      const space = tx.createKeySpace({ indexedValueBytes: INDEXED_VALUE_BYTES });
      const record: VaultRecord = { name, space, createdAt: tx.now };
      tx.put(root, key, encode(record));
      tx.put(root, countKey, encode({ count: count + 1 }));
    },
    { reads: [key, countKey].map((one) => [root, one] as const) },
  );
  return { location: vaultPath(scope, name) };
}

export function describeVault(session: Session, vaultName: string): Promise<VaultDescription> {
  return readVault(session, { vaultName, action: "DescribeVault" }, async (vault) =>
    describe(session, vault.record, await vault.get<TotalsRecord>(vaultKeys.totals())),
  );
}

export async function listVaults(
  session: Session,
  options: PageOptions,
): Promise<Page<VaultDescription>> {
  const { store, root, scope } = session;
  guardAccount(session, "ListVaults");
  const limit = checkLimit(options.limit, VAULT_PAGE_MAX);
  const from = options.marker === undefined ? undefined : markerKey(session, options.marker);
  const view = store.view();
  try {
    const { gte, lt } = within(rootKeys.vaults(scope));
    const entries = await view.page(root, { gte: from ?? gte, lt, limit: limit + 1 });
    const records = entries.map((entry) => decode<VaultRecord>(entry.value));
    const items: VaultDescription[] = [];
    for (const record of records.slice(0, limit)) {
      const totals = await view.get(record.space, vaultKeys.totals());
      items.push(describe(session, record, totals && decode<TotalsRecord>(totals)));
    }
    const next = records[limit];
    return { items, marker: next && vaultArn(scope, next.name) };
  } finally {
    view.close();
  }
}

/**
 * Deletes an empty vault. Its running jobs and open uploads go with it: the vault's name is free in
 * this one transaction, what it held is cleared away behind it by the sweeper.
 */
export async function deleteVault(session: Session, vaultName: string): Promise<void> {
  const { root, scope } = session;
  const call = { vaultName, action: "DeleteVault", reads: [vaultKeys.totals()] };
  const countKey = rootKeys.vaultCount(scope);
  await withVault(session, call, (vault) => {
    if ((readTotals(vault)?.archiveCount ?? 0) > 0) {
      const message = `Vault not empty or recently written to: ${vault.arn}`;
      throw archiveError("FIRN_VAULT_NOT_EMPTY", message, { detail: { vaultName } });
    }
    const { tx } = vault;
    const count = read<{ count: number }>(tx, root, countKey)?.count ?? 1;
    tx.delete(root, rootKeys.vault(scope, vaultName));
    tx.put(root, countKey, encode({ count: count - 1 }));
    tx.put(root, rootKeys.dropped(vault.space), encode({ space: vault.space }));
  });
}

/** Counts an archive in or out of the vault's inventory. */
export function addToTotals(vault: OpenVault, archives: number, bytes: number): void {
  const totals = readTotals(vault);
  const next: TotalsRecord = {
    archiveCount: (totals?.archiveCount ?? 0) + archives,
    sizeBytes: (totals?.sizeBytes ?? 0) + bytes,
    changedAt: vault.tx.now,
  };
  vault.tx.put(vault.space, vaultKeys.totals(), encode(next));
}

function readTotals(vault: OpenVault): TotalsRecord | undefined {
  return read<TotalsRecord>(vault.tx, vault.space, vaultKeys.totals());
}

function describe(
  session: Session,
  record: VaultRecord,
  totals: TotalsRecord | undefined,
): VaultDescription {
  return {
    vaultArn: vaultArn(session.scope, record.name),
    vaultName: record.name,
    creationDate: record.createdAt,
    lastInventoryDate: totals?.changedAt,
    numberOfArchives: totals?.archiveCount ?? 0,
    sizeInBytes: totals?.sizeBytes ?? 0,
  };
}

/** A vault list's marker is the ARN of the vault that it goes on with. */
function markerKey(session: Session, marker: string): Uint8Array {
  const prefix = vaultArn(session.scope, "");
  if (!marker.startsWith(prefix)) throw invalid(`Invalid marker: ${marker.slice(0, 300)}`);
  return rootKeys.vault(session.scope, checkVaultName(marker.slice(prefix.length)));
}
