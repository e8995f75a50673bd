import type { BucketRequest } from "./bucket-types.ts";
import type { Checksum, ChecksumAlgorithm, ChecksumType } from "./checksum/checksum.ts";
import type {
  CustomerKeyRequest,
  EncryptionRequest,
  EncryptionResult,
} from "./encryption/encryption-types.ts";
import type { LockRequest } from "./lock/lock-types.ts";
import type { ExpirationNotice } from "./lifecycle/lifecycle-types.ts";
import type { StorageClass } from "./lifecycle/storage-classes.ts";
import type {
  BodyRequest,
  ObjectAttributes,
  ObjectRequest,
  ReadConditions,
  WriteConditions,
} from "./object-types.ts";

export interface CreateMultipartUploadRequest
  extends ObjectRequest, ObjectAttributes, EncryptionRequest, LockRequest {
  /** The parts' checksums; each part must then have one. */
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  /** Default: FULL_OBJECT for CRC64NVME, COMPOSITE for the others. */
  readonly checksumType?: ChecksumType | undefined;
}

export interface CreateMultipartUploadResult extends EncryptionResult {
  /** When the bucket's lifecycle will abort it, unless it is completed before. */
  readonly abort?: ExpirationNotice | undefined;
  readonly uploadId: string;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: ChecksumType | undefined;
}

export interface UploadRequest extends ObjectRequest {
  readonly uploadId: string;
}

export interface UploadPartRequest extends UploadRequest, BodyRequest, CustomerKeyRequest {
  /** 1 to 10,000; a part uploaded again replaces the one before. */
  readonly partNumber: number;
}

export interface UploadPartResult extends EncryptionResult {
  /** The part's MD5 in hexadecimal, in quotes; hidden where keys are named or brought. */
  readonly eTag: string;
  readonly size: number;
  readonly lastModified: Date;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
}

export interface UploadPartCopyRequest extends UploadRequest, CustomerKeyRequest {
  /** 1 to 10,000; a part uploaded again replaces the one before. */
  readonly partNumber: number;
  readonly sourceBucket: string;
  readonly sourceKey: string;
  readonly sourceVersionId?: string | undefined;
  readonly expectedSourceBucketOwner?: string | undefined;
  /** Conditions on the source. */
  readonly copySource?: ReadConditions | undefined;
  /** The key that the source was written with. */
  readonly copySourceSSECustomerKey?: Uint8Array | undefined;
  /** `bytes=0-9`, within the source. Default: all of it. */
  readonly copySourceRange?: string | undefined;
}

export interface UploadPartCopyResult extends UploadPartResult {
  readonly copySourceVersionId?: string | undefined;
}

export interface CompletedPart {
  readonly partNumber: number;
  readonly eTag: string;
  /** Base64; must be what the part was stored with. */
  readonly checksum?: string | undefined;
}

export interface CompleteMultipartUploadRequest
  extends UploadRequest, WriteConditions, CustomerKeyRequest {
  /** In rising order; parts not named are dropped. */
  readonly parts: readonly CompletedPart[];
  /** The checksum that the whole object must have. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
  readonly checksumType?: ChecksumType | undefined;
  /** Bytes that the whole object must have. */
  readonly mpuObjectSize?: number | undefined;
}

export interface CompleteMultipartUploadResult extends EncryptionResult {
  /** When the bucket's lifecycle will end it. */
  readonly expiration?: ExpirationNotice | undefined;
  /** The MD5 of the parts' MD5s, "-" and their number, in quotes. */
  readonly eTag: string;
  readonly size: number;
  readonly checksum?: Checksum | undefined;
  /** In a bucket whose versioning was ever on. */
  readonly versionId?: string | undefined;
}

export interface ListPartsRequest extends UploadRequest, CustomerKeyRequest {
  /** Only parts behind this number. */
  readonly partNumberMarker?: number | undefined;
  /** Parts of a page, 0 to 1000, default 1000. */
  readonly maxParts?: number | undefined;
}

export interface ListedPart {
  readonly partNumber: number;
  readonly eTag: string;
  readonly size: number;
  readonly lastModified: Date;
  /** Base64. */
  readonly checksum?: string | undefined;
}

export interface PartsPage {
  readonly parts: readonly ListedPart[];
  readonly isTruncated: boolean;
  readonly nextPartNumberMarker: number;
  /** The account that will own the object. */
  readonly owner: string;
  /** The account that began the upload. */
  readonly initiator: string;
  readonly storageClass: StorageClass;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: ChecksumType | undefined;
  /** When the bucket's lifecycle will abort it, unless it is completed before. */
  readonly abort?: ExpirationNotice | undefined;
}

export interface ListMultipartUploadsRequest extends BucketRequest {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Only uploads of keys behind this one, or of this one behind `uploadIdMarker`. */
  readonly keyMarker?: string | undefined;
  readonly uploadIdMarker?: string | undefined;
  /** Uploads and common prefixes of a page, 0 to 1000, default 1000. */
  readonly maxUploads?: number | undefined;
}

export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
  readonly storageClass: StorageClass;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: ChecksumType | undefined;
  /** The account that will own the object. */
  readonly owner: string;
  /** The account that began it. */
  readonly initiator: string;
}

export interface UploadsPage {
  /** By key, then by the time they were begun. */
  readonly uploads: readonly ListedUpload[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker?: string | undefined;
  readonly nextUploadIdMarker?: string | undefined;
  readonly owner: string;
}
