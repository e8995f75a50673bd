import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
} from "./bucket-encryption.ts";
import type { PutBucketEncryptionRequest } from "./bucket-encryption.ts";
import { getBucketRequestPayment, putBucketRequestPayment } from "./bucket-request-payment.ts";
import type { PutRequestPaymentRequest, RequestPayer } from "./bucket-request-payment.ts";
import { deleteBucketTagging, getBucketTagging, putBucketTagging } from "./bucket-tagging.ts";
import type { BucketRequest } from "./bucket-types.ts";
import { getBucketVersioning, putBucketVersioning } from "./bucket-versioning.ts";
import type { BucketEncryption } from "./encryption/encryption-types.ts";
import type { Engine } from "./engine.ts";
import {
  deleteBucketLifecycle,
  getBucketLifecycle,
  putBucketLifecycle,
} from "./lifecycle/lifecycle-configuration.ts";
import type {
  LifecycleConfiguration,
  PutBucketLifecycleRequest,
} from "./lifecycle/lifecycle-types.ts";
import { restoreObject } from "./lifecycle/restore.ts";
import type { RestoreObjectRequest, RestoreObjectResult } from "./lifecycle/restore.ts";
import type * as locking from "./lock/lock-types.ts";
import {
  getObjectLegalHold,
  getObjectLockConfiguration,
  getObjectRetention,
  putObjectLegalHold,
  putObjectLockConfiguration,
  putObjectRetention,
} from "./lock/object-lock.ts";
import {
  getBucketNotifications,
  putBucketNotifications,
} from "./notifications/bucket-notifications.ts";
import type {
  NotificationConfiguration,
  PutNotificationRequest,
} from "./notifications/notification-types.ts";
import { getBucketLogging, putBucketLogging } from "./logging/bucket-logging.ts";
import type { BucketLogging, PutBucketLoggingRequest } from "./logging/logging-types.ts";
import { PastBucket } from "./rewind/past-bucket.ts";
import { restoreBucket } from "./rewind/restore-bucket.ts";
import type {
  BucketRewind,
  PastRequest,
  PutBucketRewindRequest,
  RestoreBucketRequest,
  RestoreBucketResult,
} from "./rewind/rewind-types.ts";
import { deleteBucketRewind, getBucketRewind, putBucketRewind } from "./rewind/rewind-window.ts";
import type * as tagging from "./tag-types.ts";
import type { Tags } from "./tags.ts";
import {
  deleteBucketWebsite,
  getBucketWebsite,
  putBucketWebsite,
} from "./website/bucket-website.ts";
import type { PutBucketWebsiteRequest, WebsiteConfiguration } from "./website/website-types.ts";
import type * as versions from "./version-types.ts";

/** The calls of an object store that read and change how a bucket behaves. */
export abstract class BucketSettings {
  /** @throws FIRN_OBJECTS_CLOSED. */
  protected abstract opened(): Engine;

  /** @throws FIRN_BUCKET_TAGS_NOT_FOUND. */
  async getBucketTagging(request: BucketRequest): Promise<Tags> {
    return await getBucketTagging(this.opened(), request);
  }

  /** @throws FIRN_TAG_INVALID. */
  async putBucketTagging(request: tagging.PutBucketTaggingRequest): Promise<void> {
    await putBucketTagging(this.opened(), request);
  }

  async deleteBucketTagging(request: BucketRequest): Promise<void> {
    await deleteBucketTagging(this.opened(), request);
  }

  /** The default of writes that say nothing. @throws FIRN_BUCKET_ENCRYPTION_NOT_FOUND. */
  async getBucketEncryption(request: BucketRequest): Promise<BucketEncryption> {
    return await getBucketEncryption(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_ENCRYPTION_INVALID. */
  async putBucketEncryption(request: PutBucketEncryptionRequest): Promise<void> {
    await putBucketEncryption(this.opened(), request);
  }

  async deleteBucketEncryption(request: BucketRequest): Promise<void> {
    await deleteBucketEncryption(this.opened(), request);
  }

  /**
   * From now on every write keeps the version before (`Enabled`), or writes over the version
   * "null" only (`Suspended`).
   */
  async putBucketVersioning(request: versions.PutBucketVersioningRequest): Promise<void> {
    await putBucketVersioning(this.opened(), request);
  }

  async getBucketVersioning(request: BucketRequest): Promise<versions.BucketVersioning> {
    return await getBucketVersioning(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_LOCK_NOT_FOUND. */
  async getObjectLockConfiguration(request: BucketRequest): Promise<locking.BucketLock> {
    return await getObjectLockConfiguration(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_STATE_INVALID without versioning, FIRN_BUCKET_RETENTION_INVALID. */
  async putObjectLockConfiguration(
    request: locking.PutObjectLockConfigurationRequest,
  ): Promise<void> {
    await putObjectLockConfiguration(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_REQUEST_INVALID in a bucket without locks, FIRN_OBJECT_LOCK_NONE. */
  async getObjectRetention(request: tagging.ObjectTaggingRequest): Promise<locking.Retention> {
    return await getObjectRetention(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_LOCKED when what holds now forbids it, FIRN_OBJECT_REQUEST_INVALID. */
  async putObjectRetention(request: locking.PutObjectRetentionRequest): Promise<void> {
    await putObjectRetention(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_REQUEST_INVALID in a bucket without locks, FIRN_OBJECT_LOCK_NONE. */
  async getObjectLegalHold(request: tagging.ObjectTaggingRequest): Promise<"ON" | "OFF"> {
    return await getObjectLegalHold(this.opened(), request);
  }

  /** While it is on, nobody deletes the version. @throws FIRN_OBJECT_REQUEST_INVALID. */
  async putObjectLegalHold(request: locking.PutObjectLegalHoldRequest): Promise<void> {
    await putObjectLegalHold(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_LIFECYCLE_NOT_FOUND. */
  async getBucketLifecycleConfiguration(request: BucketRequest): Promise<LifecycleConfiguration> {
    return await getBucketLifecycle(this.opened(), request);
  }

  /**
   * Applied a little after each midnight UTC of the store's clock, and by `runLifecycle`.
   *
   * @throws FIRN_BUCKET_CONFIGURATION_INVALID, FIRN_OBJECT_ARGUMENT_INVALID,
   * FIRN_OBJECT_REQUEST_INVALID, with S3's words for what is wrong.
   */
  async putBucketLifecycleConfiguration(request: PutBucketLifecycleRequest): Promise<void> {
    await putBucketLifecycle(this.opened(), request);
  }

  async deleteBucketLifecycle(request: BucketRequest): Promise<void> {
    await deleteBucketLifecycle(this.opened(), request);
  }

  /**
   * Lets an object of a cold class be read, hours from now, for some days.
   *
   * @throws FIRN_OBJECT_STATE_INVALID, FIRN_OBJECT_RESTORING, FIRN_OBJECT_ARGUMENT_INVALID.
   */
  async restoreObject(request: RestoreObjectRequest): Promise<RestoreObjectResult> {
    return await restoreObject(this.opened(), request);
  }

  async getBucketNotificationConfiguration(
    request: BucketRequest,
  ): Promise<NotificationConfiguration> {
    return await getBucketNotifications(this.opened(), request);
  }

  /**
   * From now on what happens is kept for the destinations that rules name, in the transaction in
   * which it happens; `deliver` hands it over.
   *
   * @throws FIRN_OBJECT_ARGUMENT_INVALID, FIRN_BUCKET_CONFIGURATION_INVALID.
   */
  async putBucketNotificationConfiguration(request: PutNotificationRequest): Promise<void> {
    await putBucketNotifications(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_WEBSITE_NOT_FOUND. */
  async getBucketWebsite(request: BucketRequest): Promise<WebsiteConfiguration> {
    return await getBucketWebsite(this.opened(), request);
  }

  /**
   * @throws FIRN_BUCKET_CONFIGURATION_INVALID, FIRN_OBJECT_ARGUMENT_INVALID,
   * FIRN_OBJECT_REQUEST_INVALID, with S3's words for what is wrong.
   */
  async putBucketWebsite(request: PutBucketWebsiteRequest): Promise<void> {
    await putBucketWebsite(this.opened(), request);
  }

  async deleteBucketWebsite(request: BucketRequest): Promise<void> {
    await deleteBucketWebsite(this.opened(), request);
  }

  /** `undefined`: nothing of its past is kept. */
  async getBucketRewind(request: BucketRequest): Promise<BucketRewind | undefined> {
    return await getBucketRewind(this.opened(), request);
  }

  /**
   * From now on what is written over or deleted stays to be read for a while, with `at`. It takes
   * room on the disk for as long. A bucket that is deleted loses its past with it.
   * @throws FIRN_RETENTION.
   */
  async putBucketRewind(request: PutBucketRewindRequest): Promise<void> {
    await putBucketRewind(this.opened(), request);
  }

  /** Gives up the past at once. */
  async deleteBucketRewind(request: BucketRequest): Promise<void> {
    await deleteBucketRewind(this.opened(), request);
  }

  async getBucketLogging(request: BucketRequest): Promise<BucketLogging | undefined> {
    return await getBucketLogging(this.opened(), request);
  }

  /**
   * What `noteAccess` is told of this bucket becomes objects of another one.
   * @throws FIRN_BUCKET_LOGGING_TARGET.
   */
  async putBucketLogging(request: PutBucketLoggingRequest): Promise<void> {
    await putBucketLogging(this.opened(), request);
  }

  /**
   * A bucket as of a moment of its rewind window, to be read.
   * @throws FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME.
   */
  async at(request: PastRequest): Promise<PastBucket> {
    return await PastBucket.open(this.opened(), request);
  }

  /**
   * Makes a new bucket of what a bucket was at a moment of its rewind window. Bytes that are held
   * still are shared and do not move.
   * @throws FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME, FIRN_BUCKET_OWNED, FIRN_BUCKET_EXISTS.
   */
  async restoreBucket(request: RestoreBucketRequest): Promise<RestoreBucketResult> {
    return await restoreBucket(this.opened(), request);
  }

  async getBucketRequestPayment(request: BucketRequest): Promise<RequestPayer> {
    return await getBucketRequestPayment(this.opened(), request);
  }

  async putBucketRequestPayment(request: PutRequestPaymentRequest): Promise<void> {
    await putBucketRequestPayment(this.opened(), request);
  }
}
