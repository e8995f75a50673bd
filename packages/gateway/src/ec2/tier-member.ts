import type { SnapshotDescription } from "@firn/volumes";
import { integer, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { tagSetOut, wireTags } from "./tags.ts";
import type { WireTag } from "./tags.ts";

/** Where a snapshot is, and its newest move, as the API spells it. */
export interface TierMember {
  readonly SnapshotId?: string | undefined;
  readonly VolumeId?: string | undefined;
  readonly Status?: string | undefined;
  readonly OwnerId?: string | undefined;
  readonly Tags?: readonly WireTag[] | undefined;
  readonly StorageTier?: string | undefined;
  readonly LastTieringStartTime?: number | undefined;
  readonly LastTieringProgress?: number | undefined;
  readonly LastTieringOperationStatus?: string | undefined;
  readonly ArchivalCompleteTime?: number | undefined;
  readonly RestoreExpiryTime?: number | undefined;
}

export const tierMembers: {
  readonly [K in keyof TierMember]-?: Shape<NonNullable<TierMember[K]>, false>;
} = {
  SnapshotId: string({ name: "snapshotId" }),
  VolumeId: string({ name: "volumeId" }),
  Status: string({ name: "status" }),
  OwnerId: string({ name: "ownerId" }),
  Tags: tagSetOut,
  StorageTier: string({ name: "storageTier" }),
  LastTieringStartTime: timestamp({ name: "lastTieringStartTime" }),
  LastTieringProgress: integer({ name: "lastTieringProgress" }),
  LastTieringOperationStatus: string({ name: "lastTieringOperationStatus" }),
  ArchivalCompleteTime: timestamp({ name: "archivalCompleteTime" }),
  RestoreExpiryTime: timestamp({ name: "restoreExpiryTime" }),
};

export function tierMember(snapshot: SnapshotDescription, nowMs: number): TierMember {
  const { snapshotId, volumeId, ownerId, tags, tier, state } = snapshot;
  const known = {
    SnapshotId: snapshotId,
    VolumeId: volumeId,
    Status: state,
    OwnerId: ownerId,
    Tags: wireTags(tags),
    StorageTier: storageTierOf(snapshot, nowMs),
  };
  if (tier === undefined) return known;
  const { operation, startTime, doneTime, archivedTime } = tier;
  const lasts = doneTime - startTime;
  const part = lasts <= 0 ? 1 : Math.min(1, (nowMs - startTime) / lasts);
  return {
    ...known,
    LastTieringStartTime: startTime,
    LastTieringProgress: Math.floor(part * 100),
    LastTieringOperationStatus: `${operation}-${part < 1 ? "in-progress" : "completed"}`,
    ArchivalCompleteTime: archivedTime,
    RestoreExpiryTime: restoreExpiryOf(snapshot),
  };
}

/** A snapshot that is restored for a while is in the archive all the time. */
export function storageTierOf(
  { tier }: SnapshotDescription,
  nowMs: number,
): "archive" | "standard" {
  if (tier === undefined) return "standard";
  const isBack = tier.operation === "permanent-restore" && nowMs >= tier.doneTime;
  return isBack ? "standard" : "archive";
}

/** When a temporary restore ends. */
export function restoreExpiryOf({ tier }: SnapshotDescription): number | undefined {
  return tier?.operation === "temporary-restore" ? tier.expiryTime : undefined;
}
