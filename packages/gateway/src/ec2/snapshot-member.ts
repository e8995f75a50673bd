import type { SnapshotDescription } from "@firn/volumes";
import { boolean, integer, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { timeValue } from "./filters.ts";
import type { FilterFields } from "./filters.ts";
import { tagSetOut, wireTags } from "./tags.ts";
import type { WireTag } from "./tags.ts";

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
  Tags: tagSetOut,
};

type InfoNames = Exclude<keyof SnapshotMember, "CompletionTime" | "StorageTier">;

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

/** A snapshot is complete when its creation resolves. */
export function snapshotMember(snapshot: SnapshotDescription, ownerId: string): SnapshotMember {
  return {
    SnapshotId: snapshot.snapshotId,
    VolumeId: snapshot.volumeId,
    State: "completed",
    StartTime: snapshot.startTime,
    CompletionTime: snapshot.startTime,
    Progress: "100%",
    OwnerId: ownerId,
    Description: snapshot.description,
    VolumeSize: snapshot.sizeGiB,
    Encrypted: false,
    StorageTier: "standard",
    Tags: wireTags(snapshot.tags),
  };
}

/** The filters of DescribeSnapshots, tags aside. */
export function snapshotFields(ownerId: string): FilterFields<SnapshotDescription> {
  return {
    description: ({ description }) => [description],
    encrypted: () => ["false"],
    "owner-alias": () => [],
    "owner-id": () => [ownerId],
    progress: () => ["100%"],
    "snapshot-id": ({ snapshotId }) => [snapshotId],
    "start-time": ({ startTime }) => [timeValue(startTime)],
    status: () => ["completed"],
    "storage-tier": () => ["standard"],
    "transfer-type": () => ["standard"],
    "volume-id": ({ volumeId }) => [volumeId],
    "volume-size": ({ sizeGiB }) => [String(sizeGiB)],
  };
}
