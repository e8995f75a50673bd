/** Taking, comparing and deleting snapshots. */
import type { Reservation } from "@firn/core";
import type { SnapshotRecord, Tag, VolumeRecord } from "./catalog.ts";
import { BLOCK_BYTES, RULES_MAX } from "./constants.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import {
  checkCompleted,
  existingVolume,
  snapshotNotFound,
  volumeNotFound,
  type EngineContext,
} from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { SMALL_ROOM } from "./lineage.ts";
import type { Lease } from "./lineages.ts";
import { changedBlocks } from "./map-walk.ts";
import { memberKey, memberValue } from "./members.ts";
import { binExitTime, removeSnapshot } from "./recycle-bin.ts";
import { checkUnlocked } from "./snapshot-lock.ts";
import { checkTags } from "./tags.ts";
import type { Version } from "./version-tree.ts";

export interface CreateSnapshotOptions {
  readonly volumeId: string;
  /** Up to 255 characters. */
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /**
   * A moment of the volume's history: all that was written up to then, that millisecond included.
   * Milliseconds since 1970 UTC. Default: now.
   */
  readonly time?: number | undefined;
}

export interface CreateSnapshotsOptions {
  /** All of them at one moment: there together or not at all. */
  readonly volumeIds: readonly string[];
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

export interface ChangedBlocksOptions {
  /** Compare with this snapshot of the same lineage; without it all that is not zero counts. */
  readonly firstSnapshotId?: string | undefined;
  readonly secondSnapshotId: string;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Freezes the volumes at one moment, then names the snapshots in one transaction. */
export async function createSnapshots(
  context: EngineContext,
  options: CreateSnapshotsOptions,
): Promise<SnapshotDescription[]> {
  checkTags(options.tags ?? []);
  const volumes: VolumeRecord[] = [];
  for (const volumeId of options.volumeIds) volumes.push(await context.volume(volumeId));
  const leases: Lease[] = [];
  try {
    for (const volume of volumes) leases.push(await context.lineages.acquire(volume));
    return await freezeAndName(context, options, { volumes, leases });
  } finally {
    for (const lease of leases) lease.release();
  }
}

async function freezeAndName(
  context: EngineContext,
  options: CreateSnapshotsOptions,
  sources: { volumes: readonly VolumeRecord[]; leases: readonly Lease[] },
): Promise<SnapshotDescription[]> {
  const { volumes, leases } = sources;
  const snapshotIds = volumes.map(() => context.newId("snap"));
  const rooms: Reservation[] = [];
  let numbers: number[];
  try {
    for (const { lineage } of leases) rooms.push(await lineage.room(SMALL_ROOM));
    numbers = freeze(volumes, leases, rooms);
  } finally {
    for (const room of rooms) room.release();
  }
  const reads = options.volumeIds.map((id) => ["volume", id] as const);
  try {
    return await context.transact(reads, (catalog, tx) =>
      volumes.map((volume, at) => {
        const { volumeId, space, salt, encrypted } = volume;
        const version = numbers[at] as number;
        const snapshotId = snapshotIds[at] as string;
        const current = existingVolume(catalog.volume(volumeId), volumeId);
        const record: SnapshotRecord = {
          snapshotId,
          volumeId,
          space,
          salt,
          encrypted,
          version,
          sizeGiB: current.performance.sizeGiB,
          startTime: tx.now,
          description: options.description ?? "",
          tags: options.tags ?? [],
        };
        tx.put(space, memberKey(version), memberValue(version));
        catalog.put("snapshot", snapshotId, record);
        return describeSnapshot(record, context.scope.accountId);
      }),
    );
  } catch (error) {
    numbers.forEach((number, at) => leases[at]?.lineage.remove(number));
    throw error;
  }
}

/** Without awaiting between one volume and the next: that makes it one moment. */
function freeze(
  volumes: readonly VolumeRecord[],
  leases: readonly Lease[],
  rooms: readonly Reservation[],
): number[] {
  const heads = leases.map(({ lineage }, at) => {
    const { head, volumeId } = volumes[at] as VolumeRecord;
    const version = lineage.versions.get(head);
    if (version === undefined) throw volumeNotFound(volumeId);
    return version;
  });
  return leases.map(
    ({ lineage }, at) => lineage.snapshot(rooms[at] as Reservation, heads[at] as Version).number,
  );
}

/**
 * Deletes a snapshot, or puts it into the recycle bin when a rule keeps it; volumes made from it
 * stay whole.
 */
export async function deleteSnapshot(context: EngineContext, snapshotId: string): Promise<void> {
  const left = await context.transact([["snapshot", snapshotId]], (catalog, tx) => {
    const record = catalog.snapshot(snapshotId);
    if (record === undefined) throw snapshotNotFound(snapshotId);
    checkUnlocked(record, tx.now);
    const rules = record.upload === undefined ? catalog.rules(RULES_MAX) : [];
    const exitTime = binExitTime(record, rules, tx.now);
    if (exitTime === undefined) {
      const dropped = removeSnapshot(record, catalog, tx);
      return { ...record, versions: [record.version], dropped };
    }
    catalog.delete("snapshot", snapshotId);
    catalog.put("binned", snapshotId, { ...record, binned: { enterTime: tx.now, exitTime } });
    return undefined;
  });
  context.state.uploads.delete(snapshotId);
  context.endHandles(snapshotId);
  if (left !== undefined) await context.lineages.membersLeft(left);
}

/** Ranges of bytes that differ between two snapshots, ascending, in time of what has changed. */
export async function* changedRanges(
  context: EngineContext,
  options: ChangedBlocksOptions,
): AsyncIterableIterator<ByteRange> {
  const second = await context.snapshot(options.secondSnapshotId);
  const { firstSnapshotId } = options;
  const first = firstSnapshotId === undefined ? undefined : await context.snapshot(firstSnapshotId);
  for (const record of [second, first]) if (record !== undefined) checkCompleted(record);
  if (first !== undefined && first.space !== second.space) {
    const text = "The snapshots have no volume in common that both come from.";
    throw volumeError("FIRN_SNAPSHOT_LINEAGE", text, { detail: { ...options } });
  }
  const lease = await context.lineages.acquire(second);
  try {
    const { table, versions } = lease.lineage;
    const before = first === undefined ? undefined : versions.get(first.version);
    const after = versions.get(second.version);
    if (after === undefined) throw snapshotNotFound(second.snapshotId);
    if (first !== undefined && before === undefined) throw snapshotNotFound(first.snapshotId);
    for await (const range of changedBlocks(table, before?.root ?? 0, after.root)) {
      yield { offset: range.first * BLOCK_BYTES, length: range.count * BLOCK_BYTES };
    }
  } finally {
    lease.release();
  }
}
