import { FirnError, type FirnErrorKind, type FirnErrorOptions } from "@firn/core";

/** The volume engine's codes, each with its kind. */
export type VolumeErrorCode =
  | "FIRN_VOLUME_NOT_FOUND"
  | "FIRN_SNAPSHOT_NOT_FOUND"
  | "FIRN_VOLUME_IN_USE"
  | "FIRN_VOLUME_NOT_ATTACHED"
  | "FIRN_VOLUME_TYPE_UNKNOWN"
  | "FIRN_VOLUME_PARAMETER"
  | "FIRN_VOLUME_PARAMETER_MISSING"
  | "FIRN_VOLUME_PARAMETER_COMBINATION"
  | "FIRN_VOLUME_RANGE"
  | "FIRN_VOLUME_READ_ONLY"
  | "FIRN_VOLUME_CLOSED"
  | "FIRN_VOLUME_FENCED"
  | "FIRN_VOLUME_DEVICE_TAKEN"
  | "FIRN_VOLUME_TOKEN_MISMATCH"
  | "FIRN_VOLUME_TAG_LIMIT"
  | "FIRN_VOLUME_HISTORY_GONE"
  | "FIRN_VOLUME_HISTORY_LIMIT"
  | "FIRN_SNAPSHOT_LINEAGE"
  | "FIRN_SNAPSHOT_STATE"
  | "FIRN_SNAPSHOT_BLOCK"
  | "FIRN_SNAPSHOT_CHECKSUM"
  | "FIRN_SNAPSHOT_BLOCK_COUNT"
  | "FIRN_SNAPSHOT_UPLOAD_LIMIT"
  | "FIRN_SNAPSHOT_LOCKED"
  | "FIRN_SNAPSHOT_SHARING"
  | "FIRN_SNAPSHOT_TIER"
  | "FIRN_SNAPSHOT_EXPORT"
  | "FIRN_RULE_NOT_FOUND"
  | "FIRN_RULE_LIMIT"
  | "FIRN_BLOCK_CORRUPT"
  | "FIRN_VOLUME_MAP_DAMAGED";

export const volumeErrors: Readonly<Record<VolumeErrorCode, FirnErrorKind>> = {
  FIRN_VOLUME_NOT_FOUND: "notFound",
  FIRN_SNAPSHOT_NOT_FOUND: "notFound",
  FIRN_VOLUME_IN_USE: "conflict",
  FIRN_VOLUME_NOT_ATTACHED: "conflict",
  FIRN_VOLUME_TYPE_UNKNOWN: "invalid",
  FIRN_VOLUME_PARAMETER: "invalid",
  FIRN_VOLUME_PARAMETER_MISSING: "invalid",
  FIRN_VOLUME_PARAMETER_COMBINATION: "invalid",
  FIRN_VOLUME_RANGE: "invalid",
  FIRN_VOLUME_READ_ONLY: "conflict",
  FIRN_VOLUME_CLOSED: "closed",
  FIRN_VOLUME_FENCED: "closed",
  FIRN_VOLUME_DEVICE_TAKEN: "conflict",
  FIRN_VOLUME_TOKEN_MISMATCH: "conflict",
  FIRN_VOLUME_TAG_LIMIT: "limit",
  FIRN_VOLUME_HISTORY_GONE: "notFound",
  FIRN_VOLUME_HISTORY_LIMIT: "limit",
  FIRN_SNAPSHOT_LINEAGE: "invalid",
  FIRN_SNAPSHOT_STATE: "conflict",
  FIRN_SNAPSHOT_BLOCK: "invalid",
  FIRN_SNAPSHOT_CHECKSUM: "invalid",
  FIRN_SNAPSHOT_BLOCK_COUNT: "invalid",
  FIRN_SNAPSHOT_UPLOAD_LIMIT: "limit",
  FIRN_SNAPSHOT_LOCKED: "conflict",
  FIRN_SNAPSHOT_SHARING: "conflict",
  FIRN_SNAPSHOT_TIER: "conflict",
  FIRN_SNAPSHOT_EXPORT: "invalid",
  FIRN_RULE_NOT_FOUND: "notFound",
  FIRN_RULE_LIMIT: "limit",
  FIRN_BLOCK_CORRUPT: "corruption",
  FIRN_VOLUME_MAP_DAMAGED: "corruption",
};

/** Makes an error of the volume engine; the kind follows from the code. */
export function volumeError(
  code: VolumeErrorCode,
  message: string,
  options?: FirnErrorOptions,
): FirnError {
  return new FirnError(volumeErrors[code], code, message, options);
}
