import { addUse, daysLacking } from "@firn/core";
import type { CatalogTransaction, SnapshotRecord } from "./catalog.ts";

/**
 * Deleted, or brought back for good, before so many days, an archived snapshot is billed for them.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive-pricing.html
 */
const ARCHIVED_DAYS_MIN = 90;
/** The item under which archived snapshots are kept, in price lists. */
const ARCHIVED = "snapshot archive";
const RETRIEVAL = "retrieval snapshot archive";

/** The snapshot leaves the archive tier for good: what it lacks to the least time there is owed. */
export function noteLeaving(
  catalog: CatalogTransaction,
  { tier }: Pick<SnapshotRecord, "tier">,
  nowMs: number,
): void {
  if (tier === undefined || tier.operation === "permanent-restore") return;
  const lacking = daysLacking(ARCHIVED_DAYS_MIN, tier.archivedTime, nowMs);
  const owedByteDays = (tier.archivedBytes ?? 0) * lacking;
  if (owedByteDays === 0) return;
  catalog.put("use", "", addUse(catalog.use(), nowMs, { [ARCHIVED]: { owedByteDays } }));
}

/** A restore out of the archive tier begins. */
export function noteRetrieval(
  catalog: CatalogTransaction,
  { tier }: Pick<SnapshotRecord, "tier">,
  nowMs: number,
): void {
  const added = { [RETRIEVAL]: { count: 1, bytes: tier?.archivedBytes ?? 0 } };
  catalog.put("use", "", addUse(catalog.use(), nowMs, added));
}
