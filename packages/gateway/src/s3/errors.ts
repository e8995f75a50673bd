import { formatTimestamp } from "@firn/wire";
import type { ErrorTable } from "../frame/service.ts";

type Detail = Readonly<Record<string, unknown>>;

const bucketName = (detail: Detail): Detail => ({ BucketName: detail["bucket"] });
const argument = (detail: Detail): Detail => ({
  ArgumentName: detail["argument"],
  ArgumentValue: detail["value"],
});
const proposed = (detail: Detail): Detail => ({
  ProposedSize: detail["proposedSize"],
  MaxSizeAllowed: detail["maxSizeAllowed"],
});

/** Delete markers are told of in headers. */
function markerHeaders(detail: Detail): Record<string, string> {
  return { "x-amz-delete-marker": "true", "x-amz-version-id": String(detail["versionId"]) };
}

function lastModifiedHeader(detail: Detail): Record<string, string> {
  return { "last-modified": formatTimestamp(Number(detail["lastModified"]), "rfc822") };
}

/**
 * What the object store's errors are called on the wire; their messages are S3's already.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export const s3Errors: ErrorTable = {
  FIRN_BUCKET_NAME_INVALID: { code: "InvalidBucketName", status: 400, members: bucketName },
  FIRN_BUCKET_NOT_FOUND: { code: "NoSuchBucket", status: 404, members: bucketName },
  FIRN_BUCKET_EXISTS: { code: "BucketAlreadyExists", status: 409, members: bucketName },
  FIRN_BUCKET_OWNED: { code: "BucketAlreadyOwnedByYou", status: 409, members: bucketName },
  FIRN_BUCKET_NOT_EMPTY: { code: "BucketNotEmpty", status: 409, members: bucketName },
  FIRN_BUCKET_LIMIT: { code: "TooManyBuckets", status: 400 },
  FIRN_BUCKET_ACCESS_DENIED: { code: "AccessDenied", status: 403 },
  FIRN_OBJECT_NOT_FOUND: {
    code: "NoSuchKey",
    status: 404,
    members: (detail) => ({ Key: detail["key"] }),
    headers: (detail) => (detail["deleteMarker"] === true ? markerHeaders(detail) : {}),
  },
  FIRN_OBJECT_VERSION_NOT_FOUND: {
    code: "NoSuchVersion",
    status: 404,
    members: (detail) => ({ Key: detail["key"], VersionId: detail["versionId"] }),
  },
  FIRN_OBJECT_VERSION_INVALID: { code: "InvalidArgument", status: 400, members: argument },
  FIRN_OBJECT_DELETE_MARKER: {
    code: "MethodNotAllowed",
    status: 405,
    members: () => ({ Method: "GET", ResourceType: "DeleteMarker" }),
    headers: (detail) => ({
      ...markerHeaders(detail),
      ...lastModifiedHeader(detail),
      allow: "DELETE",
    }),
  },
  FIRN_OBJECT_KEY_INVALID: { code: "InvalidArgument", status: 400 },
  FIRN_OBJECT_KEY_TOO_LONG: {
    code: "KeyTooLongError",
    status: 400,
    members: (detail) => ({ Size: detail["size"], MaxSizeAllowed: detail["maxSizeAllowed"] }),
  },
  FIRN_OBJECT_METADATA_TOO_LARGE: {
    code: "MetadataTooLarge",
    status: 400,
    members: (detail) => ({ Size: detail["size"], MaxSizeAllowed: detail["maxSizeAllowed"] }),
  },
  FIRN_OBJECT_TOO_LARGE: { code: "EntityTooLarge", status: 400, members: proposed },
  FIRN_OBJECT_BODY_INCOMPLETE: { code: "IncompleteBody", status: 400 },
  FIRN_OBJECT_DIGEST_INVALID: {
    code: "InvalidDigest",
    status: 400,
    members: (detail) => ({ "Content-MD5": detail["contentMD5"] }),
  },
  FIRN_OBJECT_DIGEST_MISMATCH: {
    code: "BadDigest",
    status: 400,
    members: (detail) => ({
      ExpectedDigest: detail["expected"],
      CalculatedDigest: detail["calculated"],
    }),
  },
  FIRN_OBJECT_CHECKSUM_INVALID: { code: "BadDigest", status: 400 },
  FIRN_OBJECT_CHECKSUM_MISMATCH: { code: "BadDigest", status: 400 },
  FIRN_OBJECT_PRECONDITION_FAILED: {
    code: "PreconditionFailed",
    status: 412,
    members: (detail) => ({ Condition: detail["condition"] }),
  },
  // What a cache needs to keep its copy.
  FIRN_OBJECT_NOT_MODIFIED: {
    code: "NotModified",
    status: 304,
    headers: (detail) => ({ etag: String(detail["eTag"]), ...lastModifiedHeader(detail) }),
  },
  FIRN_OBJECT_RANGE_INVALID: {
    code: "InvalidRange",
    status: 416,
    members: (detail) => ({
      ActualObjectSize: detail["actualObjectSize"],
      RangeRequested: detail["rangeRequested"],
    }),
  },
  FIRN_OBJECT_STORAGE_CLASS_INVALID: { code: "InvalidStorageClass", status: 400 },
  FIRN_OBJECT_REDIRECT_INVALID: { code: "InvalidRedirectLocation", status: 400 },
  FIRN_OBJECT_COPY_UNCHANGED: { code: "InvalidRequest", status: 400 },
  FIRN_TAG_INVALID: {
    code: "InvalidTag",
    status: 400,
    members: (detail) => ({ TagKey: detail["tagKey"] }),
  },
  FIRN_BUCKET_POLICY_NOT_FOUND: {
    code: "NoSuchBucketPolicy",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_WEBSITE_NOT_FOUND: {
    code: "NoSuchWebsiteConfiguration",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_LOGGING_TARGET: { code: "InvalidTargetBucketForLogging", status: 400 },
  FIRN_BUCKET_INVENTORY_TARGET: { code: "InvalidS3DestinationBucket", status: 400 },
  FIRN_BUCKET_INVENTORY_LIMIT: { code: "TooManyConfigurations", status: 400 },
  // As Ceph's gateway says it; S3 has no quotas.
  FIRN_BUCKET_QUOTA: { code: "QuotaExceeded", status: 403 },
  FIRN_ACCOUNT_QUOTA: { code: "QuotaExceeded", status: 403 },
  FIRN_BUCKET_REWIND_OFF: { code: "InvalidBucketState", status: 409 },
  FIRN_BUCKET_REWIND_TIME: { code: "InvalidArgument", status: 400 },
  FIRN_HISTORY_GONE: { code: "InvalidArgument", status: 400 },
  FIRN_BUCKET_CORS_NOT_FOUND: {
    code: "NoSuchCORSConfiguration",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_OWNERSHIP_NOT_FOUND: {
    code: "OwnershipControlsNotFoundError",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_ACCESS_BLOCK_NOT_FOUND: {
    code: "NoSuchPublicAccessBlockConfiguration",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_TAGS_NOT_FOUND: { code: "NoSuchTagSet", status: 404, members: bucketName },
  FIRN_OBJECT_REQUEST_INVALID: { code: "InvalidRequest", status: 400 },
  FIRN_OBJECT_ENCRYPTION_INVALID: { code: "InvalidArgument", status: 400 },
  FIRN_OBJECT_CUSTOMER_KEY: { code: "InvalidRequest", status: 400 },
  FIRN_OBJECT_SEAL_BROKEN: { code: "InternalError", status: 500 },
  FIRN_OBJECT_PACKING_BROKEN: { code: "InternalError", status: 500 },
  FIRN_KEY_NOT_FOUND: { code: "KMS.NotFoundException", status: 400 },
  FIRN_KEY_DISABLED: { code: "KMS.DisabledException", status: 400 },
  FIRN_KEY_ACCESS_DENIED: { code: "AccessDenied", status: 403, message: "Access Denied" },
  FIRN_KEY_CIPHERTEXT_INVALID: { code: "KMS.InvalidCiphertextException", status: 400 },
  FIRN_BUCKET_ENCRYPTION_NOT_FOUND: {
    code: "ServerSideEncryptionConfigurationNotFoundError",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_LOCK_NOT_FOUND: {
    code: "ObjectLockConfigurationNotFoundError",
    status: 404,
    members: bucketName,
  },
  FIRN_BUCKET_STATE_INVALID: { code: "InvalidBucketState", status: 409 },
  FIRN_BUCKET_RETENTION_INVALID: { code: "InvalidRetentionPeriod", status: 400 },
  FIRN_BUCKET_CONFIGURATION_INVALID: {
    code: "MalformedXML",
    status: 400,
    message:
      "The XML you provided was not well-formed or did not validate against our published schema",
  },
  FIRN_BUCKET_LIFECYCLE_NOT_FOUND: {
    code: "NoSuchLifecycleConfiguration",
    status: 404,
    members: bucketName,
  },
  FIRN_OBJECT_STATE_INVALID: {
    code: "InvalidObjectState",
    status: 403,
    members: (detail) => ({ StorageClass: detail["storageClass"] }),
  },
  FIRN_OBJECT_EXPEDITED_UNAVAILABLE: {
    code: "GlacierExpeditedRetrievalNotAvailable",
    status: 503,
  },
  FIRN_OBJECT_RESTORING: { code: "RestoreAlreadyInProgress", status: 409 },
  FIRN_OBJECT_OFFSET_INVALID: { code: "InvalidWriteOffset", status: 400 },
  FIRN_OBJECT_LOCKED: { code: "AccessDenied", status: 403 },
  FIRN_OBJECT_LOCK_NONE: { code: "NoSuchObjectLockConfiguration", status: 404 },
  FIRN_BUCKET_CONFIGURATION_NOT_FOUND: { code: "NoSuchConfiguration", status: 404 },
  FIRN_OBJECT_ARGUMENT_INVALID: { code: "InvalidArgument", status: 400, members: argument },
  FIRN_OBJECT_NOT_IMPLEMENTED: {
    code: "NotImplemented",
    status: 501,
    members: (detail) => ({ Header: detail["header"] }),
  },
  FIRN_UPLOAD_NOT_FOUND: {
    code: "NoSuchUpload",
    status: 404,
    members: (detail) => ({ UploadId: detail["uploadId"] }),
  },
  FIRN_UPLOAD_PART_INVALID: {
    code: "InvalidPart",
    status: 400,
    members: (detail) => ({ PartNumber: detail["partNumber"], ETag: detail["eTag"] }),
  },
  FIRN_UPLOAD_PART_ORDER: { code: "InvalidPartOrder", status: 400 },
  FIRN_UPLOAD_PART_TOO_SMALL: {
    code: "EntityTooSmall",
    status: 400,
    members: (detail) => ({
      ProposedSize: detail["proposedSize"],
      MinSizeAllowed: detail["minSizeAllowed"],
      PartNumber: detail["partNumber"],
      ETag: detail["eTag"],
    }),
  },
  FIRN_UPLOAD_PARTS_MISSING: {
    code: "MalformedXML",
    status: 400,
    message:
      "The XML you provided was not well-formed or did not validate against our published schema",
  },
  FIRN_UPLOAD_CHECKSUM_TYPE: { code: "InvalidRequest", status: 400 },
};
