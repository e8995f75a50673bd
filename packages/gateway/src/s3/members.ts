import { integer, list, long, map, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { objectAclMembers } from "./acl-members.ts";
import { restoreStatusShape } from "./lifecycle-headers.ts";
import type { RestoreStatusMember } from "./lifecycle-headers.ts";

/** Members that several operations share. */

type Text = Shape<string, false>;

/** Guards of every operation on a bucket. */
export const bucketMembers: {
  readonly Bucket: Shape<string, true>;
  readonly ExpectedBucketOwner: Text;
} = {
  Bucket: string({ in: "path", required: true }),
  ExpectedBucketOwner: string({ in: "header", name: "x-amz-expected-bucket-owner" }),
};

export const objectMembers: typeof bucketMembers & { readonly Key: Shape<string, true> } = {
  ...bucketMembers,
  Key: string({ in: "path", required: true }),
};

/** What is kept beside an object's bytes. */
export const attributeMembers: {
  readonly CacheControl: Text;
  readonly ContentDisposition: Text;
  readonly ContentEncoding: Text;
  readonly ContentLanguage: Text;
  readonly ContentType: Text;
  readonly Expires: Text;
  readonly Metadata: Shape<Readonly<Record<string, string>>, false>;
  readonly StorageClass: Text;
  readonly Tagging: Text;
  readonly WebsiteRedirectLocation: Text;
} & typeof objectAclMembers = {
  CacheControl: string({ in: "header", name: "cache-control" }),
  ContentDisposition: string({ in: "header", name: "content-disposition" }),
  ContentEncoding: string({ in: "header", name: "content-encoding" }),
  ContentLanguage: string({ in: "header", name: "content-language" }),
  ContentType: string({ in: "header", name: "content-type" }),
  Expires: string({ in: "header", name: "expires" }),
  Metadata: map(string(), { in: "headers", name: "x-amz-meta-" }),
  StorageClass: string({ in: "header", name: "x-amz-storage-class" }),
  Tagging: string({ in: "header", name: "x-amz-tagging" }),
  WebsiteRedirectLocation: string({ in: "header", name: "x-amz-website-redirect-location" }),
  ...objectAclMembers,
};

export const conditionMembers: { readonly IfMatch: Text; readonly IfNoneMatch: Text } = {
  IfMatch: string({ in: "header", name: "if-match" }),
  IfNoneMatch: string({ in: "header", name: "if-none-match" }),
};

export const readConditionMembers: typeof conditionMembers & {
  readonly IfModifiedSince: Shape<number, false>;
  readonly IfUnmodifiedSince: Shape<number, false>;
  readonly Range: Text;
} = {
  ...conditionMembers,
  IfModifiedSince: timestamp({ in: "header", name: "if-modified-since" }),
  IfUnmodifiedSince: timestamp({ in: "header", name: "if-unmodified-since" }),
  Range: string({ in: "header", name: "range" }),
};

/** How a client says what its body hashes to. */
export const bodyCheckMembers: {
  readonly ContentMD5: Text;
  readonly Checksums: Shape<Readonly<Record<string, string>>, false>;
  readonly ChecksumAlgorithm: Text;
} = {
  ContentMD5: string({ in: "header", name: "content-md5" }),
  Checksums: map(string(), { in: "headers", name: "x-amz-checksum-" }),
  ChecksumAlgorithm: string({ in: "header", name: "x-amz-sdk-checksum-algorithm" }),
};

export const checksumHeaderMembers: {
  readonly Checksums: Shape<Readonly<Record<string, string>>, false>;
} = { Checksums: map(string(), { in: "headers", name: "x-amz-checksum-" }) };

/** The checksum of a part or an object inside a document. */
export const checksumXmlMembers: {
  readonly ChecksumCRC32: Text;
  readonly ChecksumCRC32C: Text;
  readonly ChecksumCRC64NVME: Text;
  readonly ChecksumSHA1: Text;
  readonly ChecksumSHA256: Text;
} = {
  ChecksumCRC32: string(),
  ChecksumCRC32C: string(),
  ChecksumCRC64NVME: string(),
  ChecksumSHA1: string(),
  ChecksumSHA256: string(),
};

/** What answers about objects say of their version. */
export const versionHeaderMembers: { readonly VersionId: Text } = {
  VersionId: string({ in: "header", name: "x-amz-version-id" }),
};

export interface Owner {
  readonly ID?: string | undefined;
  readonly DisplayName?: string | undefined;
}
export const ownerShape: Shape<Owner> = structure({ ID: string(), DisplayName: string() });

export interface CommonPrefix {
  readonly Prefix?: string | undefined;
}
export const commonPrefixShape: Shape<CommonPrefix> = structure({ Prefix: string() });

export interface Contents {
  readonly Key?: string | undefined;
  readonly LastModified?: number | undefined;
  readonly ETag?: string | undefined;
  readonly ChecksumAlgorithm?: readonly string[] | undefined;
  readonly ChecksumType?: string | undefined;
  readonly Size?: number | undefined;
  readonly StorageClass?: string | undefined;
  readonly RestoreStatus?: RestoreStatusMember | undefined;
  readonly Owner?: Owner | undefined;
}
export const contentsShape: Shape<Contents> = structure({
  Key: string(),
  LastModified: timestamp(),
  ETag: string(),
  ChecksumAlgorithm: list(string(), { flat: true }),
  ChecksumType: string(),
  Size: long(),
  StorageClass: string(),
  RestoreStatus: restoreStatusShape,
  Owner: ownerShape,
});

/** Page sizes are bounded by what S3 lists at once, not refused. */
export function queryCount(name: string): Shape<number, false> {
  return integer({ in: "query", name, min: 0 });
}
