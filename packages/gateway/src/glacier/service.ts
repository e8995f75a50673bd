import type { Archive, ArchiveErrorCode } from "@firn/archive";
import { FirnError } from "@firn/core";
import { ServiceError } from "@firn/wire";
import { callerFacts } from "../frame/caller-facts.ts";
import type { RequestContext } from "../frame/context.ts";
import { faultsOf } from "../frame/faults.ts";
import { refusalsOf } from "../frame/refusals.ts";
import type { Refusals } from "../frame/refusals.ts";
import type { ErrorMapping, Service } from "../frame/service.ts";
import type { GlacierContext, GlacierOperation } from "./context.ts";
import { glacierOperations } from "./operations/index.ts";

const INVALID = "InvalidParameterValueException";
const MISSING = "MissingParameterValueException";
const NOT_FOUND = "ResourceNotFoundException";
const LIMIT = "LimitExceededException";
const DENIED = "AccessDeniedException";

/** The archive's errors as the API's own; the messages are the engine's. */
export const glacierErrors: Readonly<Record<ArchiveErrorCode, ErrorMapping>> = {
  FIRN_VAULT_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_VAULT_NOT_EMPTY: { code: INVALID, status: 400 },
  FIRN_VAULT_LIMIT: { code: LIMIT, status: 400 },
  FIRN_ARCHIVE_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_UPLOAD_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_JOB_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_JOB_NOT_READY: { code: INVALID, status: 400 },
  FIRN_POLICY_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_NOTIFICATIONS_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_LOCK_NOT_FOUND: { code: NOT_FOUND, status: 404 },
  FIRN_LOCK_STATE: { code: DENIED, status: 403 },
  FIRN_LOCK_DENIES: { code: DENIED, status: 403 },
  FIRN_TREE_HASH_MISMATCH: { code: INVALID, status: 400 },
  FIRN_RETRIEVAL_DENIED: { code: "PolicyEnforcedException", status: 400 },
  FIRN_EXPEDITED_UNAVAILABLE: { code: "InsufficientCapacityException", status: 400 },
  FIRN_TAG_LIMIT: { code: LIMIT, status: 400 },
  FIRN_CAPACITY_LIMIT: { code: LIMIT, status: 400 },
  FIRN_SELECT_UNSUPPORTED: { code: "NoLongerSupportedException", status: 400 },
  FIRN_ARCHIVE_PARAMETER_INVALID: { code: INVALID, status: 400 },
  FIRN_ARCHIVE_PARAMETER_MISSING: { code: MISSING, status: 400 },
  FIRN_NOTICES_TAKEN: { code: INVALID, status: 400 },
  FIRN_ARCHIVE_CLOSED: { code: "ServiceUnavailableException", status: 500 },
};

const common = refusalsOf("rest-json");

const refusals: Refusals = {
  ...common,
  malformed: ({ kind, path, expected }) =>
    new ServiceError(
      INVALID,
      400,
      kind === "type" ? `Invalid value for ${path}: ${expected} expected` : "Invalid request body",
    ),
  invalid: ([problem]) => {
    const member = problem?.member ?? "";
    return problem?.rule.kind === "required"
      ? new ServiceError(MISSING, 400, `Required parameter missing: ${wireName(member)}`)
      : new ServiceError(INVALID, 400, `Invalid value for ${member}`);
  },
  unsupported: (member) => new ServiceError(INVALID, 400, `${member} is not supported`),
  bodyIncomplete: () =>
    new ServiceError("RequestTimeoutException", 408, "The request body ended too early"),
};

/** Headers are missed by the name that the client would have to send. */
function wireName(member: string): string {
  return member === "checksum" ? "x-amz-sha256-tree-hash" : member;
}

/** The Glacier vault API over an archive. */
export function createGlacierService(engines: {
  readonly archive: Archive;
}): Service<GlacierContext> {
  return {
    name: "glacier",
    protocol: "rest-json",
    operations: glacierOperations.map(noting),
    // The engine decides: it knows the vault's policies, its tags, and how old an archive is.
    authorize: () => undefined,
    errors: glacierErrors,
    faults: faultsOf("rest-json"),
    refusals,
    context(request) {
      checkVersion(request);
      const { arn: caller, isRoot, policies = [] } = request.caller;
      const scope = {
        accountId: accountOf(request),
        region: request.region,
        caller,
        policies: isRoot ? undefined : policies,
        facts: callerFacts(request),
      };
      return Object.assign(request, { archive: engines.archive.in(scope) });
    },
  };
}

/** Every request names the API's one version. */
function checkVersion(request: RequestContext): void {
  const version = request.raw.headers["x-amz-glacier-version"];
  if (version === "2012-06-01") return;
  throw version === undefined
    ? new ServiceError(MISSING, 400, "Required parameter missing: API version")
    : new ServiceError(INVALID, 400, `Invalid API version: ${String(version).slice(0, 100)}`);
}

/** `-` is the caller's account. Vaults of another are there for whom their policies let in. */
function accountOf({ raw, caller }: RequestContext): string {
  const account = raw.path.split("/", 2)[1] ?? "";
  if (account === "-") return caller.accountId;
  if (/^\d{12}$/.test(account)) return account;
  throw new ServiceError(
    DENIED,
    403,
    `User: ${caller.arn} is not authorized to access account ${account.slice(0, 50)}`,
  );
}

/** The operation, with the reason of a refusal in the log. */
function noting(operation: GlacierOperation): GlacierOperation {
  const run = operation.handler as (input: unknown, context: GlacierContext) => unknown;
  return {
    ...operation,
    handler: async (input: never, context: GlacierContext) => {
      try {
        return await run(input, context);
      } catch (error) {
        if (isDenial(error)) context.noteDenial(error.message);
        throw error;
      }
    },
  };
}

function isDenial(error: unknown): error is FirnError {
  return error instanceof FirnError && error.code === "FIRN_LOCK_DENIES";
}
