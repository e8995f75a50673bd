import type { AttachmentDescription, Volumes } from "@firn/volumes";
import { boolean, integer, list, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import type { FilterFields } from "./filters.ts";

/** Who holds volumes. */
export interface Instance {
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly attachments: AttachmentDescription[];
}

const RUNNING = { Code: 16, Name: "running" } as const;

/** A reservation of one instance as the API spells it. */
export interface ReservationMember {
  readonly ReservationId?: string | undefined;
  readonly OwnerId?: string | undefined;
  readonly Instances?: readonly InstanceMember[] | undefined;
}

interface InstanceMember {
  readonly InstanceId?: string | undefined;
  readonly State?:
    | { readonly Code?: number | undefined; readonly Name?: string | undefined }
    | undefined;
  readonly LaunchTime?: number | undefined;
  readonly Placement?: { readonly AvailabilityZone?: string | undefined } | undefined;
  readonly RootDeviceType?: string | undefined;
  readonly BlockDeviceMappings?: readonly DeviceMember[] | undefined;
}

interface DeviceMember {
  readonly DeviceName?: string | undefined;
  readonly Ebs?:
    | {
        readonly AttachTime?: number | undefined;
        readonly DeleteOnTermination?: boolean | undefined;
        readonly Status?: string | undefined;
        readonly VolumeId?: string | undefined;
      }
    | undefined;
}

const device = structure({
  DeviceName: string({ name: "deviceName" }),
  Ebs: structure(
    {
      AttachTime: timestamp({ name: "attachTime" }),
      DeleteOnTermination: boolean({ name: "deleteOnTermination" }),
      Status: string({ name: "status" }),
      VolumeId: string({ name: "volumeId" }),
    },
    { name: "ebs" },
  ),
});

const instance = structure({
  InstanceId: string({ name: "instanceId" }),
  State: structure(
    { Code: integer({ name: "code" }), Name: string({ name: "name" }) },
    { name: "instanceState" },
  ),
  LaunchTime: timestamp({ name: "launchTime" }),
  Placement: structure(
    { AvailabilityZone: string({ name: "availabilityZone" }) },
    { name: "placement" },
  ),
  RootDeviceType: string({ name: "rootDeviceType" }),
  BlockDeviceMappings: list(device, { name: "blockDeviceMapping", item: "item" }),
});

export const reservationMembers: {
  readonly ReservationId: Shape<string, false>;
  readonly OwnerId: Shape<string, false>;
  readonly Instances: Shape<readonly InstanceMember[], false>;
} = {
  ReservationId: string({ name: "reservationId" }),
  OwnerId: string({ name: "ownerId" }),
  Instances: list(instance, { name: "instancesSet", item: "item" }),
};

/** Everybody who holds a volume of the account and region, by id. O(volumes). */
export async function instancesOf(volumes: Volumes): Promise<Map<string, Instance>> {
  const all = new Map<string, Instance>();
  for await (const { attachment, availabilityZone } of volumes.describeVolumes()) {
    if (attachment === undefined) continue;
    const { instanceId } = attachment;
    const known = all.get(instanceId) ?? { instanceId, availabilityZone, attachments: [] };
    known.attachments.push(attachment);
    all.set(instanceId, known);
  }
  return all;
}

export function reservationMember(
  { instanceId, availabilityZone, attachments }: Instance,
  ownerId: string,
): ReservationMember {
  return {
    ReservationId: `r-${instanceId.slice(2)}`,
    OwnerId: ownerId,
    Instances: [
      {
        InstanceId: instanceId,
        State: RUNNING,
        LaunchTime: Math.min(...attachments.map(({ attachTime }) => attachTime)),
        Placement: { AvailabilityZone: availabilityZone },
        RootDeviceType: "ebs",
        BlockDeviceMappings: attachments.map(({ device, volumeId, attachTime }) => ({
          DeviceName: device,
          Ebs: {
            AttachTime: attachTime,
            DeleteOnTermination: false,
            Status: "attached",
            VolumeId: volumeId,
          },
        })),
      },
    ],
  };
}

const ofAttachments =
  (read: (attachment: AttachmentDescription) => string) =>
  ({ attachments }: Instance): readonly string[] =>
    attachments.map(read);

/** The filters of DescribeInstances that something here answers. */
export const instanceFields: FilterFields<Instance> = {
  "availability-zone": ({ availabilityZone }) => [availabilityZone],
  "block-device-mapping.device-name": ofAttachments(({ device }) => device),
  "block-device-mapping.status": ofAttachments(() => "attached"),
  "block-device-mapping.volume-id": ofAttachments(({ volumeId }) => volumeId),
  "instance-id": ({ instanceId }) => [instanceId],
  "instance-state-code": () => [String(RUNNING.Code)],
  "instance-state-name": () => [RUNNING.Name],
};
