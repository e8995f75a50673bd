import type { SnapshotRecord, Tag } from "./catalog.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import { checkCompleted, snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { SMALL_ROOM } from "./lineage.ts";
import { memberKey, memberValue } from "./members.ts";
import { readableSnapshot } from "./snapshot-sharing.ts";
import { checkNotArchived } from "./snapshot-tier.ts";
import { checkTags } from "./tags.ts";

export interface CopySnapshotOptions {
  readonly snapshotId: string;
  /** Where the source is; default the caller's own region. */
  readonly sourceRegion?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** AWS shows it as the volume of a copy. */
const NO_VOLUME = "vol-ffffffff";

/**
 * A snapshot of the same content, the caller's own, whatever happens to the source. O(1): both
 * share their blocks.
 */
export async function copySnapshot(
  context: EngineContext,
  options: CopySnapshotOptions,
): Promise<SnapshotDescription> {
  checkTags(options.tags ?? []);
  const { snapshotId: sourceId, sourceRegion = context.scope.region } = options;
  const there = context.in({ ...context.scope, region: sourceRegion });
  const { record: source, scope } = await readableSnapshot(there, sourceId);
  checkCompleted(source);
  checkNotArchived(source, context.store.clock.now());
  const lease = await context.lineages.acquire(source);
  try {
    const { lineage } = lease;
    const rooms = [await lineage.room(SMALL_ROOM), await lineage.room(SMALL_ROOM)] as const;
    const from = lineage.versions.get(source.version);
    if (from === undefined || from.hidden) {
      for (const room of rooms) room.release();
      throw snapshotNotFound(sourceId);
    }
    const head = lineage.clone(rooms[0], from);
    const version = lineage.snapshot(rooms[1], head).number;
    lineage.remove(head.number);
    const snapshotId = context.newId("snap");
    let copy: SnapshotDescription | undefined;
    try {
      copy = await context.transact([], (catalog, tx) => {
        if (catalog.in(scope).snapshot(sourceId) === undefined) throw snapshotNotFound(sourceId);
        const record: SnapshotRecord = {
          snapshotId,
          volumeId: NO_VOLUME,
          space: source.space,
          salt: source.salt,
          encrypted: source.encrypted,
          version,
          sizeGiB: source.sizeGiB,
          startTime: tx.now,
          description: options.description ?? "",
          tags: options.tags ?? [],
        };
        tx.put(source.space, memberKey(version), memberValue(version));
        catalog.put("snapshot", snapshotId, record);
        return describeSnapshot(record, context.scope.accountId);
      });
      return copy;
    } finally {
      if (copy === undefined) lineage.remove(version);
    }
  } finally {
    lease.release();
  }
}
