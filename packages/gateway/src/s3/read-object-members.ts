import { integer, long, map, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import {
  customerKeyMembers,
  encryptionHeaderMembers,
  refusedEncryptionMembers,
} from "./encryption-headers.ts";
import { expirationMembers, tierMembers } from "./lifecycle-headers.ts";
import { lockMembers } from "./lock-headers.ts";
import {
  checksumHeaderMembers,
  objectMembers,
  readConditionMembers,
  versionHeaderMembers,
} from "./members.ts";

/** What GetObject and HeadObject take and answer alike. */

type Text = Shape<string, false>;

interface OwnInput {
  readonly ChecksumMode: Text;
  readonly VersionId: Text;
  readonly PartNumber: Shape<number, false>;
  readonly ResponseCacheControl: Text;
  readonly ResponseContentDisposition: Text;
  readonly ResponseContentEncoding: Text;
  readonly ResponseContentLanguage: Text;
  readonly ResponseContentType: Text;
  readonly ResponseExpires: Text;
}

export const readObjectMembers: typeof objectMembers &
  typeof readConditionMembers &
  typeof customerKeyMembers &
  typeof refusedEncryptionMembers &
  OwnInput = {
  ...objectMembers,
  ...readConditionMembers,
  ...customerKeyMembers,
  ...refusedEncryptionMembers,
  ChecksumMode: string({ in: "header", name: "x-amz-checksum-mode" }),
  VersionId: string({ in: "query", name: "versionId" }),
  PartNumber: integer({ in: "query", name: "partNumber" }),
  ResponseCacheControl: string({ in: "query", name: "response-cache-control" }),
  ResponseContentDisposition: string({ in: "query", name: "response-content-disposition" }),
  ResponseContentEncoding: string({ in: "query", name: "response-content-encoding" }),
  ResponseContentLanguage: string({ in: "query", name: "response-content-language" }),
  ResponseContentType: string({ in: "query", name: "response-content-type" }),
  ResponseExpires: string({ in: "query", name: "response-expires" }),
};

interface OwnOutput {
  readonly Status: Shape<number, false>;
  readonly AcceptRanges: Text;
  readonly LastModified: Shape<number, false>;
  readonly ContentLength: Shape<number, false>;
  readonly ETag: Text;
  readonly WebsiteRedirectLocation: Text;
  readonly PartsCount: Shape<number, false>;
  readonly TagCount: Shape<number, false>;
  readonly CacheControl: Text;
  readonly ContentDisposition: Text;
  readonly ContentEncoding: Text;
  readonly ContentLanguage: Text;
  readonly ContentRange: Text;
  readonly ContentType: Text;
  readonly Expires: Text;
  readonly Metadata: Shape<Readonly<Record<string, string>>, false>;
}

export const objectHeaderMembers: typeof checksumHeaderMembers &
  typeof versionHeaderMembers &
  typeof encryptionHeaderMembers &
  typeof lockMembers &
  typeof tierMembers &
  typeof expirationMembers &
  OwnOutput = {
  Status: integer({ in: "status" }),
  AcceptRanges: string({ in: "header", name: "accept-ranges" }),
  LastModified: timestamp({ in: "header", name: "last-modified" }),
  ContentLength: long({ in: "header", name: "content-length" }),
  ETag: string({ in: "header", name: "etag" }),
  WebsiteRedirectLocation: string({ in: "header", name: "x-amz-website-redirect-location" }),
  PartsCount: integer({ in: "header", name: "x-amz-mp-parts-count" }),
  TagCount: integer({ in: "header", name: "x-amz-tagging-count" }),
  ...checksumHeaderMembers,
  ...versionHeaderMembers,
  ...encryptionHeaderMembers,
  ...lockMembers,
  ...tierMembers,
  ...expirationMembers,
  CacheControl: string({ in: "header", name: "cache-control" }),
  ContentDisposition: string({ in: "header", name: "content-disposition" }),
  ContentEncoding: string({ in: "header", name: "content-encoding" }),
  ContentLanguage: string({ in: "header", name: "content-language" }),
  ContentRange: string({ in: "header", name: "content-range" }),
  ContentType: string({ in: "header", name: "content-type" }),
  Expires: string({ in: "header", name: "expires" }),
  Metadata: map(string(), { in: "headers", name: "x-amz-meta-" }),
};

/** Codes that both answer. */
export const readObjectErrors: readonly string[] = [
  "NoSuchBucket",
  "NoSuchKey",
  "NoSuchVersion",
  "MethodNotAllowed",
  "InvalidObjectState",
  "InvalidArgument",
  "KeyTooLongError",
  "InvalidRange",
  "InvalidPart",
  "InvalidRequest",
  "PreconditionFailed",
  "NotModified",
  "AccessDenied",
  "NotImplemented",
];
