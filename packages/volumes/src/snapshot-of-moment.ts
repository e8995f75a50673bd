import type { SnapshotRecord } from "./catalog.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import type { EngineContext } from "./engine-context.ts";
import { memberKey, memberValue } from "./members.ts";
import { assertAnchored, makeMoment, type Moment } from "./moment.ts";
import type { MomentOptions } from "./moments.ts";
import type { CreateSnapshotOptions } from "./snapshot-operations.ts";
import { checkTags } from "./tags.ts";

/**
 * A snapshot of what a volume was at a moment of its history; it outlives that. Its start time is
 * the moment.
 * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_HISTORY_GONE, FIRN_VOLUME_PARAMETER.
 */
export async function snapshotOfMoment(
  context: EngineContext,
  options: CreateSnapshotOptions & MomentOptions,
): Promise<SnapshotDescription> {
  checkTags(options.tags ?? []);
  const record = await context.volume(options.volumeId);
  const moment = await makeMoment(context, record, options.time);
  const { lease, version } = moment;
  let snapshot: SnapshotDescription | undefined;
  try {
    snapshot = await nameSnapshot(context, moment, options);
    return snapshot;
  } finally {
    if (snapshot === undefined) lease.lineage.remove(version.number);
    lease.release();
  }
}

function nameSnapshot(
  context: EngineContext,
  { anchor, time, version, sizeGiB }: Moment,
  { volumeId, description = "", tags = [] }: CreateSnapshotOptions,
): Promise<SnapshotDescription> {
  const snapshotId = context.newId("snap");
  return context.transact([["volume", volumeId]], (catalog, tx) => {
    const volume = catalog.volume(volumeId);
    assertAnchored(volume, { anchor, time, volumeId });
    const { space, salt, encrypted } = volume as NonNullable<typeof volume>;
    const { number } = version;
    const place = { space, salt, encrypted, version: number, sizeGiB };
    const record: SnapshotRecord = {
      ...place,
      snapshotId,
      volumeId,
      startTime: time,
      description,
      tags,
    };
    tx.put(space, memberKey(number), memberValue(number));
    catalog.put("snapshot", snapshotId, record);
    return describeSnapshot(record, context.scope.accountId);
  });
}
