import type { AttachmentDescription, VolumeDescription } from "@firn/volumes";
import { boolean, integer, list, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { attachmentMember, attachmentMembers } from "./attachment-member.ts";
import type { AttachmentMember } from "./attachment-member.ts";
import { timeValue } from "./filters.ts";
import type { FilterFields } from "./filters.ts";
import { tagSetOut, wireTags } from "./tags.ts";
import type { WireTag } from "./tags.ts";
import { zonesOf } from "./zones.ts";

/** A volume as the API spells it. */
export interface VolumeMember {
  readonly VolumeId?: string | undefined;
  readonly Size?: number | undefined;
  readonly SnapshotId?: string | undefined;
  readonly AvailabilityZone?: string | undefined;
  readonly AvailabilityZoneId?: string | undefined;
  readonly State?: string | undefined;
  readonly CreateTime?: number | undefined;
  readonly Attachments?: readonly AttachmentMember[] | undefined;
  readonly Tags?: readonly WireTag[] | undefined;
  readonly VolumeType?: string | undefined;
  readonly Iops?: number | undefined;
  readonly Throughput?: number | undefined;
  readonly Encrypted?: boolean | undefined;
  readonly MultiAttachEnabled?: boolean | undefined;
}

export const volumeMembers: {
  readonly [K in keyof VolumeMember]-?: Shape<NonNullable<VolumeMember[K]>, false>;
} = {
  VolumeId: string({ name: "volumeId" }),
  Size: integer({ name: "size" }),
  SnapshotId: string({ name: "snapshotId" }),
  AvailabilityZone: string({ name: "availabilityZone" }),
  AvailabilityZoneId: string({ name: "availabilityZoneId" }),
  State: string({ name: "status" }),
  CreateTime: timestamp({ name: "createTime" }),
  Attachments: list(structure(attachmentMembers), { name: "attachmentSet", item: "item" }),
  Tags: tagSetOut,
  VolumeType: string({ name: "volumeType" }),
  Iops: integer({ name: "iops" }),
  Throughput: integer({ name: "throughput" }),
  Encrypted: boolean({ name: "encrypted" }),
  MultiAttachEnabled: boolean({ name: "multiAttachEnabled" }),
};

export function volumeMember(volume: VolumeDescription, region: string): VolumeMember {
  const { availabilityZone, attachment } = volume;
  return {
    VolumeId: volume.volumeId,
    Size: volume.sizeGiB,
    // EC2 sends an empty one for a volume that was made empty.
    SnapshotId: volume.snapshotId ?? "",
    AvailabilityZone: availabilityZone,
    AvailabilityZoneId: zonesOf(region).find(({ name }) => name === availabilityZone)?.id,
    State: volume.state,
    CreateTime: volume.createTime,
    Attachments: attachment === undefined ? [] : [attachmentMember(attachment, "attached")],
    Tags: wireTags(volume.tags),
    VolumeType: volume.volumeType,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    MultiAttachEnabled: false,
  };
}

const ofAttachment =
  (read: (attachment: AttachmentDescription) => string) =>
  ({ attachment }: VolumeDescription): readonly string[] =>
    attachment === undefined ? [] : [read(attachment)];

/** The filters of DescribeVolumes, tags aside. */
export function volumeFields(region: string): FilterFields<VolumeDescription> {
  const zones = new Map(zonesOf(region).map(({ name, id }) => [name, id]));
  return {
    "attachment.attach-time": ofAttachment(({ attachTime }) => timeValue(attachTime)),
    "attachment.delete-on-termination": ofAttachment(() => "false"),
    "attachment.device": ofAttachment(({ device }) => device),
    "attachment.instance-id": ofAttachment(({ instanceId }) => instanceId),
    "attachment.status": ofAttachment(() => "attached"),
    "availability-zone": ({ availabilityZone }) => [availabilityZone],
    "availability-zone-id": ({ availabilityZone }) => [zones.get(availabilityZone) ?? ""],
    "create-time": ({ createTime }) => [timeValue(createTime)],
    encrypted: ({ encrypted }) => [String(encrypted)],
    "fast-restored": () => ["false"],
    "multi-attach-enabled": () => ["false"],
    size: ({ sizeGiB }) => [String(sizeGiB)],
    "snapshot-id": ({ snapshotId }) => (snapshotId === undefined ? [] : [snapshotId]),
    status: ({ state }) => [state],
    "volume-id": ({ volumeId }) => [volumeId],
    "volume-type": ({ volumeType }) => [volumeType],
  };
}
