import type { S3Operation } from "../context.ts";
import { abortMultipartUpload } from "./abort-multipart-upload.ts";
import { bucketAcl } from "./bucket-acl.ts";
import { bucketCors } from "./bucket-cors.ts";
import { bucketEncryption } from "./bucket-encryption.ts";
import { bucketOwnershipControls } from "./bucket-ownership-controls.ts";
import { bucketPolicy } from "./bucket-policy.ts";
import { bucketLifecycle } from "./bucket-lifecycle.ts";
import { bucketInventory } from "./bucket-inventory.ts";
import { bucketLogging } from "./bucket-logging.ts";
import { bucketNotification } from "./bucket-notification.ts";
import { bucketRequestPayment } from "./bucket-request-payment.ts";
import { bucketWebsite } from "./bucket-website.ts";
import { completeMultipartUpload } from "./complete-multipart-upload.ts";
import { copyObject } from "./copy-object.ts";
import { createBucket } from "./create-bucket.ts";
import { createMultipartUpload } from "./create-multipart-upload.ts";
import { deleteBucketTagging } from "./delete-bucket-tagging.ts";
import { deleteBucket } from "./delete-bucket.ts";
import { deleteObjectTagging } from "./delete-object-tagging.ts";
import { deleteObject } from "./delete-object.ts";
import { deleteObjects } from "./delete-objects.ts";
import { getBucketLocation } from "./get-bucket-location.ts";
import { getBucketTagging } from "./get-bucket-tagging.ts";
import { getBucketVersioning } from "./get-bucket-versioning.ts";
import { getObjectAttributes } from "./get-object-attributes.ts";
import { getObjectTagging } from "./get-object-tagging.ts";
import { getObject } from "./get-object.ts";
import { headBucket } from "./head-bucket.ts";
import { headObject } from "./head-object.ts";
import { listBuckets } from "./list-buckets.ts";
import { listMultipartUploads } from "./list-multipart-uploads.ts";
import { listObjectVersions } from "./list-object-versions.ts";
import { listObjectsV2 } from "./list-objects-v2.ts";
import { listObjects } from "./list-objects.ts";
import { listParts } from "./list-parts.ts";
import { objectAcl } from "./object-acl.ts";
import { postObject } from "./post-object.ts";
import { publicAccessBlock } from "./public-access-block.ts";
import { objectLockConfiguration } from "./object-lock-configuration.ts";
import { objectLock } from "./object-lock.ts";
import { putBucketTagging } from "./put-bucket-tagging.ts";
import { putBucketVersioning } from "./put-bucket-versioning.ts";
import { putObjectTagging } from "./put-object-tagging.ts";
import { putObject } from "./put-object.ts";
import { renameObject } from "./rename-object.ts";
import { restoreObject } from "./restore-object.ts";
import { unsetConfigurations } from "./unset-configurations.ts";
import { uploadPartCopy } from "./upload-part-copy.ts";
import { uploadPart } from "./upload-part.ts";

/** What of S3 is there. */
export const s3Operations: readonly S3Operation[] = [
  abortMultipartUpload,
  ...bucketAcl,
  ...bucketCors,
  ...bucketEncryption,
  ...bucketLifecycle,
  ...bucketInventory,
  ...bucketLogging,
  ...bucketNotification,
  ...bucketRequestPayment,
  ...bucketOwnershipControls,
  ...bucketPolicy,
  ...bucketWebsite,
  completeMultipartUpload,
  copyObject,
  createBucket,
  createMultipartUpload,
  deleteBucketTagging,
  deleteBucket,
  deleteObjectTagging,
  deleteObject,
  deleteObjects,
  getBucketLocation,
  getBucketTagging,
  getBucketVersioning,
  getObjectAttributes,
  getObjectTagging,
  getObject,
  headBucket,
  headObject,
  listBuckets,
  listMultipartUploads,
  listObjectVersions,
  listObjectsV2,
  listObjects,
  listParts,
  ...objectAcl,
  postObject,
  ...publicAccessBlock,
  ...objectLockConfiguration,
  ...objectLock,
  putBucketTagging,
  putBucketVersioning,
  putObjectTagging,
  putObject,
  renameObject,
  restoreObject,
  ...unsetConfigurations,
  uploadPartCopy,
  uploadPart,
];
