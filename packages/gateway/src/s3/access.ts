import { ServiceError } from "@firn/wire";
import type { S3Context } from "./context.ts";

/**
 * The owner that a bucket must have for this request. Buckets are private to their account, so
 * that is the caller; a client that expects somebody else is refused as S3 does.
 */
export function requiredOwner(
  context: Pick<S3Context, "caller">,
  expectedBucketOwner?: string,
): string {
  const { accountId } = context.caller;
  if (expectedBucketOwner === undefined || expectedBucketOwner === accountId) return accountId;
  throw new ServiceError("AccessDenied", 403, "Access Denied");
}

/**
 * Canned ACLs that say what holds anyway, every bucket being private and its objects its owner's.
 * The others need access control lists.
 */
export function checkCannedAcl(acl: string | undefined): void {
  const held = ["private", "bucket-owner-full-control", "bucket-owner-read"];
  if (acl === undefined || held.includes(acl)) return;
  throw notImplemented("x-amz-acl");
}

export function notImplemented(header: string): ServiceError {
  const text = "A header you provided implies functionality that is not implemented";
  return new ServiceError("NotImplemented", 501, text, { members: { Header: header } });
}
