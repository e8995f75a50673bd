import { objectError } from "../errors.ts";
import type { BucketRecord, ObjectRecord } from "../layout/records.ts";
import type {
  BucketLock,
  DefaultRetention,
  LockRequest,
  LockResult,
  Retention,
} from "./lock-types.ts";

/** What a version keeps of its lock. */
export interface LockFields {
  readonly retention?: Retention | undefined;
  /** `false`: it was on once. */
  readonly legalHold?: boolean | undefined;
}

const DAY_MS = 86_400_000;
/** S3's limits: a hundred years. */
const DAYS_MAX = 36_500;
const YEARS_MAX = 100;
const DAYS_PER_YEAR = 365;

/**
 * The lock of a version made now: what its write asks for, or else the bucket's default.
 *
 * @throws FIRN_OBJECT_REQUEST_INVALID when the bucket has no locks.
 */
export function newLock(
  { lock }: BucketRecord,
  asked: LockFields,
  now: number,
): LockFields | undefined {
  const { retention, legalHold } = asked;
  if (lock === undefined) {
    if (retention === undefined && legalHold === undefined) return undefined;
    throw noLockError();
  }
  return { retention: retention ?? defaultRetention(lock, now), legalHold };
}

/** @throws FIRN_OBJECT_ARGUMENT_INVALID. */
export function checkLockRequest(request: LockRequest, now: number): LockFields {
  const { objectLockMode: mode, objectLockRetainUntilDate: until } = request;
  const { objectLockLegalHoldStatus: hold } = request;
  if ((mode === undefined) !== (until === undefined)) {
    throw invalid(
      "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
      { argument: "x-amz-object-lock-mode", value: mode },
    );
  }
  const retention = mode && until && { mode, until: until.getTime() };
  if (retention !== undefined) checkRetention(retention, now);
  return { retention, legalHold: hold === undefined ? undefined : hold === "ON" };
}

/** @throws FIRN_OBJECT_ARGUMENT_INVALID when it ends in the past. */
export function checkRetention({ mode, until }: Retention, now: number): void {
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE") {
    throw invalid("Unknown wormMode directive.", {
      argument: "x-amz-object-lock-mode",
      value: mode,
    });
  }
  if (until > now) return;
  throw invalid("The retain until date must be in the future!", {
    argument: "x-amz-object-lock-retain-until-date",
    value: Number.isNaN(until) ? "" : new Date(until).toISOString(),
  });
}

/** @throws FIRN_OBJECT_LOCKED when the version must not be deleted now. */
export function checkUnlocked(record: LockFields, now: number, bypass: boolean): void {
  const { retention, legalHold } = record;
  if (legalHold === true) throw lockedError();
  if (retention === undefined || retention.until <= now) return;
  if (retention.mode === "GOVERNANCE" && bypass) return;
  throw lockedError();
}

/** @throws FIRN_OBJECT_LOCKED when what holds now forbids the change. */
export function checkRetentionChange(
  { retention: before }: ObjectRecord,
  after: Retention | undefined,
  { now, bypass }: { readonly now: number; readonly bypass: boolean },
): void {
  if (before === undefined || before.until <= now) return;
  if (before.mode === "GOVERNANCE" && bypass) return;
  if (after?.mode === before.mode && after.until >= before.until) return;
  throw lockedError();
}

/** @throws FIRN_BUCKET_RETENTION_INVALID, FIRN_BUCKET_CONFIGURATION_INVALID. */
export function checkBucketLock({ defaultRetention: byDefault }: BucketLock): void {
  if (byDefault === undefined) return;
  const { days, years } = byDefault;
  if ((days === undefined) === (years === undefined)) {
    throw objectError(
      "FIRN_BUCKET_CONFIGURATION_INVALID",
      "A default retention has days or years, not both.",
    );
  }
  const count = days ?? years ?? 0;
  if (!Number.isInteger(count) || count <= 0) {
    throw periodError("Default retention period must be a positive integer value.");
  }
  if (count > (days === undefined ? YEARS_MAX : DAYS_MAX)) {
    throw periodError("Default retention period must be at most 36500 days, or 100 years.");
  }
}

export function lockResult({ retention, legalHold }: LockFields): LockResult {
  return {
    objectLockMode: retention?.mode,
    objectLockRetainUntilDate: retention && new Date(retention.until),
    objectLockLegalHoldStatus: legalHold === undefined ? undefined : legalHold ? "ON" : "OFF",
  };
}

export function noLockError(): Error {
  return objectError("FIRN_OBJECT_REQUEST_INVALID", "Bucket is missing Object Lock Configuration");
}

function defaultRetention(
  { defaultRetention: of }: BucketLock,
  now: number,
): Retention | undefined {
  return of && { mode: of.mode, until: now + daysOf(of) * DAY_MS };
}

function daysOf({ days, years = 0 }: DefaultRetention): number {
  return days ?? years * DAYS_PER_YEAR;
}

function lockedError(): Error {
  return objectError(
    "FIRN_OBJECT_LOCKED",
    "Access Denied because object protected by object lock.",
  );
}

function periodError(message: string): Error {
  return objectError("FIRN_BUCKET_RETENTION_INVALID", message);
}

function invalid(message: string, detail: Readonly<Record<string, unknown>>): Error {
  return objectError("FIRN_OBJECT_ARGUMENT_INVALID", message, { detail });
}
