import type { ModificationDescription } from "@firn/volumes";
import { boolean, integer, long, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { timeValue } from "./filters.ts";
import type { FilterFields } from "./filters.ts";

/** A modification as the API spells it. */
export interface ModificationMember {
  readonly VolumeId?: string | undefined;
  readonly ModificationState?: string | undefined;
  readonly TargetSize?: number | undefined;
  readonly TargetIops?: number | undefined;
  readonly TargetVolumeType?: string | undefined;
  readonly TargetThroughput?: number | undefined;
  readonly TargetMultiAttachEnabled?: boolean | undefined;
  readonly OriginalSize?: number | undefined;
  readonly OriginalIops?: number | undefined;
  readonly OriginalVolumeType?: string | undefined;
  readonly OriginalThroughput?: number | undefined;
  readonly OriginalMultiAttachEnabled?: boolean | undefined;
  readonly Progress?: number | undefined;
  readonly StartTime?: number | undefined;
  readonly EndTime?: number | undefined;
}

export const modificationMembers: {
  readonly [K in keyof ModificationMember]-?: Shape<NonNullable<ModificationMember[K]>, false>;
} = {
  VolumeId: string({ name: "volumeId" }),
  ModificationState: string({ name: "modificationState" }),
  TargetSize: integer({ name: "targetSize" }),
  TargetIops: integer({ name: "targetIops" }),
  TargetVolumeType: string({ name: "targetVolumeType" }),
  TargetThroughput: integer({ name: "targetThroughput" }),
  TargetMultiAttachEnabled: boolean({ name: "targetMultiAttachEnabled" }),
  OriginalSize: integer({ name: "originalSize" }),
  OriginalIops: integer({ name: "originalIops" }),
  OriginalVolumeType: string({ name: "originalVolumeType" }),
  OriginalThroughput: integer({ name: "originalThroughput" }),
  OriginalMultiAttachEnabled: boolean({ name: "originalMultiAttachEnabled" }),
  Progress: long({ name: "progress" }),
  StartTime: timestamp({ name: "startTime" }),
  EndTime: timestamp({ name: "endTime" }),
};

/** A modification takes effect at once, so that it is always complete. */
export function modificationMember(modification: ModificationDescription): ModificationMember {
  const { target, original, time } = modification;
  return {
    VolumeId: modification.volumeId,
    ModificationState: "completed",
    TargetSize: target.sizeGiB,
    TargetIops: target.iops,
    TargetVolumeType: target.volumeType,
    TargetThroughput: target.throughput,
    TargetMultiAttachEnabled: false,
    OriginalSize: original.sizeGiB,
    OriginalIops: original.iops,
    OriginalVolumeType: original.volumeType,
    OriginalThroughput: original.throughput,
    OriginalMultiAttachEnabled: false,
    Progress: 100,
    StartTime: time,
    EndTime: time,
  };
}

const figure = (value: number | undefined): readonly string[] =>
  value === undefined ? [] : [String(value)];

/** The filters of DescribeVolumesModifications. */
export const modificationFields: FilterFields<ModificationDescription> = {
  "modification-state": () => ["completed"],
  "original-iops": ({ original }) => figure(original.iops),
  "original-size": ({ original }) => figure(original.sizeGiB),
  "original-volume-type": ({ original }) => [original.volumeType],
  originalMultiAttachEnabled: () => ["false"],
  "start-time": ({ time }) => [timeValue(time)],
  "target-iops": ({ target }) => figure(target.iops),
  "target-size": ({ target }) => figure(target.sizeGiB),
  "target-volume-type": ({ target }) => [target.volumeType],
  targetMultiAttachEnabled: () => ["false"],
  "volume-id": ({ volumeId }) => [volumeId],
};
