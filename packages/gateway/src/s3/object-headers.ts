import type { HeadObjectResult, ObjectAttributes } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import { checksumHeaders } from "./checksum-headers.ts";
import type { ChecksumHeaders } from "./checksum-headers.ts";
import type { encryptionHeaders } from "./encryption-headers.ts";
import { expirationHeader, tierHeaders } from "./lifecycle-headers.ts";
import { lockHeaders } from "./lock-headers.ts";
import { taggingHeader } from "./tag-documents.ts";

/** Drops `aws-chunked`: how the body travelled, not what it is. */
function storedContentEncoding(header: string | undefined): string | undefined {
  const kept = header
    ?.split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "" && one.toLowerCase() !== "aws-chunked");
  return kept === undefined || kept.length === 0 ? undefined : kept.join(", ");
}

/** Query parameters `response-*` that replace headers of a GET. */
export interface ResponseOverrides {
  readonly ResponseCacheControl?: string | undefined;
  readonly ResponseContentDisposition?: string | undefined;
  readonly ResponseContentEncoding?: string | undefined;
  readonly ResponseContentLanguage?: string | undefined;
  readonly ResponseContentType?: string | undefined;
  readonly ResponseExpires?: string | undefined;
}

/** The members that GetObject and HeadObject answer with. */
export interface ObjectHeaders
  extends
    ReturnType<typeof encryptionHeaders>,
    ReturnType<typeof lockHeaders>,
    ReturnType<typeof tierHeaders> {
  readonly Expiration: string | undefined;
  readonly AcceptRanges: string;
  readonly LastModified: number;
  readonly ContentLength: number;
  readonly ETag: string;
  readonly VersionId: string | undefined;
  readonly WebsiteRedirectLocation: string | undefined;
  readonly PartsCount: number | undefined;
  readonly TagCount: number | undefined;
  readonly Checksums: ChecksumHeaders;
  readonly CacheControl: string | undefined;
  readonly ContentDisposition: string | undefined;
  readonly ContentEncoding: string | undefined;
  readonly ContentLanguage: string | undefined;
  readonly ContentRange: string | undefined;
  readonly ContentType: string;
  readonly Expires: string | undefined;
  readonly Metadata: Readonly<Record<string, string>>;
  readonly Status: number;
  /** Of GetObject alone. */
  readonly Body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
}

/** S3's own, for objects stored without one. */
const CONTENT_TYPE = "binary/octet-stream";

export function objectHeaders(
  found: HeadObjectResult,
  asked: ResponseOverrides & {
    readonly ChecksumMode?: string | undefined;
    readonly PartNumber?: number | undefined;
  },
  body?: ObjectHeaders["Body"],
): ObjectHeaders {
  // Of a range S3 gives no checksum: it is that of the whole object. Parts have their own.
  const hasOwn = found.contentRange === undefined || asked.PartNumber !== undefined;
  const withChecksum = asked.ChecksumMode === "ENABLED" && hasOwn;
  const checksum = withChecksum ? found.checksum : undefined;
  const lock = lockHeaders(found);
  const tier = tierHeaders(found);
  return {
    AcceptRanges: "bytes",
    LastModified: found.lastModified.getTime(),
    ContentLength: found.contentLength,
    ETag: found.eTag,
    VersionId: found.versionId,
    WebsiteRedirectLocation: headerValue(found.websiteRedirectLocation),
    PartsCount: asked.PartNumber === undefined ? undefined : found.partsCount,
    TagCount: found.tagCount,
    ServerSideEncryption: found.serverSideEncryption,
    SSEKMSKeyId: found.ssekmsKeyId,
    BucketKeyEnabled: found.bucketKeyEnabled,
    SSECustomerAlgorithm: found.sseCustomerAlgorithm,
    SSECustomerKeyMD5: found.sseCustomerKeyMD5,
    ObjectLockMode: lock.ObjectLockMode,
    ObjectLockRetainUntilDate: lock.ObjectLockRetainUntilDate,
    ObjectLockLegalHoldStatus: lock.ObjectLockLegalHoldStatus,
    Restore: tier.Restore,
    StorageClass: tier.StorageClass,
    Expiration: expirationHeader(found.expiration),
    Checksums: checksumHeaders(checksum, checksum?.type),
    CacheControl: headerValue(asked.ResponseCacheControl ?? found.cacheControl),
    ContentDisposition: headerValue(asked.ResponseContentDisposition ?? found.contentDisposition),
    ContentEncoding: headerValue(asked.ResponseContentEncoding ?? found.contentEncoding),
    ContentLanguage: headerValue(asked.ResponseContentLanguage ?? found.contentLanguage),
    ContentRange: found.contentRange,
    ContentType: headerValue(asked.ResponseContentType ?? found.contentType) ?? CONTENT_TYPE,
    Expires: headerValue(asked.ResponseExpires ?? found.expires),
    Metadata: metadataHeaders(found.metadata),
    Status: found.contentRange === undefined ? 200 : 206,
    Body: body,
  };
}

/** A write says which version it has made, unless that is the null version. */
export function writtenVersion(versionId: string | undefined): string | undefined {
  return versionId === "null" ? undefined : versionId;
}

/** Metadata stored in the process may hold text that no header can: it travels as RFC 2047. */
function metadataHeaders(
  metadata: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return metadata;
  return Object.fromEntries(
    entries.filter(([name]) => TOKEN.test(name)).map(([name, value]) => [name, encodedWord(value)]),
  );
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function encodedWord(value: string): string {
  if (FIELD_VALUE.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`;
}

/** A standard header has no such form: what cannot be sent is refused, not sent broken. */
function headerValue(value: string | undefined): string | undefined {
  if (value === undefined || FIELD_VALUE.test(value)) return value;
  throw new ServiceError("InvalidArgument", 400, "A response header value is not valid.");
}

interface AttributeInput {
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly StorageClass?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

/** What a write asks to be kept beside the bytes. */
export function objectAttributes(input: AttributeInput): ObjectAttributes {
  return {
    cacheControl: input.CacheControl,
    contentDisposition: input.ContentDisposition,
    contentEncoding: storedContentEncoding(input.ContentEncoding),
    contentLanguage: input.ContentLanguage,
    contentType: input.ContentType,
    expires: input.Expires,
    metadata: input.Metadata,
    storageClass: input.StorageClass,
    tags: taggingHeader(input.Tagging),
    websiteRedirectLocation: input.WebsiteRedirectLocation,
  };
}
