import { objectError } from "../errors.ts";

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const SHAPE = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"] as const;
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"] as const;

/** Whether S3 would take the name for a new general purpose bucket. */
export function isBucketName(name: string): boolean {
  if (!SHAPE.test(name) || name.includes("..") || IPV4.test(name)) return false;
  if (RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix))) return false;
  return !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

/** @throws FIRN_BUCKET_NAME_INVALID. */
export function checkBucketName(name: string): void {
  if (isBucketName(name)) return;
  throw objectError("FIRN_BUCKET_NAME_INVALID", "The specified bucket is not valid.", {
    detail: { bucket: name },
  });
}
