import { string, timestamp } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkSnapshotId } from "../ids.ts";

export const modifySnapshotTier: Ec2Operation = operation({
  name: "ModifySnapshotTier",
  input: {
    SnapshotId: string({ required: true }),
    StorageTier: string({ values: ["archive"] }),
  },
  output: {
    SnapshotId: string({ name: "snapshotId" }),
    TieringStartTime: timestamp({ name: "tieringStartTime" }),
  },
  errors: ["IncorrectState", "InvalidSnapshot.NotFound"],
  async handler({ SnapshotId }, { volumes }) {
    const snapshotId = checkSnapshotId(SnapshotId);
    const { tier } = await volumes.snapshots.archive({ snapshotId });
    return { SnapshotId, TieringStartTime: tier?.startTime };
  },
});
