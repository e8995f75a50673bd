import { UsageTally, daysLacking, monthOf, unpackValue } from "@firn/core";
import type { MonthlyUse, UsageLine, UsageOptions } from "@firn/core";
import { kindRange, scopeOfKey } from "./catalog.ts";
import type { Scope, SnapshotRecord, VolumeRecord } from "./catalog.ts";
import { EngineContext } from "./engine-context.ts";
import { changedRanges } from "./snapshot-operations.ts";
import { isArchived } from "./snapshot-tier.ts";

const GIB = 2 ** 30;
/** What every gp3 volume has; above it, operations and throughput are paid for. */
const GP3_IOPS = 3000;
const GP3_MIB_PER_SECOND = 125;

/**
 * Volumes by type with their provisioned operations, and snapshots: each by the bytes in which it
 * differs from the one before it of the same volume, as EBS bills them; an archived one in full.
 */
export async function usageOfVolumes(
  context: EngineContext,
  options: UsageOptions,
): Promise<UsageLine[]> {
  const tally = new UsageTally();
  const { store, catalog } = context.state;
  const view = store.view();
  try {
    for await (const { key, value } of view.range(catalog, kindRange("volume"))) {
      addVolume(tally, scopeOfKey(key), unpackValue<VolumeRecord>(value));
    }
    const newest = new Map<string, SnapshotRecord>();
    const snapshots: { readonly scope: Scope; readonly record: SnapshotRecord }[] = [];
    for await (const { key, value } of view.range(catalog, kindRange("snapshot"))) {
      const record = unpackValue<SnapshotRecord>(value);
      if (record.upload === undefined) snapshots.push({ scope: scopeOfKey(key), record });
    }
    snapshots.sort((a, b) => a.record.startTime - b.record.startTime);
    for (const { scope, record } of snapshots) {
      const lineage = `${scope.accountId}/${scope.region}/${record.volumeId}`;
      const archived = isArchived(record.tier, store.clock.now());
      const before = archived ? undefined : newest.get(lineage);
      const known = archived ? record.tier?.archivedBytes : undefined;
      const bytes =
        known ?? (await changedBytes(new EngineContext(context.state, scope), record, before));
      const item = archived ? "snapshot archive" : "snapshot standard";
      const since = record.tier?.archivedTime ?? record.startTime;
      const lacking = daysLacking(options.minimumDays(item), since, store.clock.now());
      const key = { service: "ebs", ...scope, item } as const;
      tally.add(key, { count: 1, bytes, earlyByteDays: bytes * lacking });
      if (!archived) newest.set(lineage, record);
    }
    const month = options.month ?? monthOf(store.clock.now());
    for await (const { key, value } of view.range(catalog, kindRange("use"))) {
      tally.addUse({ service: "ebs", ...scopeOfKey(key) }, unpackValue<MonthlyUse>(value), month);
    }
  } finally {
    view.close();
  }
  return tally.lines();
}

function addVolume(tally: UsageTally, scope: Scope, { performance }: VolumeRecord): void {
  const { volumeType, sizeGiB, iops, throughput } = performance;
  const key = { service: "ebs", ...scope } as const;
  tally.add({ ...key, item: `volume ${volumeType}` }, { count: 1, bytes: sizeGiB * GIB });
  const paid = volumeType === "gp3" ? iops - GP3_IOPS : iops;
  const isPaid = volumeType === "gp3" || volumeType.startsWith("io");
  if (isPaid && paid > 0) tally.add({ ...key, item: `iops ${volumeType}` }, { units: paid });
  if (volumeType === "gp3" && throughput > GP3_MIB_PER_SECOND) {
    const units = throughput - GP3_MIB_PER_SECOND;
    tally.add({ ...key, item: "throughput gp3" }, { units });
  }
}

/** Against the snapshot before it; of one without, or of another lineage, all that it holds. */
async function changedBytes(
  context: EngineContext,
  { snapshotId, space }: SnapshotRecord,
  before: SnapshotRecord | undefined,
): Promise<number> {
  const firstSnapshotId = before?.space === space ? before.snapshotId : undefined;
  let bytes = 0;
  const ranges = changedRanges(context, { firstSnapshotId, secondSnapshotId: snapshotId });
  for await (const { length } of ranges) bytes += length;
  return bytes;
}
