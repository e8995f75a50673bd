import { FirnError } from "@firn/core";
import type { HeadObjectRequest, ReadConditions } from "@firn/objects";
import { ServiceError, formatTimestamp } from "@firn/wire";
import { requiredOwner } from "./access.ts";
import type { S3Context } from "./context.ts";

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
}

/** What GetObject and HeadObject ask of the object store. */
export function readRequest(input: ReadInput, context: S3Context): HeadObjectRequest {
  return {
    bucket: input.Bucket,
    key: input.Key,
    expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
    ...readConditions(input),
    range: input.Range,
    signal: context.signal,
  };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

/** A 304 is no error to HTTP: it carries what a cache needs to keep its copy. */
export async function withNotModified<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof FirnError) || error.code !== "FIRN_OBJECT_NOT_MODIFIED") throw error;
    const { eTag, lastModified } = error.detail;
    const headers = {
      etag: String(eTag),
      "last-modified": formatTimestamp(Number(lastModified), "rfc822"),
    };
    throw new ServiceError("NotModified", 304, "Not Modified", { headers, cause: error });
  }
}
