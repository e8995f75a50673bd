import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { checkSnapshotId } from "../ids.ts";

export const deleteSnapshot: Ec2Operation = operation({
  name: "DeleteSnapshot",
  input: { SnapshotId: string({ required: true }) },
  output: doneMembers,
  errors: ["InvalidSnapshot.NotFound"],
  async handler(input, { volumes }) {
    await volumes.deleteSnapshot({ snapshotId: checkSnapshotId(input.SnapshotId) });
    return done;
  },
});
