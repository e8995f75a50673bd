import type { Acl } from "./access/access-types.ts";
import type { BucketRequest } from "./bucket-types.ts";
import type { Checksum, ChecksumAlgorithm } from "./checksum/checksum.ts";
import type {
  CustomerKeyRequest,
  EncryptionRequest,
  EncryptionResult,
} from "./encryption/encryption-types.ts";
import type { ContentHeaders } from "./layout/records.ts";
import type { ExpirationNotice } from "./lifecycle/lifecycle-types.ts";
import type { RestoreStatus } from "./lifecycle/restore.ts";
import type { StorageClass } from "./lifecycle/storage-classes.ts";
import type { BypassRequest, LockRequest, LockResult } from "./lock/lock-types.ts";
import type { Tags } from "./tags.ts";

/** Bytes to store. Neither may change until the call has resolved. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** A checksum to compute and keep, and the value that it must have. */
export interface ChecksumRequest {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64. A function is asked when the body has ended (values that travel in a trailer). */
  readonly value?: string | (() => string | undefined) | undefined;
}

export interface ObjectRequest extends BucketRequest {
  /** 1 to 1024 bytes of UTF-8. */
  readonly key: string;
}

export interface BodyRequest {
  /** Default: no bytes. */
  readonly body?: Body | undefined;
  /** Bytes that the body must have. Known and small, they are hashed in one call. */
  readonly contentLength?: number | undefined;
  /** Base64 of the MD5 that the body must have. */
  readonly contentMD5?: string | undefined;
  readonly checksum?: ChecksumRequest | undefined;
}

export interface WriteConditions {
  /** Write only over this ETag, or over anything ("*"). */
  readonly ifMatch?: string | undefined;
  /** "*": write only when the key has no object; an ETag: not over that one. */
  readonly ifNoneMatch?: string | undefined;
}

/** What is kept beside the bytes. */
export interface ObjectAttributes extends ContentHeaders {
  /** Names and values together at most 2 KiB; names are kept in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Default "STANDARD". Objects of GLACIER and DEEP_ARCHIVE must be restored to be read. */
  readonly storageClass?: string | undefined;
  /**
   * Where the bucket's website sends whoever asks for this object: `/key`, or an http or https
   * address. At most 2,048 characters. A copy has it only when it is given here.
   */
  readonly websiteRedirectLocation?: string | undefined;
  /** At most 10. */
  readonly tags?: Tags | undefined;
  /** The account that will own the object. Default: the bucket's owner. */
  readonly owner?: string | undefined;
  /** Who else may do what with it: at most 100 grants. Default: nobody. */
  readonly acl?: Acl | undefined;
}

export interface PutObjectRequest
  extends
    ObjectRequest,
    BodyRequest,
    WriteConditions,
    ObjectAttributes,
    EncryptionRequest,
    LockRequest {
  /**
   * Append to the object, which must have exactly so many bytes; with 0 it may be a new one. What
   * is kept beside the bytes of an object that is there stays.
   */
  readonly writeOffsetBytes?: number | undefined;
  /** By an HTML form: so the event is called. */
  readonly postedByForm?: boolean | undefined;
}

export interface PutObjectResult extends EncryptionResult {
  /** When the bucket's lifecycle will end it. */
  readonly expiration?: ExpirationNotice | undefined;
  /**
   * The MD5 in hexadecimal, in quotes; of an object encrypted with a named key or the caller's,
   * digits that say nothing of the bytes.
   */
  readonly eTag: string;
  /** Bytes stored. */
  readonly size: number;
  readonly checksum?: Checksum | undefined;
  /** In a bucket whose versioning was ever on; "null" while it is suspended. */
  readonly versionId?: string | undefined;
}

export interface ReadConditions {
  /** An ETag, several separated by commas, or "*". */
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** Compared by whole seconds. */
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
}

export interface HeadObjectRequest extends ObjectRequest, ReadConditions, CustomerKeyRequest {
  /** Default: the current version. */
  readonly versionId?: string | undefined;
  /** `bytes=0-9`, `bytes=10-`, `bytes=-10`; several ranges count as none. */
  readonly range?: string | undefined;
  /** One part of an object uploaded in parts; 1 is all of any other. Not beside `range`. */
  readonly partNumber?: number | undefined;
}

export interface GetObjectAttributesRequest extends ObjectRequest, CustomerKeyRequest {
  /** Default: the current version. */
  readonly versionId?: string | undefined;
  /** Parts to tell of, 0 to 1000, default 1000. */
  readonly maxParts?: number | undefined;
  /** Only parts behind this number. */
  readonly partNumberMarker?: number | undefined;
}

export interface GetObjectAttributesResult {
  /** In quotes. */
  readonly eTag: string;
  readonly size: number;
  readonly lastModified: Date;
  readonly storageClass: StorageClass;
  readonly checksum?: Checksum | undefined;
  readonly versionId?: string | undefined;
  /** Of an object that was uploaded in parts. */
  readonly objectParts?: ObjectParts | undefined;
}

export interface ObjectParts {
  readonly totalPartsCount: number;
  /** By number. */
  readonly parts: readonly {
    readonly partNumber: number;
    readonly size: number;
    /** Base64. */
    readonly checksum?: string | undefined;
  }[];
  readonly maxParts: number;
  readonly partNumberMarker: number;
  readonly nextPartNumberMarker: number;
  readonly isTruncated: boolean;
}

export type GetObjectRequest = HeadObjectRequest;

export interface HeadObjectResult extends ContentHeaders, EncryptionResult, LockResult {
  /** When the bucket's lifecycle will end it. */
  readonly expiration?: ExpirationNotice | undefined;
  /** Of a cold class that was restored, or is being. */
  readonly restore?: RestoreStatus | undefined;
  /** In quotes. */
  readonly eTag: string;
  /** In a bucket whose versioning was ever on. */
  readonly versionId?: string | undefined;
  readonly lastModified: Date;
  /** Bytes of what was asked for: of the range, or of the whole object. */
  readonly contentLength: number;
  /** `bytes 0-9/100`, when a range was asked for. */
  readonly contentRange?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: StorageClass;
  readonly websiteRedirectLocation?: string | undefined;
  /** Of the part that was asked for by number, otherwise of the whole object. */
  readonly checksum?: Checksum | undefined;
  /** Of an object that was uploaded in parts. */
  readonly partsCount?: number | undefined;
  /** How many tags it has, if any. */
  readonly tagCount?: number | undefined;
}

export interface GetObjectResult extends HeadObjectResult {
  /** Can be read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Delete only what is so. */
export interface DeleteConditions {
  /** This ETag, or anything ("*"). */
  readonly ifMatch?: string | undefined;
  /** Written at this time, compared by whole seconds. */
  readonly ifMatchLastModifiedTime?: Date | undefined;
  /** Of so many bytes. */
  readonly ifMatchSize?: number | undefined;
}

export interface DeleteObjectRequest extends ObjectRequest, DeleteConditions, BypassRequest {
  /** This version, for good. Default: the current one; with versioning, by a delete marker. */
  readonly versionId?: string | undefined;
}

export interface DeleteObjectResult {
  /** The version that was deleted, or the delete marker that was made. */
  readonly versionId?: string | undefined;
  /** A delete marker was made, or was what was deleted. */
  readonly deleteMarker?: true | undefined;
}

export interface ObjectToDelete extends Omit<DeleteConditions, "ifMatch"> {
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Delete only this ETag. */
  readonly eTag?: string | undefined;
}

export interface DeleteObjectsRequest extends BucketRequest, BypassRequest {
  /** 1 to 1000. */
  readonly objects: readonly ObjectToDelete[];
}

export interface DeletedObject {
  readonly key: string;
  /** As it was asked for. */
  readonly versionId?: string | undefined;
  /** A delete marker was made, or was what was deleted. */
  readonly deleteMarker?: true | undefined;
  readonly deleteMarkerVersionId?: string | undefined;
}

export interface DeleteObjectsResult {
  readonly deleted: readonly DeletedObject[];
  /** Those whose condition failed or whose key is not one; `code` is one of this package's. */
  readonly errors: readonly DeleteObjectsError[];
}

export interface DeleteObjectsError {
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly code: string;
  readonly message: string;
}

export interface CopyObjectRequest
  extends ObjectRequest, WriteConditions, ObjectAttributes, EncryptionRequest, LockRequest {
  readonly sourceBucket: string;
  readonly sourceKey: string;
  readonly sourceVersionId?: string | undefined;
  readonly expectedSourceBucketOwner?: string | undefined;
  /** Conditions on the source. */
  readonly copySource?: ReadConditions | undefined;
  /** The key that the source was written with. */
  readonly copySourceSSECustomerKey?: Uint8Array | undefined;
  /** Default "COPY": what is kept beside the bytes comes from the source. */
  readonly metadataDirective?: "COPY" | "REPLACE" | undefined;
  /** Default "COPY": the tags come from the source. */
  readonly taggingDirective?: "COPY" | "REPLACE" | undefined;
  /** Default: the source's. Another one is computed: the bytes are read. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
}

export interface CopyObjectResult extends EncryptionResult {
  /** When the bucket's lifecycle will end it. */
  readonly expiration?: ExpirationNotice | undefined;
  readonly eTag: string;
  readonly lastModified: Date;
  readonly checksum?: Checksum | undefined;
  /** In a bucket whose versioning was ever on. */
  readonly versionId?: string | undefined;
  readonly copySourceVersionId?: string | undefined;
}

export interface ListObjectsRequest extends BucketRequest {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Keys and common prefixes of a page, 0 to 1000, default 1000. */
  readonly maxKeys?: number | undefined;
  /** Only what comes behind this key. */
  readonly marker?: string | undefined;
}

export interface ListObjectsV2Request extends BucketRequest {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Keys and common prefixes of a page, 0 to 1000, default 1000. */
  readonly maxKeys?: number | undefined;
  /** Only what comes behind this key. */
  readonly startAfter?: string | undefined;
  /** From the page before; it outweighs `startAfter`. */
  readonly continuationToken?: string | undefined;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** In quotes. */
  readonly eTag: string;
  readonly lastModified: Date;
  readonly storageClass: StorageClass;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: Checksum["type"] | undefined;
  /** Of a cold class that was restored, or is being. */
  readonly restore?: RestoreStatus | undefined;
  /** The account that owns it. */
  readonly owner: string;
}

export interface ObjectsPage {
  /** In byte order of the keys' UTF-8. */
  readonly contents: readonly ListedObject[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The account that owns the bucket. */
  readonly owner: string;
}

export interface ObjectsPageV1 extends ObjectsPage {
  /** The marker of the next page: the last key or common prefix of this one. */
  readonly nextMarker?: string | undefined;
}

export interface ObjectsPageV2 extends ObjectsPage {
  readonly keyCount: number;
  readonly nextContinuationToken?: string | undefined;
}
