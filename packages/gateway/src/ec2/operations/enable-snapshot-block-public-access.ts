import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";

export const enableSnapshotBlockPublicAccess: Ec2Operation = operation({
  name: "EnableSnapshotBlockPublicAccess",
  input: {
    State: string({ values: ["block-all-sharing", "block-new-sharing"], required: true }),
  },
  output: { State: string({ name: "state" }) },
  errors: [],
  async handler({ State }, { volumes }) {
    await volumes.snapshots.setBlockPublicAccess(State);
    return { State };
  },
});
