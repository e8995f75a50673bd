import type { Soon } from "@firn/core";
import type { PastBucket } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { AccessRule } from "./authorization/access-rules.ts";
import type { S3Context } from "./context.ts";

/** The header with the moment that a read is about: ISO 8601, or milliseconds since 1970 UTC. */
export const AT_HEADER = "x-firn-at";

const contents = (action: string): AccessRule => ({ action, on: "contents" });

/**
 * What may be read as of then, and what that needs. Lists and tags of objects were others then, so
 * that only the bucket's own account gets to the past, by what it lets its users do with versions.
 */
const RULES: ReadonlyMap<string, AccessRule> = new Map([
  ["GetObject", contents("s3:GetObjectVersion")],
  ["HeadObject", contents("s3:GetObjectVersion")],
  ["GetObjectTagging", contents("s3:GetObjectVersionTagging")],
  ["ListObjects", { action: "s3:ListBucketVersions", on: "bucket" }],
  ["ListObjectsV2", { action: "s3:ListBucketVersions", on: "bucket" }],
  ["ListObjectVersions", { action: "s3:ListBucketVersions", on: "bucket" }],
]);

/** @throws ServiceError InvalidRequest for what cannot be done in the past. */
export function pastRule(operation: string): AccessRule {
  const rule = RULES.get(operation);
  if (rule !== undefined) return rule;
  throw new ServiceError("InvalidRequest", 400, `${operation} does not take the header x-firn-at.`);
}

/**
 * The bucket as of the moment that the request names; `undefined`: it is about now.
 * @throws ServiceError InvalidArgument, FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME.
 */
export function pastOf(bucket: string, context: S3Context): Soon<PastBucket | undefined> {
  const header = context.raw.headers[AT_HEADER];
  if (header === undefined) return undefined;
  const time = new Date(timeOf(String(header)));
  return context.objects.at({ bucket, time, signal: context.signal });
}

function timeOf(text: string): number {
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Math.abs(ms) <= 8.64e15) return ms;
  throw new ServiceError("InvalidArgument", 400, "x-firn-at must be an ISO 8601 time.", {
    members: { ArgumentName: AT_HEADER, ArgumentValue: text.slice(0, 64) },
  });
}
