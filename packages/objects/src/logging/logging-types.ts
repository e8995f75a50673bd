import type { BucketRequest } from "../bucket-types.ts";

/** Where the requests to a bucket are told of, and under which keys. */
export interface BucketLogging {
  /** Of the same owner and region; may be the bucket itself. */
  readonly targetBucket: string;
  /** May be empty. */
  readonly targetPrefix: string;
  /**
   * `simple`: `<prefix>YYYY-MM-DD-hh-mm-ss-<unique>`; `event` and `delivery`: by account, region,
   * bucket and the day of the requests or of the delivery. Default `simple`.
   */
  readonly keyFormat?: "simple" | "event" | "delivery" | undefined;
}

export interface PutBucketLoggingRequest extends BucketRequest {
  /** `undefined`: no longer. */
  readonly logging: BucketLogging | undefined;
}
