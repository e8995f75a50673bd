import type { VolumeErrorCode, Volumes } from "@firn/volumes";
import { constraintText } from "@firn/wire";
import { faultsOf } from "../frame/faults.ts";
import { refusalsOf } from "../frame/refusals.ts";
import type { Refusals } from "../frame/refusals.ts";
import type { ErrorMapping, ErrorTable, FaultTable, Service } from "../frame/service.ts";
import type { RbinContext } from "./context.ts";
import { rbinOperations } from "./operations/index.ts";
import { validationError } from "./validation-error.ts";

const invalid: ErrorMapping = {
  code: "ValidationException",
  status: 400,
  members: () => ({ Reason: "INVALID_PARAMETER_VALUE" }),
};

const own: Partial<Record<VolumeErrorCode, ErrorMapping>> = {
  FIRN_RULE_NOT_FOUND: {
    code: "ResourceNotFoundException",
    status: 404,
    members: () => ({ Reason: "RULE_NOT_FOUND" }),
  },
  FIRN_RULE_LIMIT: {
    code: "ServiceQuotaExceededException",
    status: 402,
    members: () => ({ Reason: "SERVICE_QUOTA_EXCEEDED" }),
  },
  FIRN_VOLUME_PARAMETER: invalid,
  FIRN_VOLUME_PARAMETER_COMBINATION: invalid,
};

const common = faultsOf("rest-json");

const faults: FaultTable = {
  ...common,
  corruption: { ...common.corruption, code: "InternalServerException" },
  internal: { ...common.internal, code: "InternalServerException" },
  unavailable: { ...common.unavailable, code: "InternalServerException", status: 500 },
  closed: { ...common.closed, code: "InternalServerException", status: 500 },
};

const refusals: Refusals = {
  ...refusalsOf("rest-json"),
  malformed: ({ path, kind, expected }) =>
    validationError(
      kind === "type" ? `${path} must be a ${expected}.` : "The request could not be parsed.",
    ),
  invalid: (problems) =>
    validationError(
      constraintText(problems),
      problems[0]?.member === "NextToken" ? "INVALID_PAGE_TOKEN" : "INVALID_PARAMETER_VALUE",
    ),
  unsupported: (member) => validationError(`${member} is not supported.`),
};

/** The Recycle Bin's rules for snapshots; what is in it is EC2's to list and restore. */
export function createRbinService(engines: { readonly volumes: Volumes }): Service<RbinContext> {
  return {
    name: "rbin",
    protocol: "rest-json",
    operations: rbinOperations,
    errors: own as ErrorTable,
    faults,
    refusals,
    errorMessageKey: () => "Message",
    context: (request) =>
      Object.assign(request, {
        volumes: engines.volumes.in({
          accountId: request.caller.accountId,
          region: request.region,
        }),
      }),
  };
}
