import { FirnError } from "@firn/core";
import type { FirnErrorKind, FirnErrorOptions } from "@firn/core";

/** The object store's codes. */
export type ObjectErrorCode =
  | "FIRN_BUCKET_NAME_INVALID"
  | "FIRN_BUCKET_NOT_FOUND"
  | "FIRN_BUCKET_EXISTS"
  | "FIRN_BUCKET_OWNED"
  | "FIRN_BUCKET_NOT_EMPTY"
  | "FIRN_BUCKET_LIMIT"
  | "FIRN_BUCKET_ACCESS_DENIED"
  | "FIRN_OBJECT_NOT_FOUND"
  | "FIRN_OBJECT_VERSION_NOT_FOUND"
  | "FIRN_OBJECT_VERSION_INVALID"
  | "FIRN_OBJECT_DELETE_MARKER"
  | "FIRN_OBJECT_KEY_INVALID"
  | "FIRN_OBJECT_KEY_TOO_LONG"
  | "FIRN_OBJECT_METADATA_TOO_LARGE"
  | "FIRN_OBJECT_TOO_LARGE"
  | "FIRN_OBJECT_BODY_INCOMPLETE"
  | "FIRN_OBJECT_DIGEST_INVALID"
  | "FIRN_OBJECT_DIGEST_MISMATCH"
  | "FIRN_OBJECT_CHECKSUM_INVALID"
  | "FIRN_OBJECT_CHECKSUM_MISMATCH"
  | "FIRN_OBJECT_PRECONDITION_FAILED"
  | "FIRN_OBJECT_NOT_MODIFIED"
  | "FIRN_OBJECT_RANGE_INVALID"
  | "FIRN_OBJECT_STORAGE_CLASS_INVALID"
  | "FIRN_OBJECT_COPY_UNCHANGED"
  | "FIRN_TAG_INVALID"
  | "FIRN_BUCKET_TAGS_NOT_FOUND"
  | "FIRN_OBJECT_REQUEST_INVALID"
  | "FIRN_OBJECT_ARGUMENT_INVALID"
  | "FIRN_OBJECT_NOT_IMPLEMENTED"
  | "FIRN_UPLOAD_NOT_FOUND"
  | "FIRN_UPLOAD_PART_INVALID"
  | "FIRN_UPLOAD_PART_ORDER"
  | "FIRN_UPLOAD_PART_TOO_SMALL"
  | "FIRN_UPLOAD_PARTS_MISSING"
  | "FIRN_UPLOAD_CHECKSUM_TYPE"
  | "FIRN_OBJECTS_CLOSED"
  | "FIRN_OBJECTS_ABORTED";

/** What a caller can do about each. */
export const objectErrors: Readonly<Record<ObjectErrorCode, FirnErrorKind>> = {
  FIRN_BUCKET_NAME_INVALID: "invalid",
  FIRN_BUCKET_NOT_FOUND: "notFound",
  FIRN_BUCKET_EXISTS: "conflict",
  FIRN_BUCKET_OWNED: "conflict",
  FIRN_BUCKET_NOT_EMPTY: "conflict",
  FIRN_BUCKET_LIMIT: "limit",
  FIRN_BUCKET_ACCESS_DENIED: "invalid",
  FIRN_OBJECT_NOT_FOUND: "notFound",
  FIRN_OBJECT_VERSION_NOT_FOUND: "notFound",
  FIRN_OBJECT_VERSION_INVALID: "invalid",
  FIRN_OBJECT_DELETE_MARKER: "invalid",
  FIRN_OBJECT_KEY_INVALID: "invalid",
  FIRN_OBJECT_KEY_TOO_LONG: "limit",
  FIRN_OBJECT_METADATA_TOO_LARGE: "limit",
  FIRN_OBJECT_TOO_LARGE: "limit",
  FIRN_OBJECT_BODY_INCOMPLETE: "invalid",
  FIRN_OBJECT_DIGEST_INVALID: "invalid",
  FIRN_OBJECT_DIGEST_MISMATCH: "invalid",
  FIRN_OBJECT_CHECKSUM_INVALID: "invalid",
  FIRN_OBJECT_CHECKSUM_MISMATCH: "invalid",
  FIRN_OBJECT_PRECONDITION_FAILED: "conflict",
  FIRN_OBJECT_NOT_MODIFIED: "conflict",
  FIRN_OBJECT_RANGE_INVALID: "invalid",
  FIRN_OBJECT_STORAGE_CLASS_INVALID: "invalid",
  FIRN_OBJECT_COPY_UNCHANGED: "invalid",
  FIRN_TAG_INVALID: "invalid",
  FIRN_BUCKET_TAGS_NOT_FOUND: "notFound",
  FIRN_OBJECT_REQUEST_INVALID: "invalid",
  FIRN_OBJECT_ARGUMENT_INVALID: "invalid",
  FIRN_OBJECT_NOT_IMPLEMENTED: "invalid",
  FIRN_UPLOAD_NOT_FOUND: "notFound",
  FIRN_UPLOAD_PART_INVALID: "invalid",
  FIRN_UPLOAD_PART_ORDER: "invalid",
  FIRN_UPLOAD_PART_TOO_SMALL: "invalid",
  FIRN_UPLOAD_PARTS_MISSING: "invalid",
  FIRN_UPLOAD_CHECKSUM_TYPE: "invalid",
  FIRN_OBJECTS_CLOSED: "closed",
  FIRN_OBJECTS_ABORTED: "aborted",
};

/** Makes an error of the object store; the kind follows from the code. */
export function objectError(
  code: ObjectErrorCode,
  message: string,
  options?: FirnErrorOptions,
): FirnError {
  return new FirnError(objectErrors[code], code, message, options);
}

/** @throws FIRN_OBJECTS_ABORTED when the caller has given up. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw objectError("FIRN_OBJECTS_ABORTED", "The call was aborted.", { cause: signal.reason });
}
