/** Who beside its owner may make volumes of a snapshot, read its blocks and copy it. */
import type { BlockPublicAccess, Scope, SnapshotRecord } from "./catalog.ts";
import { changeSnapshot } from "./change-snapshot.ts";
import { SHARED_ACCOUNTS_MAX } from "./constants.ts";
import type { SnapshotDescription } from "./descriptions.ts";
import { snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";

/** Stands for every account. */
export const EVERYBODY = "all";

export interface ShareSnapshotOptions {
  readonly snapshotId: string;
  /** Account ids, or `all`. */
  readonly add?: readonly string[] | undefined;
  readonly remove?: readonly string[] | undefined;
}

/** @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_SHARING, FIRN_VOLUME_PARAMETER. */
export function shareSnapshot(
  context: EngineContext,
  options: ShareSnapshotOptions,
): Promise<SnapshotDescription> {
  const { snapshotId, add = [], remove = [] } = options;
  return changeSnapshot(context, snapshotId, (record, _nowMs, catalog) => {
    if (add.includes(EVERYBODY) && catalog.settings().blockPublicAccess !== "unblocked") {
      const text = "Sharing with everybody is blocked for this account and region.";
      throw volumeError("FIRN_SNAPSHOT_SHARING", text, { detail: { snapshotId } });
    }
    const kept = (record.sharedWith ?? []).filter((account) => !remove.includes(account));
    const sharedWith = [...new Set([...kept, ...add])];
    if (sharedWith.length > SHARED_ACCOUNTS_MAX) {
      const text = `A snapshot is shared with ${SHARED_ACCOUNTS_MAX} accounts at the most.`;
      throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "userId" } });
    }
    return { ...record, sharedWith };
  });
}

/** A snapshot that may be read, and whose it is. */
export interface ReadableSnapshot {
  readonly record: SnapshotRecord;
  /** Of its owner. */
  readonly scope: Scope;
}

/**
 * The caller's own snapshot of that id, or another account's in the same region that is shared.
 * @throws FIRN_SNAPSHOT_NOT_FOUND: one that is not shared does not exist for the caller.
 */
export async function readableSnapshot(
  context: EngineContext,
  snapshotId: string,
): Promise<ReadableSnapshot> {
  const own = await context.find<SnapshotRecord>("snapshot", snapshotId);
  if (own !== undefined) return { record: own, scope: context.scope };
  const scope = await context.ownerOf(snapshotId);
  if (scope === undefined || scope.region !== context.scope.region) {
    throw snapshotNotFound(snapshotId);
  }
  const owner = context.in(scope);
  const record = await owner.find<SnapshotRecord>("snapshot", snapshotId);
  if (record === undefined) throw snapshotNotFound(snapshotId);
  const access = await blockPublicAccessOf(owner);
  if (!isSharedWith(record, context.scope.accountId, access)) throw snapshotNotFound(snapshotId);
  return { record, scope };
}

export function isSharedWith(
  { sharedWith = [] }: Pick<SnapshotRecord, "sharedWith">,
  accountId: string,
  access: BlockPublicAccess,
): boolean {
  if (sharedWith.includes(accountId)) return true;
  return sharedWith.includes(EVERYBODY) && access !== "block-all-sharing";
}

/** What the account lets be shared with everybody. */
export function blockPublicAccessOf(context: EngineContext): Promise<BlockPublicAccess> {
  return context.transact([["settings", ""]], (catalog) => catalog.settings().blockPublicAccess);
}

export async function setBlockPublicAccess(
  context: EngineContext,
  blockPublicAccess: BlockPublicAccess,
): Promise<void> {
  await context.transact([["settings", ""]], (catalog) => {
    catalog.put("settings", "", { ...catalog.settings(), blockPublicAccess });
  });
}
