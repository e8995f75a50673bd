import type { BucketRequest } from "../bucket-types.ts";

/** What a line tells beside bucket and key, in S3's words; in this order. */
export const inventoryFields = [
  "Size",
  "LastModifiedDate",
  "ETag",
  "StorageClass",
  "IsMultipartUploaded",
  "EncryptionStatus",
  "ObjectLockRetainUntilDate",
  "ObjectLockMode",
  "ObjectLockLegalHoldStatus",
  "BucketKeyStatus",
  "ChecksumAlgorithm",
] as const;

export type InventoryField = (typeof inventoryFields)[number];

/** A list of a bucket's objects that is written into another bucket, day by day or week by week. */
export interface InventoryConfiguration {
  /** 1 to 64 of letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  readonly isEnabled: boolean;
  readonly versions: "All" | "Current";
  /** A little after midnight UTC of the store's clock; `Weekly` on Sundays. */
  readonly frequency: "Daily" | "Weekly";
  /** Only keys that begin with it. */
  readonly prefix?: string | undefined;
  readonly fields: readonly InventoryField[];
  readonly destination: InventoryDestination;
}

export interface InventoryDestination {
  readonly bucket: string;
  /** The account that must own it. Default: the owner of the bucket that is listed. */
  readonly accountId?: string | undefined;
  readonly prefix?: string | undefined;
  /** Default: as the bucket says. */
  readonly encryption?:
    | { readonly by: "AES256" }
    | { readonly by: "aws:kms"; readonly keyId: string }
    | undefined;
}

export interface InventoryRequest extends BucketRequest {
  readonly id: string;
}

export interface PutInventoryRequest extends BucketRequest {
  readonly inventory: InventoryConfiguration;
}

export interface ListInventoriesRequest extends BucketRequest {
  readonly continuationToken?: string | undefined;
}

export interface InventoriesPage {
  /** At most 100, by id. */
  readonly inventories: readonly InventoryConfiguration[];
  readonly continuationToken?: string | undefined;
}

/** What a run has done. */
export interface InventoryReport {
  /** Inventories that were written. */
  readonly written: number;
  /** Those whose destination did not take them; they are due again at the next midnight. */
  readonly failed: number;
}
