import type { AttachmentDescription } from "@firn/volumes";
import { boolean, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** An attachment as the API spells it. */
export interface AttachmentMember {
  readonly VolumeId?: string | undefined;
  readonly InstanceId?: string | undefined;
  readonly Device?: string | undefined;
  readonly State?: string | undefined;
  readonly AttachTime?: number | undefined;
  readonly DeleteOnTermination?: boolean | undefined;
}

export const attachmentMembers: {
  readonly [K in keyof AttachmentMember]-?: Shape<NonNullable<AttachmentMember[K]>, false>;
} = {
  VolumeId: string({ name: "volumeId" }),
  InstanceId: string({ name: "instanceId" }),
  Device: string({ name: "device" }),
  State: string({ name: "status" }),
  AttachTime: timestamp({ name: "attachTime" }),
  DeleteOnTermination: boolean({ name: "deleteOnTermination" }),
};

/** A lease begins and ends at once: it is never `attaching` or `detaching`. */
export function attachmentMember(
  attachment: AttachmentDescription,
  state: "attached" | "detached",
): AttachmentMember {
  return {
    VolumeId: attachment.volumeId,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    State: state,
    AttachTime: attachment.attachTime,
    DeleteOnTermination: false,
  };
}
