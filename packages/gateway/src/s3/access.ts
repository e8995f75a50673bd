import { ServiceError } from "@firn/wire";
import type { S3Context } from "./context.ts";

/** The owner that the client expects the bucket to have, if it expects one. */
export function requiredOwner(
  _context: Pick<S3Context, "caller">,
  expectedBucketOwner?: string,
): string | undefined {
  return expectedBucketOwner;
}

export function notImplemented(header: string): ServiceError {
  const text = "A header you provided implies functionality that is not implemented";
  return new ServiceError("NotImplemented", 501, text, { members: { Header: header } });
}
