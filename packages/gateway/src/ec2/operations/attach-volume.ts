import { string, unsupported } from "@firn/wire";
import { attachmentMember, attachmentMembers } from "../attachment-member.ts";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkDevice, checkInstanceId, checkVolumeId } from "../ids.ts";

/** Leases the volume to the instance's id; there need be no such instance. */
export const attachVolume: Ec2Operation = operation({
  name: "AttachVolume",
  input: {
    VolumeId: string({ required: true }),
    InstanceId: string({ required: true }),
    Device: string({ required: true }),
    EbsCardIndex: unsupported(),
  },
  output: attachmentMembers,
  errors: ["InvalidInstanceID.Malformed", "InvalidVolume.NotFound", "VolumeInUse"],
  async handler(input, { volumes }) {
    const attachment = await volumes.attachVolume({
      volumeId: checkVolumeId(input.VolumeId),
      instanceId: checkInstanceId(input.InstanceId),
      device: checkDevice(input.Device),
    });
    return attachmentMember(attachment, "attached");
  },
});
