export { ObjectStore } from "./object-store.ts";
export type { ObjectStoreOptions } from "./object-store-options.ts";
export { PagedList } from "./listing/paged-list.ts";
export { objectErrors } from "./errors.ts";
export type { ObjectErrorCode } from "./errors.ts";
export type { Scope } from "./scope.ts";
export type { Checksum, ChecksumAlgorithm, ChecksumType } from "./checksum/checksum.ts";
export type { ContentHeaders, VersioningState } from "./layout/records.ts";
export type * from "./lifecycle/lifecycle-types.ts";
export type {
  RestoreObjectRequest,
  RestoreObjectResult,
  RestoreStatus,
  RestoreTier,
  TakeExpedited,
} from "./lifecycle/restore.ts";
export { isStorageClass } from "./lifecycle/storage-classes.ts";
export type { ColdClass, StorageClass } from "./lifecycle/storage-classes.ts";
export type * from "./access/access-types.ts";
export type * from "./bucket-types.ts";
export type { PutBucketEncryptionRequest } from "./bucket-encryption.ts";
export type { PutRequestPaymentRequest, RequestPayer } from "./bucket-request-payment.ts";
export { wholeBytes } from "./body/whole-body.ts";
export type * from "./object-types.ts";
export type { RenameObjectRequest } from "./rename-object.ts";
export type * from "./encryption/encryption-types.ts";
export type * from "./lock/lock-types.ts";
export type { EventDelivery, EventDeliveryStatus } from "./notifications/event-delivery.ts";
export { eventNames } from "./notifications/notification-types.ts";
export type * from "./notifications/notification-types.ts";
export type * from "./multipart-types.ts";
export { PastBucket } from "./rewind/past-bucket.ts";
export type * from "./logging/logging-types.ts";
export type * from "./quota/quota-types.ts";
export { inventoryFields } from "./inventory/inventory-types.ts";
export type * from "./inventory/inventory-types.ts";
export type * from "./rewind/rewind-types.ts";
export type * from "./version-types.ts";
export type * from "./website/website-types.ts";
export type * from "./tag-types.ts";
export type { Tags } from "./tags.ts";
