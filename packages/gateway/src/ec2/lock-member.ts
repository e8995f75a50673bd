import { lockStateOf } from "@firn/volumes";
import type { SnapshotDescription } from "@firn/volumes";
import { integer, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** A snapshot's lock as the API spells it. */
export interface LockMember {
  readonly OwnerId?: string | undefined;
  readonly SnapshotId?: string | undefined;
  readonly LockState?: string | undefined;
  readonly LockDuration?: number | undefined;
  readonly CoolOffPeriod?: number | undefined;
  readonly CoolOffPeriodExpiresOn?: number | undefined;
  readonly LockCreatedOn?: number | undefined;
  readonly LockDurationStartTime?: number | undefined;
  readonly LockExpiresOn?: number | undefined;
}

export const lockMembers: {
  readonly [K in keyof LockMember]-?: Shape<NonNullable<LockMember[K]>, false>;
} = {
  OwnerId: string({ name: "ownerId" }),
  SnapshotId: string({ name: "snapshotId" }),
  LockState: string({ name: "lockState" }),
  LockDuration: integer({ name: "lockDuration" }),
  CoolOffPeriod: integer({ name: "coolOffPeriod" }),
  CoolOffPeriodExpiresOn: timestamp({ name: "coolOffPeriodExpiresOn" }),
  LockCreatedOn: timestamp({ name: "lockCreatedOn" }),
  LockDurationStartTime: timestamp({ name: "lockDurationStartTime" }),
  LockExpiresOn: timestamp({ name: "lockExpiresOn" }),
};

const HOUR_MS = 3_600_000;
const DAY_MS: number = 24 * HOUR_MS;

/** `undefined` when the snapshot is not locked. */
export function lockMember(snapshot: SnapshotDescription, nowMs: number): LockMember | undefined {
  const { lock, snapshotId, ownerId } = snapshot;
  if (lock === undefined) return undefined;
  const { createdTime, expiryTime, coolOffExpiryTime } = lock;
  const coolsOff = coolOffExpiryTime > createdTime;
  return {
    OwnerId: ownerId,
    SnapshotId: snapshotId,
    LockState: lockStateOf(lock, nowMs),
    LockDuration: Math.ceil((expiryTime - createdTime) / DAY_MS),
    CoolOffPeriod: coolsOff ? Math.ceil((coolOffExpiryTime - createdTime) / HOUR_MS) : undefined,
    CoolOffPeriodExpiresOn: coolsOff ? coolOffExpiryTime : undefined,
    LockCreatedOn: createdTime,
    LockDurationStartTime: createdTime,
    LockExpiresOn: expiryTime,
  };
}
