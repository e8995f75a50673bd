import type { VolumeErrorCode } from "@firn/volumes";
import { ServiceError, constraintText } from "@firn/wire";
import type { Problem } from "@firn/wire";
import { refusalsOf } from "../frame/refusals.ts";
import type { Refusals } from "../frame/refusals.ts";
import type { ErrorMapping } from "../frame/service.ts";

const VALIDATION = "ValidationException";
const INTERNAL = { code: "InternalServerException", status: 500 };
const IMPAIRED = "The stored data is damaged. The server's log names the place.";

/** Why a request is not valid, as the API names it. */
export type Reason =
  | "INVALID_PAGE_TOKEN"
  | "INVALID_BLOCK_TOKEN"
  | "INVALID_SNAPSHOT_ID"
  | "UNRELATED_SNAPSHOTS"
  | "INVALID_BLOCK"
  | "INVALID_TAG"
  | "INVALID_PARAMETER_VALUE"
  | "INVALID_VOLUME_SIZE"
  | "WRITE_REQUEST_TIMEOUT"
  | "INVALID_CUSTOMER_KEY";

/** A request that the API refuses, with its reason. */
export function validationError(reason: Reason, message: string): ServiceError {
  return new ServiceError(VALIDATION, 400, message, { members: { Reason: reason } });
}

const invalid = (reason: Reason): ErrorMapping => ({
  code: VALIDATION,
  status: 400,
  members: () => ({ Reason: reason }),
});

const byParameter: Readonly<Record<string, Reason>> = {
  volumeSize: "INVALID_VOLUME_SIZE",
  tag: "INVALID_TAG",
};

const parameter: ErrorMapping = {
  code: VALIDATION,
  status: 400,
  members: (detail) => ({
    Reason: byParameter[String(detail["parameter"])] ?? "INVALID_PARAMETER_VALUE",
  }),
};

/** A put that came too late is told so; other wrong states are a wrong snapshot. */
const state: ErrorMapping = {
  code: VALIDATION,
  status: 400,
  members: (detail) => ({
    Reason: detail["state"] === "error" ? "WRITE_REQUEST_TIMEOUT" : "INVALID_SNAPSHOT_ID",
  }),
};

const notFound: ErrorMapping = {
  code: "ResourceNotFoundException",
  status: 404,
  members: () => ({ Reason: "SNAPSHOT_NOT_FOUND" }),
};

/** The volumes' errors as the direct APIs tell them; the messages are the engine's. */
export const ebsErrors: Readonly<Record<VolumeErrorCode, ErrorMapping>> = {
  FIRN_VOLUME_NOT_FOUND: notFound,
  FIRN_SNAPSHOT_NOT_FOUND: notFound,
  FIRN_VOLUME_IN_USE: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_VOLUME_NOT_ATTACHED: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_VOLUME_TYPE_UNKNOWN: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_VOLUME_PARAMETER: parameter,
  FIRN_VOLUME_PARAMETER_MISSING: parameter,
  FIRN_VOLUME_PARAMETER_COMBINATION: parameter,
  FIRN_VOLUME_RANGE: invalid("INVALID_BLOCK"),
  FIRN_VOLUME_READ_ONLY: invalid("INVALID_SNAPSHOT_ID"),
  FIRN_VOLUME_CLOSED: { ...INTERNAL, message: "The server is shutting down." },
  FIRN_VOLUME_FENCED: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_VOLUME_DEVICE_TAKEN: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_VOLUME_TOKEN_MISMATCH: { code: "ConflictException", status: 409 },
  FIRN_VOLUME_TAG_LIMIT: invalid("INVALID_TAG"),
  FIRN_VOLUME_HISTORY_GONE: notFound,
  FIRN_VOLUME_HISTORY_LIMIT: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_SNAPSHOT_LINEAGE: invalid("UNRELATED_SNAPSHOTS"),
  FIRN_SNAPSHOT_STATE: state,
  FIRN_SNAPSHOT_BLOCK: invalid("INVALID_BLOCK"),
  FIRN_SNAPSHOT_CHECKSUM: invalid("INVALID_BLOCK"),
  FIRN_SNAPSHOT_BLOCK_COUNT: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_SNAPSHOT_UPLOAD_LIMIT: {
    code: "ServiceQuotaExceededException",
    status: 402,
    members: () => ({ Reason: "DEPENDENCY_SERVICE_QUOTA_EXCEEDED" }),
  },
  FIRN_SNAPSHOT_LOCKED: invalid("INVALID_SNAPSHOT_ID"),
  FIRN_SNAPSHOT_SHARING: invalid("INVALID_SNAPSHOT_ID"),
  FIRN_SNAPSHOT_TIER: invalid("INVALID_SNAPSHOT_ID"),
  FIRN_SNAPSHOT_EXPORT: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_RULE_NOT_FOUND: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_RULE_LIMIT: invalid("INVALID_PARAMETER_VALUE"),
  FIRN_BLOCK_CORRUPT: { ...INTERNAL, message: IMPAIRED },
  FIRN_VOLUME_MAP_DAMAGED: { ...INTERNAL, message: IMPAIRED },
};

const common = refusalsOf("rest-json");

/** How the direct APIs say no before a handler runs. */
export const ebsRefusals: Refusals = {
  ...common,
  malformed: ({ path, kind, expected }) =>
    validationError(
      "INVALID_PARAMETER_VALUE",
      kind === "type" ? `${path} must be a ${expected}.` : "The request could not be parsed.",
    ),
  invalid: (problems) => validationError(reasonOf(problems), constraintText(problems)),
  unsupported: (member) =>
    validationError(
      member === "KmsKeyArn" ? "INVALID_CUSTOMER_KEY" : "INVALID_PARAMETER_VALUE",
      `${member} is not supported.`,
    ),
  bodyTooLarge: (limitBytes) =>
    validationError("INVALID_BLOCK", `The body exceeds ${limitBytes} bytes.`),
  bodyIncomplete: () => validationError("INVALID_BLOCK", "The request body ended too early."),
  accessDenied: () =>
    new ServiceError(
      "AccessDeniedException",
      403,
      "You are not authorized to perform this operation.",
      { members: { Reason: "UNAUTHORIZED_ACCOUNT" } },
    ),
  overloaded: () =>
    new ServiceError("RequestThrottledException", 400, "Rate exceeded", {
      members: { Reason: "ACCOUNT_THROTTLED" },
    }),
};

function reasonOf([first]: readonly Problem[]): Reason {
  const member = first?.member ?? "";
  if (member.endsWith("SnapshotId")) return "INVALID_SNAPSHOT_ID";
  return byMember[member] ?? "INVALID_PARAMETER_VALUE";
}

const byMember: Readonly<Record<string, Reason>> = {
  BlockIndex: "INVALID_BLOCK",
  BlockToken: "INVALID_BLOCK_TOKEN",
  NextToken: "INVALID_PAGE_TOKEN",
  VolumeSize: "INVALID_VOLUME_SIZE",
  Tags: "INVALID_TAG",
  Key: "INVALID_TAG",
  Value: "INVALID_TAG",
};
