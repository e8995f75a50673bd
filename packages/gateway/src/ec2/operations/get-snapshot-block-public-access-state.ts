import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";

export const getSnapshotBlockPublicAccessState: Ec2Operation = operation({
  name: "GetSnapshotBlockPublicAccessState",
  input: {},
  output: { State: string({ name: "state" }), ManagedBy: string({ name: "managedBy" }) },
  errors: [],
  async handler(_input, { volumes }) {
    return { State: await volumes.snapshots.blockPublicAccess(), ManagedBy: "account" };
  },
});
