import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { checkVolumeId } from "../ids.ts";

/** Good blocks are served all the time; this takes the volume's bad mark away. */
export const enableVolumeIo: Ec2Operation = operation({
  name: "EnableVolumeIO",
  input: { VolumeId: string({ required: true }) },
  output: doneMembers,
  errors: ["InvalidVolume.NotFound"],
  async handler({ VolumeId }, { volumes }) {
    await volumes.enableIo({ volumeId: checkVolumeId(VolumeId) });
    return done;
  },
});
