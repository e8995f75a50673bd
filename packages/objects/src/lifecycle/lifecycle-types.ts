import type { BucketRequest } from "../bucket-types.ts";
import type { Tags } from "../tags.ts";
import type { StorageClass } from "./storage-classes.ts";

/** What a rule is about: all that is said must hold. */
export interface LifecycleFilter {
  readonly prefix?: string | undefined;
  readonly tag?: LifecycleTag | undefined;
  /** Bytes; the object has more. */
  readonly objectSizeGreaterThan?: number | undefined;
  /** Bytes; the object has fewer. */
  readonly objectSizeLessThan?: number | undefined;
  /** Several at once; then nothing stands beside it. */
  readonly and?: LifecycleFilterAnd | undefined;
}

export interface LifecycleTag {
  readonly key: string;
  readonly value: string;
}

export interface LifecycleFilterAnd {
  readonly prefix?: string | undefined;
  readonly tags?: Tags | undefined;
  readonly objectSizeGreaterThan?: number | undefined;
  readonly objectSizeLessThan?: number | undefined;
}

/** One of the three. */
export interface LifecycleExpiration {
  /** Whole days since it was written, then until the next midnight UTC. */
  readonly days?: number | undefined;
  /** Midnight UTC, in milliseconds since 1970. */
  readonly date?: number | undefined;
  /** Delete markers that hide nothing any more. */
  readonly expiredObjectDeleteMarker?: boolean | undefined;
}

export interface LifecycleTransition {
  readonly days?: number | undefined;
  readonly date?: number | undefined;
  readonly storageClass: StorageClass;
}

/** Of versions, counted from when a newer one took their place. */
export interface NoncurrentExpiration {
  readonly noncurrentDays: number;
  /** So many of the newest noncurrent versions are kept whatever their age, 1 to 100. */
  readonly newerNoncurrentVersions?: number | undefined;
}

export interface NoncurrentTransition extends NoncurrentExpiration {
  readonly storageClass: StorageClass;
}

export interface LifecycleRule {
  /** At most 255 characters; drawn when there is none. */
  readonly id?: string | undefined;
  readonly status: "Enabled" | "Disabled";
  /** Of old; a rule has this or a filter. */
  readonly prefix?: string | undefined;
  readonly filter?: LifecycleFilter | undefined;
  readonly expiration?: LifecycleExpiration | undefined;
  readonly transitions?: readonly LifecycleTransition[] | undefined;
  readonly noncurrentVersionExpiration?: NoncurrentExpiration | undefined;
  readonly noncurrentVersionTransitions?: readonly NoncurrentTransition[] | undefined;
  /** Uploads that nobody completed, by days since they were begun. */
  readonly abortIncompleteMultipartUpload?: { readonly daysAfterInitiation: number } | undefined;
}

/** Which objects are too small for a transition that names no size. */
export type TransitionSizeMinimum = "all_storage_classes_128K" | "varies_by_storage_class";

export interface LifecycleConfiguration {
  /** 1 to 1000. */
  readonly rules: readonly LifecycleRule[];
  /** Default `all_storage_classes_128K`. */
  readonly transitionDefaultMinimumObjectSize?: TransitionSizeMinimum | undefined;
}

export interface PutBucketLifecycleRequest extends BucketRequest {
  readonly lifecycle: LifecycleConfiguration;
}

/** When a rule will end an object, and which one. */
export interface ExpirationNotice {
  readonly expiryDate: Date;
  readonly ruleId: string;
}

/** What one run has done. */
export interface LifecycleReport {
  readonly expired: number;
  readonly noncurrentExpired: number;
  readonly deleteMarkersRemoved: number;
  readonly transitioned: number;
  readonly uploadsAborted: number;
}
