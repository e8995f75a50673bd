import { FirnError } from "@firn/core";
import type { HeadObjectRequest, ReadConditions } from "@firn/objects";
import { ServiceError, formatTimestamp } from "@firn/wire";
import { requiredOwner } from "./access.ts";
import type { S3Context } from "./context.ts";
import { customerKeyOf, refuseEncryption } from "./encryption-headers.ts";

interface ConditionInput {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: number | undefined;
  readonly IfUnmodifiedSince?: number | undefined;
}

export function readConditions(input: ConditionInput): ReadConditions {
  return {
    ifMatch: input.IfMatch,
    ifNoneMatch: input.IfNoneMatch,
    ifModifiedSince: dateOf(input.IfModifiedSince),
    ifUnmodifiedSince: dateOf(input.IfUnmodifiedSince),
  };
}

interface ReadInput extends ConditionInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner?: string | undefined;
  readonly Range?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly PartNumber?: number | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
}

/** What GetObject and HeadObject ask of the object store. */
export function readRequest(input: ReadInput, context: S3Context): HeadObjectRequest {
  refuseEncryption(input);
  return {
    bucket: input.Bucket,
    key: input.Key,
    expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
    ...readConditions(input),
    range: input.Range,
    versionId: input.VersionId,
    partNumber: input.PartNumber,
    sseCustomerKey: customerKeyOf(input, context),
    signal: context.signal,
  };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

/**
 * What reads fail with and what must travel in headers: a 304 carries what a cache needs to keep
 * its copy, and delete markers are told of there.
 */
export async function withReadFailures<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw (error instanceof FirnError ? failureWithHeaders(error) : undefined) ?? error;
  }
}

function failureWithHeaders(error: FirnError): ServiceError | undefined {
  const { detail, message } = error;
  switch (error.code) {
    case "FIRN_OBJECT_NOT_MODIFIED": {
      const headers = { etag: String(detail["eTag"]), ...lastModified(detail) };
      return new ServiceError("NotModified", 304, message, { headers, cause: error });
    }
    case "FIRN_OBJECT_NOT_FOUND": {
      if (detail["deleteMarker"] === undefined) return undefined;
      const members = { Key: detail["key"] };
      const headers = markerHeaders(detail);
      return new ServiceError("NoSuchKey", 404, message, { members, headers, cause: error });
    }
    case "FIRN_OBJECT_DELETE_MARKER": {
      const members = { Method: "GET", ResourceType: "DeleteMarker" };
      const headers = { ...markerHeaders(detail), ...lastModified(detail), allow: "DELETE" };
      return new ServiceError("MethodNotAllowed", 405, message, { members, headers, cause: error });
    }
    default:
      return undefined;
  }
}

type Detail = FirnError["detail"];

function markerHeaders(detail: Detail): Record<string, string> {
  return { "x-amz-delete-marker": "true", "x-amz-version-id": String(detail["versionId"]) };
}

function lastModified(detail: Detail): Record<string, string> {
  return { "last-modified": formatTimestamp(Number(detail["lastModified"]), "rfc822") };
}
