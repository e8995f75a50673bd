import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkSnapshotId } from "../ids.ts";
import { permissionsOf, permissionsOut } from "../permissions.ts";
import { productCodes } from "../product-codes.ts";

export const describeSnapshotAttribute: Ec2Operation = operation({
  name: "DescribeSnapshotAttribute",
  input: {
    Attribute: string({ values: ["productCodes", "createVolumePermission"], required: true }),
    SnapshotId: string({ required: true }),
  },
  output: {
    SnapshotId: string({ name: "snapshotId" }),
    CreateVolumePermissions: permissionsOut,
    ProductCodes: productCodes,
  },
  errors: ["InvalidSnapshot.NotFound"],
  async handler({ Attribute, SnapshotId }, { volumes }) {
    const snapshotId = checkSnapshotId(SnapshotId);
    const snapshot = await volumes.describeSnapshot({ snapshotId });
    return Attribute === "productCodes"
      ? { SnapshotId, ProductCodes: [] }
      : { SnapshotId, CreateVolumePermissions: permissionsOf(snapshot) };
  },
});
