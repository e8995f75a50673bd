import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkVolumeId } from "../ids.ts";
import { done, doneMembers } from "../done.ts";

export const deleteVolume: Ec2Operation = operation({
  name: "DeleteVolume",
  input: { VolumeId: string({ required: true }) },
  output: doneMembers,
  errors: ["InvalidVolume.NotFound", "VolumeInUse"],
  async handler(input, { volumes }) {
    await volumes.deleteVolume({ volumeId: checkVolumeId(input.VolumeId) });
    return done;
  },
});
