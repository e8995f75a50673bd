import type { BucketRequest } from "../bucket-types.ts";
import type { ObjectRequest } from "../object-types.ts";

/** `GOVERNANCE` ends early for who may bypass it, `COMPLIANCE` for nobody. */
export type RetentionMode = "GOVERNANCE" | "COMPLIANCE";

/** Until when a version can neither be deleted nor be written over. */
export interface Retention {
  readonly mode: RetentionMode;
  /** Milliseconds since 1970 UTC, on the store's clock. */
  readonly until: number;
}

/** What new versions of a bucket get when their write says nothing: days or years, not both. */
export interface DefaultRetention {
  readonly mode: RetentionMode;
  /** Of 24 hours, 1 to 36,500. */
  readonly days?: number | undefined;
  /** Of 365 days, 1 to 100. */
  readonly years?: number | undefined;
}

/** A bucket with this may hold locked versions; it cannot be taken away again. */
export interface BucketLock {
  readonly defaultRetention?: DefaultRetention | undefined;
}

export interface PutObjectLockConfigurationRequest extends BucketRequest {
  readonly lock: BucketLock;
}

/** The lock that a write puts on what it makes. */
export interface LockRequest {
  /** Both or neither. */
  readonly objectLockMode?: RetentionMode | undefined;
  readonly objectLockRetainUntilDate?: Date | undefined;
  readonly objectLockLegalHoldStatus?: "ON" | "OFF" | undefined;
}

/** What reads say of it. */
export type LockResult = LockRequest;

export interface BypassRequest {
  /**
   * Shorten or end retention in governance mode. Whether the caller may is for who calls to
   * decide.
   */
  readonly bypassGovernanceRetention?: boolean | undefined;
}

interface LockedVersionRequest extends ObjectRequest {
  /** Default: the current version. */
  readonly versionId?: string | undefined;
}

export interface PutObjectRetentionRequest extends LockedVersionRequest, BypassRequest {
  /** `undefined` ends it. */
  readonly retention: Retention | undefined;
}

export interface PutObjectLegalHoldRequest extends LockedVersionRequest {
  readonly status: "ON" | "OFF";
}
