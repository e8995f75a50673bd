import { FirnError } from "@firn/core";
import type { FirnErrorKind } from "@firn/core";

/** The codes of the tables, each with its kind. `message` is always the service's own text. */
export type TableErrorCode =
  | "FIRN_TABLE_REQUEST_INVALID"
  | "FIRN_TABLE_NOT_FOUND"
  | "FIRN_TABLE_IN_USE"
  | "FIRN_TABLE_LIMIT_EXCEEDED"
  | "FIRN_TABLE_CONDITION_FAILED"
  | "FIRN_TABLE_DUPLICATE_ITEM"
  | "FIRN_TABLE_THROUGHPUT_EXCEEDED"
  | "FIRN_TABLE_THROTTLED"
  | "FIRN_TABLE_TRANSACTION_CANCELED"
  | "FIRN_TABLE_TRANSACTION_CONFLICT"
  | "FIRN_TABLE_TOKEN_MISMATCH"
  | "FIRN_TABLE_ITERATOR_EXPIRED"
  | "FIRN_TABLE_DATA_TRIMMED"
  | "FIRN_TABLE_POLICY_NOT_FOUND"
  | "FIRN_TABLE_SOURCE_NOT_FOUND"
  | "FIRN_TABLE_EXISTS"
  | "FIRN_TABLE_BACKUP_NOT_FOUND"
  | "FIRN_TABLE_BACKUP_IN_USE"
  | "FIRN_TABLE_RECOVERY_UNAVAILABLE"
  | "FIRN_TABLE_RESTORE_TIME"
  | "FIRN_TABLE_EXPORT_NOT_FOUND"
  | "FIRN_TABLE_EXPORT_TIME"
  | "FIRN_TABLE_EXPORT_CONFLICT"
  | "FIRN_TABLE_IMPORT_NOT_FOUND"
  | "FIRN_TABLE_ITEM_DAMAGED";

export const tableErrors: Readonly<Record<TableErrorCode, FirnErrorKind>> = {
  FIRN_TABLE_REQUEST_INVALID: "invalid",
  FIRN_TABLE_NOT_FOUND: "notFound",
  FIRN_TABLE_IN_USE: "conflict",
  FIRN_TABLE_LIMIT_EXCEEDED: "limit",
  FIRN_TABLE_CONDITION_FAILED: "conflict",
  FIRN_TABLE_DUPLICATE_ITEM: "conflict",
  FIRN_TABLE_THROUGHPUT_EXCEEDED: "limit",
  FIRN_TABLE_THROTTLED: "limit",
  FIRN_TABLE_TRANSACTION_CANCELED: "conflict",
  FIRN_TABLE_TRANSACTION_CONFLICT: "conflict",
  FIRN_TABLE_TOKEN_MISMATCH: "invalid",
  FIRN_TABLE_ITERATOR_EXPIRED: "invalid",
  FIRN_TABLE_DATA_TRIMMED: "notFound",
  FIRN_TABLE_POLICY_NOT_FOUND: "notFound",
  FIRN_TABLE_SOURCE_NOT_FOUND: "notFound",
  FIRN_TABLE_EXISTS: "conflict",
  FIRN_TABLE_BACKUP_NOT_FOUND: "notFound",
  FIRN_TABLE_BACKUP_IN_USE: "conflict",
  FIRN_TABLE_RECOVERY_UNAVAILABLE: "conflict",
  FIRN_TABLE_RESTORE_TIME: "invalid",
  FIRN_TABLE_EXPORT_NOT_FOUND: "notFound",
  FIRN_TABLE_EXPORT_TIME: "invalid",
  FIRN_TABLE_EXPORT_CONFLICT: "conflict",
  FIRN_TABLE_IMPORT_NOT_FOUND: "notFound",
  FIRN_TABLE_ITEM_DAMAGED: "corruption",
};

/** Makes a tables error; the kind follows from the code. */
export function tableError(
  code: TableErrorCode,
  message: string,
  detail?: Readonly<Record<string, unknown>>,
): FirnError {
  return new FirnError(tableErrors[code], code, message, { detail });
}

/** A request that DynamoDB refuses with a ValidationException of this text. */
export function invalid(message: string): FirnError {
  return tableError("FIRN_TABLE_REQUEST_INVALID", message);
}

/** As `invalid`, behind the words with which most of them begin. */
export function invalidParameters(message: string): FirnError {
  return invalid(`One or more parameter values were invalid: ${message}`);
}
