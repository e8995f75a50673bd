import type { CatalogTransaction, SnapshotRecord } from "./catalog.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import { snapshotNotFound, type EngineContext } from "./engine-context.ts";

/** Replaces a snapshot's record by what `change` makes of it. @throws FIRN_SNAPSHOT_NOT_FOUND. */
export function changeSnapshot(
  context: EngineContext,
  snapshotId: string,
  change: (record: SnapshotRecord, nowMs: number, catalog: CatalogTransaction) => SnapshotRecord,
): Promise<SnapshotDescription> {
  return context.transact([["snapshot", snapshotId]], (catalog, tx) => {
    const record = catalog.snapshot(snapshotId);
    if (record === undefined) throw snapshotNotFound(snapshotId);
    const changed = change(record, tx.now, catalog);
    catalog.put("snapshot", snapshotId, changed);
    return describeSnapshot(changed, context.scope.accountId);
  });
}
