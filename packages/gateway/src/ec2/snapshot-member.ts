import type { SnapshotDescription } from "@firn/volumes";
import { boolean, integer, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { timeValue } from "./filters.ts";
import type { FilterFields } from "./filters.ts";
import { tagSetOut, wireTags } from "./tags.ts";
import type { WireTag } from "./tags.ts";
import { restoreExpiryOf, storageTierOf } from "./tier-member.ts";

/** A snapshot as the API spells it. */
export interface SnapshotMember {
  readonly SnapshotId?: string | undefined;
  readonly VolumeId?: string | undefined;
  readonly State?: string | undefined;
  readonly StartTime?: number | undefined;
  readonly CompletionTime?: number | undefined;
  readonly Progress?: string | undefined;
  readonly OwnerId?: string | undefined;
  readonly Description?: string | undefined;
  readonly VolumeSize?: number | undefined;
  readonly Encrypted?: boolean | undefined;
  readonly StorageTier?: string | undefined;
  readonly RestoreExpiryTime?: number | undefined;
  readonly Tags?: readonly WireTag[] | undefined;
}

export const snapshotMembers: {
  readonly [K in keyof SnapshotMember]-?: Shape<NonNullable<SnapshotMember[K]>, false>;
} = {
  SnapshotId: string({ name: "snapshotId" }),
  VolumeId: string({ name: "volumeId" }),
  State: string({ name: "status" }),
  StartTime: timestamp({ name: "startTime" }),
  CompletionTime: timestamp({ name: "completionTime" }),
  Progress: string({ name: "progress" }),
  OwnerId: string({ name: "ownerId" }),
  Description: string({ name: "description" }),
  VolumeSize: integer({ name: "volumeSize" }),
  Encrypted: boolean({ name: "encrypted" }),
  StorageTier: string({ name: "storageTier" }),
  RestoreExpiryTime: timestamp({ name: "restoreExpiryTime" }),
  Tags: tagSetOut,
};

type InfoNames = Exclude<
  keyof SnapshotMember,
  "CompletionTime" | "StorageTier" | "RestoreExpiryTime"
>;

/** The same in CreateSnapshots' answer, which calls the state otherwise and says less. */
export const snapshotInfoMembers: Pick<typeof snapshotMembers, InfoNames> = {
  SnapshotId: snapshotMembers.SnapshotId,
  VolumeId: snapshotMembers.VolumeId,
  State: string({ name: "state" }),
  StartTime: snapshotMembers.StartTime,
  Progress: snapshotMembers.Progress,
  OwnerId: snapshotMembers.OwnerId,
  Description: snapshotMembers.Description,
  VolumeSize: snapshotMembers.VolumeSize,
  Encrypted: snapshotMembers.Encrypted,
  Tags: snapshotMembers.Tags,
};

/** A snapshot's description, in characters. */
export const DESCRIPTION_MAX = 255;

export function snapshotMember(snapshot: SnapshotDescription, nowMs: number): SnapshotMember {
  return {
    SnapshotId: snapshot.snapshotId,
    VolumeId: snapshot.volumeId,
    State: snapshot.state,
    StartTime: snapshot.startTime,
    CompletionTime: snapshot.completionTime,
    Progress: progressOf(snapshot),
    OwnerId: snapshot.ownerId,
    Description: snapshot.description,
    VolumeSize: snapshot.sizeGiB,
    Encrypted: snapshot.encrypted,
    StorageTier: storageTierOf(snapshot, nowMs),
    RestoreExpiryTime: restoreExpiryOf(snapshot),
    Tags: wireTags(snapshot.tags),
  };
}

/** Nobody knows how many blocks a client is still going to put. */
function progressOf({ state }: SnapshotDescription): string {
  return state === "completed" ? "100%" : "0%";
}

/** The filters of DescribeSnapshots, tags aside. */
export function snapshotFields(nowMs: number): FilterFields<SnapshotDescription> {
  return {
    description: ({ description }) => [description],
    encrypted: ({ encrypted }) => [String(encrypted)],
    "owner-alias": () => [],
    "owner-id": ({ ownerId }) => [ownerId],
    progress: (snapshot) => [progressOf(snapshot)],
    "snapshot-id": ({ snapshotId }) => [snapshotId],
    "start-time": ({ startTime }) => [timeValue(startTime)],
    status: ({ state }) => [state],
    "storage-tier": (snapshot) => [storageTierOf(snapshot, nowMs)],
    "transfer-type": () => ["standard"],
    "volume-id": ({ volumeId }) => [volumeId],
    "volume-size": ({ sizeGiB }) => [String(sizeGiB)],
  };
}
