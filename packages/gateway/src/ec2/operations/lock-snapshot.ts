import { integer, string, timestamp } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkSnapshotId } from "../ids.ts";
import { lockMember, lockMembers } from "../lock-member.ts";

const { OwnerId: _ownerId, ...answer } = lockMembers;

export const lockSnapshot: Ec2Operation = operation({
  name: "LockSnapshot",
  input: {
    SnapshotId: string({ required: true }),
    LockMode: string({ values: ["compliance", "governance"], required: true }),
    CoolOffPeriod: integer(),
    LockDuration: integer(),
    ExpirationDate: timestamp(),
  },
  output: answer,
  errors: ["InvalidParameterCombination", "InvalidSnapshot.NotFound", "OperationNotPermitted"],
  async handler(input, { volumes, now }) {
    const locked = await volumes.snapshots.lock({
      snapshotId: checkSnapshotId(input.SnapshotId),
      mode: input.LockMode,
      coolOffHours: input.CoolOffPeriod,
      durationDays: input.LockDuration,
      expiryTime: input.ExpirationDate,
    });
    return lockMember(locked, now()) ?? {};
  },
});
