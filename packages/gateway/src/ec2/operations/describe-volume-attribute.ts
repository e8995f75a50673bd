import { boolean, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkVolumeId } from "../ids.ts";
import { productCodes } from "../product-codes.ts";

export const describeVolumeAttribute: Ec2Operation = operation({
  name: "DescribeVolumeAttribute",
  input: {
    Attribute: string({ values: ["autoEnableIO", "productCodes"], required: true }),
    VolumeId: string({ required: true }),
  },
  output: {
    VolumeId: string({ name: "volumeId" }),
    AutoEnableIO: structure({ Value: boolean({ name: "value" }) }, { name: "autoEnableIO" }),
    ProductCodes: productCodes,
  },
  errors: ["InvalidVolume.NotFound"],
  async handler({ Attribute, VolumeId }, { volumes }) {
    const volumeId = checkVolumeId(VolumeId);
    const { autoEnableIo } = await volumes.describeVolume({ volumeId });
    return Attribute === "autoEnableIO"
      ? { VolumeId, AutoEnableIO: { Value: autoEnableIo } }
      : { VolumeId, ProductCodes: [] };
  },
});
