/** Locks that keep a snapshot from being deleted, for a time that was fixed before. */
import type { LockRecord, SnapshotRecord } from "./catalog.ts";
import { changeSnapshot } from "./change-snapshot.ts";
import { DAY_MS, HOUR_MS, LOCK_COOL_OFF_HOURS_MAX, LOCK_DAYS_MAX } from "./constants.ts";
import type { SnapshotDescription } from "./descriptions.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";

export interface LockSnapshotOptions {
  readonly snapshotId: string;
  /** Governance can be taken back; compliance only in its cooling-off period. */
  readonly mode: "governance" | "compliance";
  /** Days, 1 to 36,500. This or `expiryTime`. */
  readonly durationDays?: number | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly expiryTime?: number | undefined;
  /** Hours, 1 to 72; compliance only. */
  readonly coolOffHours?: number | undefined;
}

export type LockState = "governance" | "compliance" | "compliance-cooloff" | "expired";

/** What a lock amounts to at a moment. */
export function lockStateOf(lock: LockRecord, nowMs: number): LockState {
  if (nowMs >= lock.expiryTime) return "expired";
  if (lock.mode === "compliance" && nowMs < lock.coolOffExpiryTime) return "compliance-cooloff";
  return lock.mode;
}

/** @throws FIRN_SNAPSHOT_LOCKED. */
export function checkUnlocked({ snapshotId, lock }: SnapshotRecord, nowMs: number): void {
  if (lock === undefined || lockStateOf(lock, nowMs) === "expired") return;
  throw locked(snapshotId, "and cannot be deleted");
}

/** @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_LOCKED, FIRN_VOLUME_PARAMETER…. */
export async function lockSnapshot(
  context: EngineContext,
  options: LockSnapshotOptions,
): Promise<SnapshotDescription> {
  checkFigures(options);
  const { snapshotId, mode, coolOffHours = 0, durationDays } = options;
  return changeSnapshot(context, snapshotId, (record, nowMs) => {
    const expiryTime = options.expiryTime ?? nowMs + (durationDays as number) * DAY_MS;
    if (expiryTime <= nowMs) throw invalid("expirationDate", "The lock would have ended already.");
    const { lock: before } = record;
    const isFixed = before !== undefined && lockStateOf(before, nowMs) === "compliance";
    if (!isFixed) {
      const coolOffExpiryTime = nowMs + coolOffHours * HOUR_MS;
      return { ...record, lock: { mode, createdTime: nowMs, expiryTime, coolOffExpiryTime } };
    }
    if (mode !== "compliance" || coolOffHours > 0 || expiryTime < before.expiryTime) {
      throw locked(snapshotId, "in compliance mode: the lock can only be prolonged");
    }
    return { ...record, lock: { ...before, expiryTime } };
  });
}

/** @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_LOCKED; …_STATE when it is not locked. */
export function unlockSnapshot(
  context: EngineContext,
  snapshotId: string,
): Promise<SnapshotDescription> {
  return changeSnapshot(context, snapshotId, ({ lock, ...record }, nowMs) => {
    if (lock === undefined) {
      const text = `The snapshot '${snapshotId}' is not locked.`;
      throw volumeError("FIRN_SNAPSHOT_STATE", text, { detail: { snapshotId } });
    }
    if (lockStateOf(lock, nowMs) === "compliance") {
      throw locked(snapshotId, "in compliance mode, and its cooling-off period is over");
    }
    return record;
  });
}

function checkFigures(options: LockSnapshotOptions): void {
  const { mode, durationDays, expiryTime, coolOffHours } = options;
  if ((durationDays === undefined) === (expiryTime === undefined)) {
    const text = "Either a lock duration or an expiration date must be given, and not both.";
    throw volumeError("FIRN_VOLUME_PARAMETER_COMBINATION", text);
  }
  if (durationDays !== undefined && !(durationDays >= 1 && durationDays <= LOCK_DAYS_MAX)) {
    throw invalid("lockDuration", `A lock lasts 1 to ${LOCK_DAYS_MAX} days.`);
  }
  if (coolOffHours === undefined) return;
  if (mode !== "compliance") {
    const text = "A cooling-off period goes with compliance mode only.";
    throw volumeError("FIRN_VOLUME_PARAMETER_COMBINATION", text);
  }
  if (coolOffHours >= 1 && coolOffHours <= LOCK_COOL_OFF_HOURS_MAX) return;
  const text = `A cooling-off period has 1 to ${LOCK_COOL_OFF_HOURS_MAX} hours.`;
  throw invalid("coolOffPeriod", text);
}

function invalid(parameter: string, text: string): Error {
  return volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter } });
}

function locked(snapshotId: string, how: string): Error {
  const text = `The snapshot '${snapshotId}' is locked ${how}.`;
  return volumeError("FIRN_SNAPSHOT_LOCKED", text, { detail: { snapshotId } });
}
