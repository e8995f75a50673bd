import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";

export const disableSnapshotBlockPublicAccess: Ec2Operation = operation({
  name: "DisableSnapshotBlockPublicAccess",
  input: {},
  output: { State: string({ name: "state" }) },
  errors: [],
  async handler(_input, { volumes }) {
    await volumes.snapshots.setBlockPublicAccess("unblocked");
    return { State: "unblocked" };
  },
});
