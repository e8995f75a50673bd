import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkSnapshotId } from "../ids.ts";
import { snapshotMember, snapshotMembers } from "../snapshot-member.ts";

const {
  CompletionTime: _completionTime,
  StorageTier: _storageTier,
  RestoreExpiryTime: _restoreExpiryTime,
  Tags: _tags,
  ...answer
} = snapshotMembers;

export const restoreSnapshotFromRecycleBin: Ec2Operation = operation({
  name: "RestoreSnapshotFromRecycleBin",
  input: { SnapshotId: string({ required: true }) },
  output: answer,
  errors: ["InvalidSnapshot.NotFound"],
  async handler({ SnapshotId }, { volumes, now }) {
    const snapshotId = checkSnapshotId(SnapshotId);
    return snapshotMember(await volumes.snapshots.restoreFromBin({ snapshotId }), now());
  },
});
