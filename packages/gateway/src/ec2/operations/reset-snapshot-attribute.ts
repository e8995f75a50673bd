import { string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { checkSnapshotId } from "../ids.ts";

/** Nobody but its owner may use the snapshot from now on. */
export const resetSnapshotAttribute: Ec2Operation = operation({
  name: "ResetSnapshotAttribute",
  input: {
    Attribute: string({ values: ["createVolumePermission"], required: true }),
    SnapshotId: string({ required: true }),
  },
  output: doneMembers,
  errors: ["InvalidSnapshot.NotFound"],
  async handler({ SnapshotId }, { volumes }) {
    const snapshotId = checkSnapshotId(SnapshotId);
    const { sharedWith } = await volumes.describeSnapshot({ snapshotId });
    await volumes.snapshots.share({ snapshotId, remove: sharedWith });
    return done;
  },
});
