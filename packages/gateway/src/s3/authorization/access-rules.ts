import type { Permission } from "@firn/objects";

/** What an operation needs, in the words of policies and of access control lists. */
export interface AccessRule {
  /** `s3:GetObject`. */
  readonly action: string;
  /** In its place when a version is named. */
  readonly versionAction?: string | undefined;
  /**
   * What it is done to. `account`: nothing in particular; `bucket`; `contents`: a key of a bucket,
   * so that the bucket's owner and list decide; `object`: a version, so that its own decide.
   */
  readonly on: "account" | "bucket" | "contents" | "object";
  /** The permission of the list that is enough; `undefined`: lists have nothing to say. */
  readonly grant?: Permission | undefined;
  /** The handler asks itself, once it knows more than the request line. */
  readonly late?: boolean | undefined;
}

const account = (action: string): AccessRule => ({ action, on: "account" });
const bucket = (action: string, grant?: Permission): AccessRule => ({
  action,
  on: "bucket",
  grant,
});
const contents = (action: string, versionAction?: string): AccessRule => ({
  action,
  versionAction,
  on: "contents",
  grant: "WRITE",
});
const object = (name: string, more: Partial<AccessRule> = {}): AccessRule => ({
  action: `s3:${name}`,
  versionAction: `s3:${name.replace("Object", "ObjectVersion")}`,
  on: "object",
  ...more,
});

/** Copying reads one object, which the handler asks for, and writes another. */
export const READ_SOURCE: AccessRule = object("GetObject", { grant: "READ" });
export const DELETE_KEY: AccessRule = contents("s3:DeleteObject", "s3:DeleteObjectVersion");
export const WRITE_KEY: AccessRule = contents("s3:PutObject");
/** Governance holds back everybody but those who may end it before its time. */
export const BYPASS_GOVERNANCE: AccessRule = {
  action: "s3:BypassGovernanceRetention",
  on: "contents",
};

/**
 * What a header asks for beside the operation itself. Lists are enough for none of it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export const headerRules: readonly (readonly [header: string, rule: AccessRule])[] = [
  ["x-amz-tagging", { action: "s3:PutObjectTagging", on: "contents" }],
  ["x-amz-object-lock-mode", { action: "s3:PutObjectRetention", on: "contents" }],
  ["x-amz-object-lock-legal-hold", { action: "s3:PutObjectLegalHold", on: "contents" }],
];

/** The handler asks, since the tags stand in the body. */
export const PUT_TAGS: AccessRule = object("PutObjectTagging", { late: true });
export const LIST_KEYS: AccessRule = bucket("s3:ListBucket", "READ");

/**
 * Operations whose needs are not told by their names. Others need `s3:<name>`, on the object where
 * they name a key and on the bucket elsewhere, and no list is enough for them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
const rules: Readonly<Record<string, AccessRule>> = {
  ListBuckets: account("s3:ListAllMyBuckets"),
  CreateBucket: { action: "s3:CreateBucket", on: "account" },
  HeadBucket: LIST_KEYS,
  ListObjects: LIST_KEYS,
  ListObjectsV2: LIST_KEYS,
  ListObjectVersions: bucket("s3:ListBucketVersions", "READ"),
  ListMultipartUploads: bucket("s3:ListBucketMultipartUploads", "READ"),
  GetBucketAcl: bucket("s3:GetBucketAcl", "READ_ACP"),
  PutBucketAcl: bucket("s3:PutBucketAcl", "WRITE_ACP"),
  GetPublicAccessBlock: bucket("s3:GetBucketPublicAccessBlock"),
  PutPublicAccessBlock: bucket("s3:PutBucketPublicAccessBlock"),
  DeletePublicAccessBlock: bucket("s3:PutBucketPublicAccessBlock"),
  DeleteBucketOwnershipControls: bucket("s3:PutBucketOwnershipControls"),
  GetBucketCors: bucket("s3:GetBucketCORS"),
  PutBucketCors: bucket("s3:PutBucketCORS"),
  DeleteBucketCors: bucket("s3:PutBucketCORS"),
  DeleteBucketTagging: bucket("s3:PutBucketTagging"),
  GetBucketEncryption: bucket("s3:GetEncryptionConfiguration"),
  PutBucketEncryption: bucket("s3:PutEncryptionConfiguration"),
  DeleteBucketEncryption: bucket("s3:PutEncryptionConfiguration"),
  GetBucketLifecycleConfiguration: bucket("s3:GetLifecycleConfiguration"),
  PutBucketLifecycleConfiguration: bucket("s3:PutLifecycleConfiguration"),
  DeleteBucketLifecycle: bucket("s3:PutLifecycleConfiguration"),
  GetBucketNotificationConfiguration: bucket("s3:GetBucketNotification"),
  PutBucketNotificationConfiguration: bucket("s3:PutBucketNotification"),
  GetBucketAccelerateConfiguration: bucket("s3:GetAccelerateConfiguration"),
  PutBucketAccelerateConfiguration: bucket("s3:PutAccelerateConfiguration"),
  GetBucketReplication: bucket("s3:GetReplicationConfiguration"),
  DeleteBucketReplication: bucket("s3:PutReplicationConfiguration"),
  GetBucketInventoryConfiguration: bucket("s3:GetInventoryConfiguration"),
  PutBucketInventoryConfiguration: bucket("s3:PutInventoryConfiguration"),
  DeleteBucketInventoryConfiguration: bucket("s3:PutInventoryConfiguration"),
  ListBucketInventoryConfigurations: bucket("s3:GetInventoryConfiguration"),
  GetBucketAnalyticsConfiguration: bucket("s3:GetAnalyticsConfiguration"),
  PutBucketAnalyticsConfiguration: bucket("s3:PutAnalyticsConfiguration"),
  DeleteBucketAnalyticsConfiguration: bucket("s3:PutAnalyticsConfiguration"),
  ListBucketAnalyticsConfigurations: bucket("s3:GetAnalyticsConfiguration"),
  GetBucketMetricsConfiguration: bucket("s3:GetMetricsConfiguration"),
  PutBucketMetricsConfiguration: bucket("s3:PutMetricsConfiguration"),
  DeleteBucketMetricsConfiguration: bucket("s3:PutMetricsConfiguration"),
  ListBucketMetricsConfigurations: bucket("s3:GetMetricsConfiguration"),
  GetBucketIntelligentTieringConfiguration: bucket("s3:GetIntelligentTieringConfiguration"),
  PutBucketIntelligentTieringConfiguration: bucket("s3:PutIntelligentTieringConfiguration"),
  DeleteBucketIntelligentTieringConfiguration: bucket("s3:PutIntelligentTieringConfiguration"),
  ListBucketIntelligentTieringConfigurations: bucket("s3:GetIntelligentTieringConfiguration"),
  GetObjectLockConfiguration: bucket("s3:GetBucketObjectLockConfiguration"),
  PutObjectLockConfiguration: bucket("s3:PutBucketObjectLockConfiguration"),
  GetObject: READ_SOURCE,
  HeadObject: READ_SOURCE,
  GetObjectAttributes: READ_SOURCE,
  GetObjectAcl: object("GetObjectAcl", { grant: "READ_ACP" }),
  PutObjectAcl: object("PutObjectAcl", { grant: "WRITE_ACP" }),
  GetObjectTagging: object("GetObjectTagging"),
  PutObjectTagging: PUT_TAGS,
  DeleteObjectTagging: object("DeleteObjectTagging"),
  GetObjectRetention: object("GetObjectRetention", { versionAction: undefined }),
  PutObjectRetention: object("PutObjectRetention", { versionAction: undefined }),
  GetObjectLegalHold: object("GetObjectLegalHold", { versionAction: undefined }),
  PutObjectLegalHold: object("PutObjectLegalHold", { versionAction: undefined }),
  RestoreObject: object("RestoreObject", { versionAction: undefined }),
  PutObject: WRITE_KEY,
  CopyObject: WRITE_KEY,
  RenameObject: WRITE_KEY,
  CreateMultipartUpload: WRITE_KEY,
  UploadPart: WRITE_KEY,
  UploadPartCopy: WRITE_KEY,
  CompleteMultipartUpload: WRITE_KEY,
  AbortMultipartUpload: contents("s3:AbortMultipartUpload"),
  ListParts: contents("s3:ListMultipartUploadParts"),
  DeleteObject: DELETE_KEY,
  DeleteObjects: { ...DELETE_KEY, late: true },
  PostObject: { ...WRITE_KEY, late: true },
};

export function accessRule(operation: string, named: { readonly key: boolean }): AccessRule {
  const rule = Object.hasOwn(rules, operation) ? rules[operation] : undefined;
  return rule ?? { action: `s3:${operation}`, on: named.key ? "object" : "bucket" };
}
