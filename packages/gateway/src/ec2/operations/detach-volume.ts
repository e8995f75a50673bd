import { boolean, string } from "@firn/wire";
import { attachmentMember, attachmentMembers } from "../attachment-member.ts";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkDevice, checkInstanceId, checkVolumeId } from "../ids.ts";

export const detachVolume: Ec2Operation = operation({
  name: "DetachVolume",
  input: {
    VolumeId: string({ required: true }),
    InstanceId: string(),
    Device: string(),
    // No instance has to agree, so that a detachment always is what force would make of it.
    Force: boolean(),
  },
  output: attachmentMembers,
  errors: ["IncorrectState", "InvalidInstanceID.Malformed", "InvalidVolume.NotFound"],
  async handler({ VolumeId, InstanceId, Device }, { volumes }) {
    const attachment = await volumes.detachVolume({
      volumeId: checkVolumeId(VolumeId),
      instanceId: InstanceId === undefined ? undefined : checkInstanceId(InstanceId),
      device: Device === undefined ? undefined : checkDevice(Device),
    });
    return attachmentMember(attachment, "detached");
  },
});
