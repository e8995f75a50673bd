import { FirnError } from "@firn/core";
import type { FirnErrorKind, FirnErrorOptions } from "@firn/core";

/** The archive's codes; the gateway maps each to the Glacier API's own error. */
export type ArchiveErrorCode =
  | "FIRN_VAULT_NOT_FOUND"
  | "FIRN_VAULT_NOT_EMPTY"
  | "FIRN_VAULT_LIMIT"
  | "FIRN_ARCHIVE_NOT_FOUND"
  | "FIRN_UPLOAD_NOT_FOUND"
  | "FIRN_JOB_NOT_FOUND"
  | "FIRN_JOB_NOT_READY"
  | "FIRN_POLICY_NOT_FOUND"
  | "FIRN_NOTIFICATIONS_NOT_FOUND"
  | "FIRN_LOCK_NOT_FOUND"
  | "FIRN_LOCK_STATE"
  | "FIRN_LOCK_DENIES"
  | "FIRN_TREE_HASH_MISMATCH"
  | "FIRN_RETRIEVAL_DENIED"
  | "FIRN_EXPEDITED_UNAVAILABLE"
  | "FIRN_TAG_LIMIT"
  | "FIRN_CAPACITY_LIMIT"
  | "FIRN_SELECT_UNSUPPORTED"
  | "FIRN_ARCHIVE_PARAMETER_INVALID"
  | "FIRN_ARCHIVE_PARAMETER_MISSING"
  | "FIRN_NOTICES_TAKEN"
  | "FIRN_ARCHIVE_CLOSED";

export const archiveErrors: Readonly<Record<ArchiveErrorCode, FirnErrorKind>> = {
  FIRN_VAULT_NOT_FOUND: "notFound",
  FIRN_VAULT_NOT_EMPTY: "conflict",
  FIRN_VAULT_LIMIT: "limit",
  FIRN_ARCHIVE_NOT_FOUND: "notFound",
  FIRN_UPLOAD_NOT_FOUND: "notFound",
  FIRN_JOB_NOT_FOUND: "notFound",
  FIRN_JOB_NOT_READY: "conflict",
  FIRN_POLICY_NOT_FOUND: "notFound",
  FIRN_NOTIFICATIONS_NOT_FOUND: "notFound",
  FIRN_LOCK_NOT_FOUND: "notFound",
  FIRN_LOCK_STATE: "conflict",
  FIRN_LOCK_DENIES: "conflict",
  FIRN_TREE_HASH_MISMATCH: "invalid",
  FIRN_RETRIEVAL_DENIED: "limit",
  FIRN_EXPEDITED_UNAVAILABLE: "limit",
  FIRN_TAG_LIMIT: "limit",
  FIRN_CAPACITY_LIMIT: "limit",
  FIRN_SELECT_UNSUPPORTED: "invalid",
  FIRN_ARCHIVE_PARAMETER_INVALID: "invalid",
  FIRN_ARCHIVE_PARAMETER_MISSING: "invalid",
  FIRN_NOTICES_TAKEN: "conflict",
  FIRN_ARCHIVE_CLOSED: "closed",
};

/** Makes an archive error; the kind follows from the code. */
export function archiveError(
  code: ArchiveErrorCode,
  message: string,
  options?: FirnErrorOptions,
): FirnError {
  return new FirnError(archiveErrors[code], code, message, options);
}

/** The request's value is wrong; `message` names it. */
export function invalid(message: string): FirnError {
  return archiveError("FIRN_ARCHIVE_PARAMETER_INVALID", message);
}

/** A value that the request must carry is absent. */
export function missing(name: string): FirnError {
  return archiveError("FIRN_ARCHIVE_PARAMETER_MISSING", `Required parameter missing: ${name}`);
}
