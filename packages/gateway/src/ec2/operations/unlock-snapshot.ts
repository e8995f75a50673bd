import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkSnapshotId } from "../ids.ts";

export const unlockSnapshot: Ec2Operation = operation({
  name: "UnlockSnapshot",
  input: { SnapshotId: string({ required: true }) },
  output: { SnapshotId: string({ name: "snapshotId" }) },
  errors: ["IncorrectState", "InvalidSnapshot.NotFound", "OperationNotPermitted"],
  async handler({ SnapshotId }, { volumes }) {
    await volumes.snapshots.unlock({ snapshotId: checkSnapshotId(SnapshotId) });
    return { SnapshotId };
  },
});
