import type { Acl, ObjectOwnership, PublicAccessBlock } from "./access/access-types.ts";

/** What every call on a bucket takes. */
export interface BucketRequest {
  readonly bucket: string;
  /**
   * The account that must own the bucket: a guard against mistakes.
   */
  readonly expectedBucketOwner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CreateBucketRequest {
  /** 3 to 63 characters by AWS's rules. */
  readonly bucket: string;
  /** Default: the engine's region. */
  readonly region?: string | undefined;
  /** Default `BucketOwnerEnforced`; "none": nothing is said, as of old. */
  readonly objectOwnership?: ObjectOwnership | "none" | undefined;
  /** Default: all four; `null`: none. */
  readonly publicAccessBlock?: PublicAccessBlock | null | undefined;
  /** Default: the owner alone. */
  readonly acl?: Acl | undefined;
  /** Versions of it can be locked; versioning is on from the start and for ever. */
  readonly objectLockEnabledForBucket?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BucketInfo {
  readonly name: string;
  readonly creationDate: Date;
  readonly bucketRegion: string;
  /** The owner's account id. */
  readonly owner: string;
}

export interface ListBucketsRequest {
  readonly prefix?: string | undefined;
  readonly bucketRegion?: string | undefined;
  /** Buckets of a page, 1 to 10,000, default 10,000. */
  readonly maxBuckets?: number | undefined;
  readonly continuationToken?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BucketsPage {
  /** In byte order of their names. */
  readonly buckets: readonly BucketInfo[];
  /** Present when there are more. */
  readonly continuationToken?: string | undefined;
}
