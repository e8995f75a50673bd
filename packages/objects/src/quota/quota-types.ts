import type { BucketRequest } from "../bucket-types.ts";

/** How much a bucket may hold, older versions included; uploads count once they are completed. */
export interface QuotaLimits {
  readonly bytesMax?: number | undefined;
  readonly objectsMax?: number | undefined;
}

export interface PutBucketQuotaRequest extends BucketRequest, QuotaLimits {}

export interface BucketQuota extends QuotaLimits {
  /** What it holds. */
  readonly bytes: number;
  readonly objects: number;
}
