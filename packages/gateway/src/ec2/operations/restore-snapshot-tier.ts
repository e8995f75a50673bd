import { boolean, integer, string, timestamp } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { invalidCombination, missingParameter } from "../errors.ts";
import { checkSnapshotId } from "../ids.ts";

const MS_PER_SECOND = 1000;

export const restoreSnapshotTier: Ec2Operation = operation({
  name: "RestoreSnapshotTier",
  input: {
    SnapshotId: string({ required: true }),
    TemporaryRestoreDays: integer(),
    PermanentRestore: boolean(),
  },
  output: {
    SnapshotId: string({ name: "snapshotId" }),
    RestoreStartTime: timestamp({ name: "restoreStartTime" }),
    RestoreDuration: integer({ name: "restoreDuration" }),
    IsPermanentRestore: boolean({ name: "isPermanentRestore" }),
  },
  errors: [
    "IncorrectState",
    "InvalidParameterCombination",
    "InvalidSnapshot.NotFound",
    "MissingParameter",
  ],
  async handler({ SnapshotId, TemporaryRestoreDays: days, PermanentRestore }, { volumes }) {
    if (days !== undefined && PermanentRestore === true) {
      throw invalidCombination("TemporaryRestoreDays and PermanentRestore cannot be used together");
    }
    if (days === undefined && PermanentRestore !== true) {
      throw missingParameter("TemporaryRestoreDays");
    }
    const snapshotId = checkSnapshotId(SnapshotId);
    const { tier } = await volumes.snapshots.restore({ snapshotId, days });
    const lasts = tier === undefined || days === undefined ? 0 : tier.expiryTime - tier.startTime;
    return {
      SnapshotId,
      RestoreStartTime: tier?.startTime,
      RestoreDuration: days === undefined ? undefined : Math.round(lasts / MS_PER_SECOND),
      IsPermanentRestore: days === undefined,
    };
  },
});
