import type { FirnErrorKind } from "@firn/core";
import type { Protocol } from "@firn/wire";
import type { ErrorMapping, FaultTable } from "./service.ts";

// Kinds whose messages are about this machine, not about the request, are told in general words:
// the log has the details.
type FaultCodes = Readonly<Record<FirnErrorKind, readonly [code: string, status: number]>>;

const UNAVAILABLE = "The service cannot write at the moment. Try again later.";
const INTERNAL = "An internal error occurred. The server's log names its cause.";
const SLOW = "Please reduce your request rate.";

const codes: Readonly<Record<Protocol, FaultCodes>> = {
  "json-1.0": jsonCodes(),
  "json-1.1": jsonCodes(),
  "rest-json": {
    ...jsonCodes(),
    invalid: ["InvalidParameterValueException", 400],
    conflict: ["ConflictException", 409],
    notFound: ["ResourceNotFoundException", 404],
    limit: ["LimitExceededException", 400],
    unavailable: ["ServiceUnavailableException", 503],
    closed: ["ServiceUnavailableException", 503],
  },
  "ec2-query": {
    invalid: ["InvalidParameterValue", 400],
    notFound: ["InvalidParameterValue", 400],
    conflict: ["IncorrectState", 400],
    closed: ["Unavailable", 503],
    corruption: ["InternalError", 500],
    unavailable: ["Unavailable", 503],
    limit: ["RequestLimitExceeded", 503],
    aborted: ["RequestExpired", 400],
    internal: ["InternalError", 500],
  },
  "rest-xml": {
    invalid: ["InvalidRequest", 400],
    notFound: ["NoSuchKey", 404],
    conflict: ["OperationAborted", 409],
    closed: ["ServiceUnavailable", 503],
    corruption: ["InternalError", 500],
    unavailable: ["ServiceUnavailable", 503],
    limit: ["SlowDown", 503],
    aborted: ["RequestTimeout", 400],
    internal: ["InternalError", 500],
  },
};

function jsonCodes(): FaultCodes {
  return {
    invalid: ["ValidationException", 400],
    notFound: ["ResourceNotFoundException", 400],
    conflict: ["ResourceInUseException", 400],
    closed: ["ServiceUnavailable", 503],
    corruption: ["InternalServerError", 500],
    unavailable: ["ServiceUnavailable", 503],
    limit: ["ThrottlingException", 400],
    aborted: ["RequestAborted", 400],
    internal: ["InternalServerError", 500],
  };
}

/** The common answers of a protocol to FirnErrors that a service's table does not name. */
export function faultsOf(protocol: Protocol): FaultTable {
  const of = codes[protocol];
  const fault = (kind: FirnErrorKind, message?: string): ErrorMapping => {
    const [code, status] = of[kind];
    return { code, status, message };
  };
  return {
    invalid: fault("invalid"),
    notFound: fault("notFound"),
    conflict: fault("conflict"),
    closed: fault("closed", UNAVAILABLE),
    corruption: fault("corruption", INTERNAL),
    unavailable: fault("unavailable", UNAVAILABLE),
    limit: fault("limit", SLOW),
    aborted: fault("aborted"),
    internal: fault("internal", INTERNAL),
  };
}
