import type { HeadObjectRequest, ReadConditions } from "@firn/objects";
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

/**
 * What GetObject and HeadObject ask of the object store. Without a signal: a body is read only as
 * fast as its client takes it, and not at all once that is gone.
 */
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
  };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
