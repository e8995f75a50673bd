import { list, string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { changeFastRestores, fastRestoreAnswer, fastRestoreInput } from "../fast-restore.ts";

export const disableFastSnapshotRestores: Ec2Operation = operation({
  name: "DisableFastSnapshotRestores",
  input: {
    ...fastRestoreInput,
    SourceSnapshotIds: list(string(), { name: "SourceSnapshotId", required: true }),
  },
  output: fastRestoreAnswer,
  errors: ["InvalidZone.NotFound", "MissingParameter"],
  handler: (input, context) =>
    changeFastRestores(context, input, {
      state: "disabled",
      change: (where) => context.volumes.snapshots.disableFastRestore(where),
    }),
});
