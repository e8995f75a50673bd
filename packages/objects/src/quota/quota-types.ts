import type { BucketRequest } from "../bucket-types.ts";

/** How much may be held, older versions included; uploads count once they are completed. */
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

/** Of all buckets that the engine's account owns. */
export interface PutAccountQuotaRequest extends QuotaLimits {
  readonly signal?: AbortSignal | undefined;
}

export interface AccountQuota extends QuotaLimits {
  /** What its buckets hold. */
  readonly bytes: number;
  readonly objects: number;
}
