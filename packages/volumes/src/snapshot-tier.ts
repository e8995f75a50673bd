/*
 * The archive tier of snapshots: where a snapshot is follows from its newest move and the clock.
 * Its blocks stay where they are (they may be shared with volumes and other snapshots); while it is
 * archived it cannot be read, copied or made a volume of, as with EBS.
 */
import type { SnapshotRecord, TierRecord } from "./catalog.ts";
import { DAY_MS, TIER_RESTORE_DAYS_MAX, TIER_RESTORE_MS } from "./constants.ts";
import type { SnapshotDescription } from "./descriptions.ts";
import { changeSnapshot } from "./change-snapshot.ts";
import { checkCompleted, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { noteLeaving, noteRetrieval } from "./monthly-use.ts";
import { changedRanges } from "./snapshot-operations.ts";

/** Whether the snapshot is out of reach at that moment. */
export function isArchived(tier: TierRecord | undefined, nowMs: number): boolean {
  if (tier === undefined) return false;
  switch (tier.operation) {
    case "archival":
      return nowMs >= tier.doneTime;
    case "permanent-restore":
      return nowMs < tier.doneTime;
    case "temporary-restore":
      return nowMs < tier.doneTime || nowMs >= tier.expiryTime;
  }
}

/** @throws FIRN_SNAPSHOT_TIER. */
export function checkNotArchived(record: SnapshotRecord, nowMs: number): void {
  if (!isArchived(record.tier, nowMs)) return;
  const { snapshotId } = record;
  const text = `The snapshot '${snapshotId}' is archived. Restore it first.`;
  throw volumeError("FIRN_SNAPSHOT_TIER", text, { detail: { snapshotId } });
}

/**
 * Moves a snapshot to the archive, at once; takes as long as the walk over its map.
 * @throws FIRN_SNAPSHOT_NOT_FOUND, …_STATE, …_TIER.
 */
export async function archiveSnapshot(
  context: EngineContext,
  snapshotId: string,
): Promise<SnapshotDescription> {
  // A snapshot never changes: its size can be told before the transaction.
  let archivedBytes = 0;
  for await (const { length } of changedRanges(context, { secondSnapshotId: snapshotId })) {
    archivedBytes += length;
  }
  return changeSnapshot(context, snapshotId, (record, nowMs) => {
    checkCompleted(record);
    if (record.tier !== undefined && record.tier.operation !== "permanent-restore") {
      const text = `The snapshot '${snapshotId}' is already in the archive tier.`;
      throw volumeError("FIRN_SNAPSHOT_TIER", text, { detail: { snapshotId } });
    }
    const times = { startTime: nowMs, doneTime: nowMs, archivedTime: nowMs, expiryTime: 0 };
    return { ...record, tier: { operation: "archival", archivedBytes, ...times } };
  });
}

/** `days`: for that long, then it is archived again; without, for good. It takes 24 hours. */
export function restoreSnapshot(
  context: EngineContext,
  snapshotId: string,
  days: number | undefined,
): Promise<SnapshotDescription> {
  if (days !== undefined && !(days >= 1 && days <= TIER_RESTORE_DAYS_MAX)) {
    const text = `A temporary restore lasts 1 to ${TIER_RESTORE_DAYS_MAX} days.`;
    throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "days" } });
  }
  return changeSnapshot(context, snapshotId, (record, nowMs, catalog) => {
    const { tier } = record;
    if (tier === undefined || tier.operation === "permanent-restore") {
      const text = `The snapshot '${snapshotId}' is not in the archive tier.`;
      throw volumeError("FIRN_SNAPSHOT_TIER", text, { detail: { snapshotId } });
    }
    // What is within reach already only changes how long it stays so.
    const doneTime = isArchived(tier, nowMs) ? nowMs + TIER_RESTORE_MS : tier.doneTime;
    if (isArchived(tier, nowMs)) noteRetrieval(catalog, record, nowMs);
    if (days === undefined) noteLeaving(catalog, record, nowMs);
    const { archivedTime, archivedBytes } = tier;
    const shared = { startTime: nowMs, doneTime, archivedTime, archivedBytes };
    return {
      ...record,
      tier:
        days === undefined
          ? { operation: "permanent-restore", ...shared, expiryTime: 0 }
          : {
              operation: "temporary-restore",
              ...shared,
              expiryTime: Math.max(doneTime, nowMs) + days * DAY_MS,
            },
    };
  });
}
