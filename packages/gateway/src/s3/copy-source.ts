import type { ReadConditions } from "@firn/objects";
import { ServiceError, string, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { sourceKeyMembers } from "./encryption-headers.ts";
import { readConditions } from "./read-request.ts";

type Text = Shape<string, false>;

/** What CopyObject and UploadPartCopy say of their source. */
export const copySourceMembers: typeof sourceKeyMembers & {
  readonly CopySource: Shape<string, true>;
  readonly CopySourceIfMatch: Text;
  readonly CopySourceIfNoneMatch: Text;
  readonly CopySourceIfModifiedSince: Shape<number, false>;
  readonly CopySourceIfUnmodifiedSince: Shape<number, false>;
  readonly ExpectedSourceBucketOwner: Text;
} = {
  ...sourceKeyMembers,
  CopySource: string({ in: "header", name: "x-amz-copy-source", required: true }),
  CopySourceIfMatch: string({ in: "header", name: "x-amz-copy-source-if-match" }),
  CopySourceIfNoneMatch: string({ in: "header", name: "x-amz-copy-source-if-none-match" }),
  CopySourceIfModifiedSince: timestamp({
    in: "header",
    name: "x-amz-copy-source-if-modified-since",
  }),
  CopySourceIfUnmodifiedSince: timestamp({
    in: "header",
    name: "x-amz-copy-source-if-unmodified-since",
  }),
  ExpectedSourceBucketOwner: string({ in: "header", name: "x-amz-source-expected-bucket-owner" }),
};

export const copySourceVersionMembers: { readonly CopySourceVersionId: Text } = {
  CopySourceVersionId: string({ in: "header", name: "x-amz-copy-source-version-id" }),
};

interface ConditionInput {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: number | undefined;
  readonly CopySourceIfUnmodifiedSince?: number | undefined;
}

export function copySourceConditions(input: ConditionInput): ReadConditions {
  return readConditions({
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  });
}

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** `bucket/key` or `/bucket/key`, percent-encoded, with an optional `?versionId=`. */
export function parseCopySource(header: string): CopySource {
  const mark = header.lastIndexOf(VERSION_ID);
  const path = mark < 0 ? header : header.slice(0, mark);
  const versionId = mark < 0 ? undefined : decode(header.slice(mark + VERSION_ID.length));
  const decoded = decode(path.startsWith("/") ? path.slice(1) : path);
  const slash = decoded.indexOf("/");
  if (slash <= 0 || slash === decoded.length - 1) throw malformed(header);
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId };
}

const VERSION_ID = "?versionId=";

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(text);
  }
}

function malformed(value: string): ServiceError {
  return new ServiceError(
    "InvalidArgument",
    400,
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
    { members: { ArgumentName: "x-amz-copy-source", ArgumentValue: value } },
  );
}
