import { boolean, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { missingParameter } from "../errors.ts";
import { checkVolumeId } from "../ids.ts";

export const modifyVolumeAttribute: Ec2Operation = operation({
  name: "ModifyVolumeAttribute",
  input: {
    VolumeId: string({ required: true }),
    AutoEnableIO: structure({ Value: boolean() }),
  },
  output: doneMembers,
  errors: ["InvalidVolume.NotFound", "MissingParameter"],
  async handler({ VolumeId, AutoEnableIO }, { volumes }) {
    const value = AutoEnableIO?.Value;
    if (value === undefined) throw missingParameter("AutoEnableIO.Value");
    await volumes.setAutoEnableIo({ volumeId: checkVolumeId(VolumeId), value });
    return done;
  },
});
