import { boolean, integer, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { missingParameter, unsupportedFeature } from "../errors.ts";
import { checkVolumeId } from "../ids.ts";
import { modificationMember, modificationMembers } from "../modification-member.ts";

export const modifyVolume: Ec2Operation = operation({
  name: "ModifyVolume",
  input: {
    VolumeId: string({ required: true }),
    Size: integer(),
    VolumeType: string(),
    Iops: integer(),
    Throughput: integer(),
    MultiAttachEnabled: boolean(),
  },
  output: {
    VolumeModification: structure(modificationMembers, { name: "volumeModification" }),
  },
  errors: [
    "InvalidParameterCombination",
    "InvalidVolume.NotFound",
    "MissingParameter",
    "UnknownVolumeType",
    "UnsupportedOperation",
  ],
  async handler(input, { volumes }) {
    const { Size, VolumeType, Iops, Throughput, MultiAttachEnabled } = input;
    const volumeId = checkVolumeId(input.VolumeId);
    if (MultiAttachEnabled === true) throw unsupportedFeature("Multi-attach is");
    if ([Size, VolumeType, Iops, Throughput, MultiAttachEnabled].every(isAbsent)) {
      throw missingParameter("Size, VolumeType, Iops or Throughput");
    }
    const { modification } = await volumes.modifyVolume({
      volumeId,
      sizeGiB: Size,
      volumeType: VolumeType,
      iops: Iops,
      throughput: Throughput,
    });
    return { VolumeModification: modification && modificationMember(modification) };
  },
});

function isAbsent(value: unknown): boolean {
  return value === undefined;
}
