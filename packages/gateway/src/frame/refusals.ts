import { ServiceError, constraintText } from "@firn/wire";
import type { Malformed, Problem, Protocol } from "@firn/wire";

/** How a service says no before a handler runs. All are pure. */
export interface Refusals {
  /** No such action, target, path or method; `asked` is what the client named: `PUT /b?acl`. */
  unknownOperation(asked: string): ServiceError;
  malformed(reason: Malformed): ServiceError;
  /** The constraints that the input breaks, in the service's order, at least one. */
  invalid(problems: readonly Problem[]): ServiceError;
  /** A member of AWS's that Firn does not have. */
  unsupported(member: string): ServiceError;
  bodyTooLarge(limitBytes: number): ServiceError;
  /** Fewer bytes than announced. */
  bodyIncomplete(): ServiceError;
  /** Signed rightly, by somebody who may not do this. */
  accessDenied(): ServiceError;
  /** The server has as much to do as it may. */
  overloaded(): ServiceError;
}

/** The common forms of a protocol. Services spread them and override what theirs says otherwise. */
export function refusalsOf(protocol: Protocol): Refusals {
  switch (protocol) {
    case "json-1.0":
    case "json-1.1":
      return jsonRefusals;
    case "rest-json":
      return restJsonRefusals;
    case "ec2-query":
      return ec2Refusals;
    case "rest-xml":
      return s3Refusals;
  }
}

const NOT_ALLOWED = "You are not authorized to perform this operation.";

const jsonRefusals: Refusals = {
  unknownOperation: () => new ServiceError("UnknownOperationException", 400, ""),
  malformed: (reason) => new ServiceError("SerializationException", 400, malformedText(reason)),
  invalid: (problems) => new ServiceError("ValidationException", 400, constraintText(problems)),
  unsupported: (member) =>
    new ServiceError("ValidationException", 400, `${member} is not supported.`),
  bodyTooLarge: (limitBytes) =>
    new ServiceError("RequestEntityTooLarge", 413, `The body exceeds ${limitBytes} bytes.`),
  bodyIncomplete: () =>
    new ServiceError("SerializationException", 400, "The request body ended too early."),
  accessDenied: () => new ServiceError("AccessDeniedException", 400, NOT_ALLOWED),
  overloaded: () => new ServiceError("ThrottlingException", 400, "Rate exceeded"),
};

const restJsonRefusals: Refusals = {
  ...jsonRefusals,
  unknownOperation: (asked) =>
    new ServiceError("UnknownOperationException", 404, `There is no operation ${asked}.`),
  accessDenied: () => new ServiceError("AccessDeniedException", 403, NOT_ALLOWED),
};

const ec2Refusals: Refusals = {
  unknownOperation: (asked) =>
    asked === ""
      ? new ServiceError("MissingAction", 400, "The request must contain the parameter Action")
      : new ServiceError(
          "InvalidAction",
          400,
          `The action ${asked} is not valid for this web service.`,
        ),
  malformed: ec2Malformed,
  invalid: ([first]) => ec2Invalid(first),
  unsupported: (member) =>
    new ServiceError("UnsupportedOperation", 400, `The parameter ${member} is not supported.`),
  bodyTooLarge: (limitBytes) =>
    new ServiceError("RequestEntityTooLarge", 413, `The body exceeds ${limitBytes} bytes.`),
  bodyIncomplete: () =>
    new ServiceError("MalformedQueryString", 400, "The request body ended too early."),
  accessDenied: () =>
    new ServiceError(
      "UnauthorizedOperation",
      403,
      "You are not authorized to perform this operation.",
    ),
  overloaded: () => new ServiceError("RequestLimitExceeded", 503, "Request limit exceeded."),
};

function ec2Malformed({ kind, path, value }: Malformed): ServiceError {
  if (kind === "unknown") {
    return new ServiceError("UnknownParameter", 400, `The parameter ${path} is not recognized`);
  }
  if (kind === "type") {
    const text = `Value (${String(value)}) for parameter ${path} is invalid.`;
    return new ServiceError("InvalidParameterValue", 400, text);
  }
  return new ServiceError("MalformedQueryString", 400, "The query string is malformed.");
}

function ec2Invalid(problem: Problem | undefined): ServiceError {
  if (problem?.rule.kind === "required") {
    const text = `The request must contain the parameter ${problem.member}`;
    return new ServiceError("MissingParameter", 400, text);
  }
  const text = `Value (${String(problem?.value)}) for parameter ${problem?.path} is invalid.`;
  return new ServiceError("InvalidParameterValue", 400, text);
}

const s3Refusals: Refusals = {
  unknownOperation: (asked) =>
    asked.includes("?")
      ? new ServiceError(
          "NotImplemented",
          501,
          "A header or query you provided implies functionality that is not implemented.",
        )
      : new ServiceError(
          "MethodNotAllowed",
          405,
          "The specified method is not allowed against this resource.",
        ),
  malformed: s3Malformed,
  invalid: ([first]) =>
    new ServiceError("InvalidArgument", 400, "Invalid Argument", {
      members: { ArgumentName: first?.member, ArgumentValue: first?.value },
    }),
  unsupported: () =>
    new ServiceError(
      "NotImplemented",
      501,
      "A header you provided implies functionality that is not implemented.",
    ),
  bodyTooLarge: (limitBytes) =>
    new ServiceError(
      "MaxMessageLengthExceeded",
      400,
      `Your request was too big: more than ${limitBytes} bytes.`,
    ),
  bodyIncomplete: () =>
    new ServiceError(
      "IncompleteBody",
      400,
      "You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
  accessDenied: () => new ServiceError("AccessDenied", 403, "Access Denied"),
  overloaded: () => new ServiceError("SlowDown", 503, "Please reduce your request rate."),
};

function s3Malformed({ kind, path, value }: Malformed): ServiceError {
  // Of a body in a wrong encoding no value is told.
  if (kind === "encoding" && value !== undefined) {
    return new ServiceError("InvalidURI", 400, "Couldn't parse the specified URI.");
  }
  if (kind === "type" && path !== "") {
    return new ServiceError("InvalidArgument", 400, "Argument is not of the expected type.", {
      members: { ArgumentName: path, ArgumentValue: String(value) },
    });
  }
  return new ServiceError(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

function malformedText({ kind, path, expected }: Malformed): string {
  if (kind !== "type") return "The body could not be parsed.";
  return path === "" ? "The body is not an object." : `${path} must be a ${expected}.`;
}
