/**
 * What S3's access logs call an operation: `REST.GET.OBJECT`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function loggedOperation(operation: string, method: string): string {
  if (operation.startsWith("Website")) return `WEBSITE.${method}.OBJECT`;
  const named = NAMES.get(operation);
  if (named !== undefined) return named.includes(".") ? `REST.${named}` : `REST.${method}.${named}`;
  const resource = operation.replace(/^(Get|Put|Delete|List|Head|Create)(Bucket)?/, "");
  return `REST.${method}.${resource.replaceAll(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase()}`;
}

/** Where the name does not follow from the operation's; with a dot its verb is another one. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["", "UNKNOWN"],
  ["GetObject", "OBJECT"],
  ["HeadObject", "OBJECT"],
  ["PutObject", "OBJECT"],
  ["PostObject", "OBJECT"],
  ["DeleteObject", "OBJECT"],
  ["RenameObject", "OBJECT"],
  ["CopyObject", "COPY.OBJECT"],
  ["UploadPart", "PART"],
  ["UploadPartCopy", "COPY.PART"],
  ["CreateMultipartUpload", "UPLOADS"],
  ["CompleteMultipartUpload", "UPLOAD"],
  ["AbortMultipartUpload", "UPLOAD"],
  ["ListParts", "UPLOAD"],
  ["ListMultipartUploads", "UPLOADS"],
  ["DeleteObjects", "MULTI_OBJECT_DELETE"],
  ["ListObjects", "BUCKET"],
  ["ListObjectsV2", "BUCKET"],
  ["ListObjectVersions", "BUCKETVERSIONS"],
  ["CreateBucket", "BUCKET"],
  ["HeadBucket", "BUCKET"],
  ["DeleteBucket", "BUCKET"],
  ["GetBucketAcl", "ACL"],
  ["PutBucketAcl", "ACL"],
  ["GetObjectAcl", "ACL"],
  ["PutObjectAcl", "ACL"],
  ["GetBucketLogging", "LOGGING_STATUS"],
  ["PutBucketLogging", "LOGGING_STATUS"],
  ["GetBucketPolicy", "BUCKETPOLICY"],
  ["PutBucketPolicy", "BUCKETPOLICY"],
  ["DeleteBucketPolicy", "BUCKETPOLICY"],
  ["GetBucketLifecycleConfiguration", "LIFECYCLE"],
  ["PutBucketLifecycleConfiguration", "LIFECYCLE"],
  ["GetBucketNotificationConfiguration", "NOTIFICATION"],
  ["PutBucketNotificationConfiguration", "NOTIFICATION"],
  ["RestoreObject", "RESTORE"],
]);
