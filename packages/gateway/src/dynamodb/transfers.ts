import { ServiceError } from "@firn/wire";

const SUPPORTED: readonly (string | undefined)[] = [undefined, "DYNAMODB_JSON", "AES256"];

/** Ion, CSV and keys of KMS are not there. @throws ValidationException. */
export function requireFormat(member: string, value: string | undefined): void {
  if (SUPPORTED.includes(value)) return;
  throw refused(`${member} ${value} is not supported by this endpoint`);
}

/** Objects go to and come from the caller's own buckets. @throws ValidationException. */
export function requireOwnBucket(owner: string | undefined, accountId: string): void {
  if (owner === undefined || owner === accountId) return;
  throw refused("S3BucketOwner is not supported by this endpoint for another account");
}

function refused(text: string): ServiceError {
  return new ServiceError(
    "ValidationException",
    400,
    `One or more parameter values were invalid: ${text}`,
  );
}
