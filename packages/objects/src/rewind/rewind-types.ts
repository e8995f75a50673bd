import type { BucketRequest } from "../bucket-types.ts";

export interface PutBucketRewindRequest extends BucketRequest {
  /** How far back, in milliseconds of the store's time: 1,000 or more. */
  readonly windowMs: number;
  /**
   * Bytes of superseded records at about which the oldest go before their time; what objects hold
   * does not count. Default no limit.
   */
  readonly bytes?: number | undefined;
}

/** The moments of a bucket that can be looked at. */
export interface BucketRewind {
  readonly windowMs: number;
  readonly bytes?: number | undefined;
  readonly earliest: Date;
  readonly latest: Date;
}

export interface PastRequest extends BucketRequest {
  /** Within the window, to the millisecond. */
  readonly time: Date;
}

export interface RestoreBucketRequest extends PastRequest {
  /** A bucket that does not exist yet; it gets the owner, versioning and locks of the other. */
  readonly targetBucket: string;
  /** Only keys that begin with it. Default: all. */
  readonly prefix?: string | undefined;
}

export interface RestoreBucketResult {
  /** Current and older versions, delete markers included. */
  readonly versionCount: number;
  /**
   * Bytes that were read and written, of what nothing has held since; all others are shared and did
   * not move.
   */
  readonly bytesCopied: number;
}
