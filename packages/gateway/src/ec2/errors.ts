import type { VolumeErrorCode } from "@firn/volumes";
import { ServiceError } from "@firn/wire";
import type { ErrorMapping } from "../frame/service.ts";

const IMPAIRED = "The stored data is damaged. The server's log names the place.";

/** The volumes' errors as EC2's; the messages are the engine's. */
export const ec2Errors: Readonly<Record<VolumeErrorCode, ErrorMapping>> = {
  FIRN_VOLUME_NOT_FOUND: { code: "InvalidVolume.NotFound", status: 400 },
  FIRN_SNAPSHOT_NOT_FOUND: { code: "InvalidSnapshot.NotFound", status: 400 },
  FIRN_VOLUME_IN_USE: { code: "VolumeInUse", status: 400 },
  FIRN_VOLUME_NOT_ATTACHED: { code: "IncorrectState", status: 400 },
  FIRN_VOLUME_TYPE_UNKNOWN: { code: "UnknownVolumeType", status: 400 },
  FIRN_VOLUME_PARAMETER: { code: "InvalidParameterValue", status: 400 },
  FIRN_VOLUME_PARAMETER_MISSING: { code: "MissingParameter", status: 400 },
  FIRN_VOLUME_PARAMETER_COMBINATION: { code: "InvalidParameterCombination", status: 400 },
  FIRN_VOLUME_RANGE: { code: "InvalidParameterValue", status: 400 },
  FIRN_VOLUME_READ_ONLY: { code: "IncorrectState", status: 400 },
  FIRN_VOLUME_CLOSED: {
    code: "Unavailable",
    status: 503,
    message: "The server is shutting down.",
  },
  FIRN_VOLUME_FENCED: { code: "IncorrectState", status: 400 },
  FIRN_VOLUME_DEVICE_TAKEN: { code: "InvalidParameterValue", status: 400 },
  FIRN_VOLUME_TOKEN_MISMATCH: { code: "IdempotentParameterMismatch", status: 400 },
  FIRN_VOLUME_TAG_LIMIT: { code: "TagLimitExceeded", status: 400 },
  FIRN_VOLUME_HISTORY_GONE: { code: "InvalidParameterValue", status: 400 },
  FIRN_VOLUME_HISTORY_LIMIT: { code: "ResourceLimitExceeded", status: 400 },
  FIRN_SNAPSHOT_LINEAGE: { code: "InvalidParameterValue", status: 400 },
  FIRN_SNAPSHOT_STATE: { code: "IncorrectState", status: 400 },
  FIRN_SNAPSHOT_BLOCK: { code: "InvalidParameterValue", status: 400 },
  FIRN_SNAPSHOT_CHECKSUM: { code: "InvalidParameterValue", status: 400 },
  FIRN_SNAPSHOT_BLOCK_COUNT: { code: "InvalidParameterValue", status: 400 },
  FIRN_SNAPSHOT_UPLOAD_LIMIT: { code: "PendingSnapshotLimitExceeded", status: 400 },
  FIRN_SNAPSHOT_LOCKED: { code: "OperationNotPermitted", status: 400 },
  FIRN_SNAPSHOT_SHARING: { code: "OperationNotPermitted", status: 400 },
  FIRN_SNAPSHOT_TIER: { code: "IncorrectState", status: 400 },
  FIRN_SNAPSHOT_EXPORT: { code: "InvalidParameterValue", status: 400 },
  FIRN_RULE_NOT_FOUND: { code: "InvalidParameterValue", status: 400 },
  FIRN_RULE_LIMIT: { code: "ResourceLimitExceeded", status: 400 },
  FIRN_BLOCK_CORRUPT: { code: "InternalError", status: 500, message: IMPAIRED },
  FIRN_VOLUME_MAP_DAMAGED: { code: "InternalError", status: 500, message: IMPAIRED },
};

/** A parameter's value that EC2 refuses, in its words. */
export function invalidValue(message: string): ServiceError {
  return new ServiceError("InvalidParameterValue", 400, message);
}

/** Parameters that do not go together. */
export function invalidCombination(message: string): ServiceError {
  return new ServiceError("InvalidParameterCombination", 400, message);
}

export function missingParameter(name: string): ServiceError {
  const text = `The request must contain the parameter ${name}`;
  return new ServiceError("MissingParameter", 400, text);
}

/** Something of EC2's that Firn does not have. */
export function unsupportedFeature(what: string): ServiceError {
  return new ServiceError("UnsupportedOperation", 400, `${what} not supported by this endpoint.`);
}

/** An instance is there while it holds a volume. */
export function invalidInstance(id: string): ServiceError {
  const text = `The instance ID '${id}' does not exist`;
  return new ServiceError("InvalidInstanceID.NotFound", 400, text);
}
