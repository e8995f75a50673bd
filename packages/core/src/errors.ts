/** What the caller can do about an error; the gateway maps it with an exhaustive switch. */
export type FirnErrorKind =
  | "invalid" // the request is wrong: change it
  | "notFound" // the thing named does not exist
  | "conflict" // the state forbids it: read again, then decide
  | "closed" // the store or handle was closed
  | "corruption" // bytes on disk failed their checksum: run `firn check`
  | "unavailable" // the store failed or the disk is full: reopen or free space
  | "limit" // a documented bound was met: send less, or more slowly
  | "aborted" // the caller's AbortSignal fired
  | "internal"; // a bug in Firn

export interface FirnErrorOptions {
  /** Facts for a program: names, sizes, positions. Never secrets. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** The root of every error that Firn throws. `code` is stable; `message` is for people. */
export class FirnError extends Error {
  readonly kind: FirnErrorKind;
  readonly code: string;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(kind: FirnErrorKind, code: string, message: string, options?: FirnErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FirnError";
    this.kind = kind;
    this.code = code;
    this.detail = options?.detail ?? {};
  }
}

/** The core's codes, each with its kind; docs/guide/errors.md says what to do about each. */
export type CoreErrorCode =
  | "FIRN_STORE_LOCKED"
  | "FIRN_STORE_CLOSED"
  | "FIRN_STORE_FAILED"
  | "FIRN_STORE_NEWER"
  | "FIRN_STORE_DAMAGED"
  | "FIRN_RECORD_CORRUPT"
  | "FIRN_ENCRYPTION_KEY_REQUIRED"
  | "FIRN_ENCRYPTION_KEY_WRONG"
  | "FIRN_ENCRYPTION_KEY_INVALID"
  | "FIRN_SEAL_BROKEN"
  | "FIRN_DISK_FULL"
  | "FIRN_FILES_EXHAUSTED"
  | "FIRN_KEY_TOO_LONG"
  | "FIRN_VALUE_TOO_LARGE"
  | "FIRN_BATCH_TOO_LARGE"
  | "FIRN_BLOB_TOO_LARGE"
  | "FIRN_BLOB_NOT_FOUND"
  | "FIRN_KEY_SPACE_NOT_FOUND"
  | "FIRN_POSITION_GONE"
  | "FIRN_CHANGES_GONE"
  | "FIRN_HISTORY_GONE"
  | "FIRN_LSN_AHEAD"
  | "FIRN_RETENTION"
  | "FIRN_PIN_NAME"
  | "FIRN_PINS_EXHAUSTED"
  | "FIRN_TRANSACTION_UNSTABLE"
  | "FIRN_TRANSACTION_ENDED"
  | "FIRN_CLOCK_MODE"
  | "FIRN_SCRUB_RUNNING"
  | "FIRN_LOG_CONFLICT"
  | "FIRN_NOT_BYTES"
  | "FIRN_BACKUP_NOT_FOUND"
  | "FIRN_BACKUP_DAMAGED"
  | "FIRN_BACKUP_OTHER_STORE"
  | "FIRN_BACKUP_UNREACHABLE"
  | "FIRN_BACKUP_KEY_INVALID"
  | "FIRN_RESTORE_NOT_EMPTY"
  | "FIRN_ABORTED";

export const coreErrors: Readonly<Record<CoreErrorCode, FirnErrorKind>> = {
  FIRN_STORE_LOCKED: "conflict",
  FIRN_STORE_CLOSED: "closed",
  FIRN_STORE_FAILED: "unavailable",
  FIRN_STORE_NEWER: "invalid",
  FIRN_STORE_DAMAGED: "corruption",
  FIRN_RECORD_CORRUPT: "corruption",
  FIRN_ENCRYPTION_KEY_REQUIRED: "invalid",
  FIRN_ENCRYPTION_KEY_WRONG: "invalid",
  FIRN_ENCRYPTION_KEY_INVALID: "invalid",
  FIRN_SEAL_BROKEN: "corruption",
  FIRN_DISK_FULL: "unavailable",
  FIRN_FILES_EXHAUSTED: "unavailable",
  FIRN_KEY_TOO_LONG: "limit",
  FIRN_VALUE_TOO_LARGE: "limit",
  FIRN_BATCH_TOO_LARGE: "limit",
  FIRN_BLOB_TOO_LARGE: "limit",
  FIRN_BLOB_NOT_FOUND: "notFound",
  FIRN_KEY_SPACE_NOT_FOUND: "notFound",
  FIRN_POSITION_GONE: "internal",
  FIRN_CHANGES_GONE: "conflict",
  FIRN_HISTORY_GONE: "conflict",
  FIRN_LSN_AHEAD: "invalid",
  FIRN_RETENTION: "invalid",
  FIRN_PIN_NAME: "invalid",
  FIRN_PINS_EXHAUSTED: "limit",
  FIRN_TRANSACTION_UNSTABLE: "internal",
  FIRN_TRANSACTION_ENDED: "internal",
  FIRN_CLOCK_MODE: "invalid",
  FIRN_SCRUB_RUNNING: "conflict",
  FIRN_LOG_CONFLICT: "conflict",
  FIRN_NOT_BYTES: "invalid",
  FIRN_BACKUP_NOT_FOUND: "notFound",
  FIRN_BACKUP_DAMAGED: "corruption",
  FIRN_BACKUP_OTHER_STORE: "conflict",
  FIRN_BACKUP_UNREACHABLE: "unavailable",
  FIRN_BACKUP_KEY_INVALID: "invalid",
  FIRN_RESTORE_NOT_EMPTY: "conflict",
  FIRN_ABORTED: "aborted",
};

/** Makes a core error; the kind follows from the code. */
export function coreError(
  code: CoreErrorCode,
  message: string,
  options?: FirnErrorOptions,
): FirnError {
  return new FirnError(coreErrors[code], code, message, options);
}
