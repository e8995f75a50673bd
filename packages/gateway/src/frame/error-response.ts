import { AuthError, PostError, serviceError } from "@firn/auth";
import type { ProtocolFamily } from "@firn/auth";
import { FirnError } from "@firn/core";
import {
  MalformedError,
  ServiceError,
  UnsupportedMemberError,
  contentTypeOf,
  escapeXml,
} from "@firn/wire";
import type { Protocol, WireResponse } from "@firn/wire";
import { BodyTooLargeError } from "./request-body.ts";
import type { AnyService, ErrorMapping } from "./service.ts";

const FAMILIES: Readonly<Record<Protocol, ProtocolFamily>> = {
  "json-1.0": "json",
  "json-1.1": "json",
  "rest-json": "restJson",
  "rest-xml": "s3",
  "ec2-query": "ec2",
};

/** What a thrown value becomes for the client of a service. */
export function toServiceError(service: AnyService, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const { refusals, protocol } = service;
  if (error instanceof AuthError) return fromAuth(protocol, error);
  if (error instanceof PostError) {
    return new ServiceError(error.code, error.status, error.message, { cause: error });
  }
  if (error instanceof MalformedError) return refusals.malformed(error.reason);
  if (error instanceof UnsupportedMemberError) return refusals.unsupported(error.member);
  if (error instanceof BodyTooLargeError) return refusals.bodyTooLarge(error.limitBytes);
  if (error instanceof FirnError) {
    return fromMapping(service.errors[error.code] ?? service.faults[error.kind], error);
  }
  const { code, status, message } = service.faults.internal;
  const text = typeof message === "string" ? message : "An internal error occurred.";
  return new ServiceError(code, status, text, { cause: error });
}

function fromAuth(protocol: Protocol, error: AuthError): ServiceError {
  const { code, status, message, elements } = serviceError(FAMILIES[protocol], error);
  const options = { members: Object.fromEntries(elements), cause: error };
  return new ServiceError(code, status, message, options);
}

function fromMapping(mapping: ErrorMapping, error: FirnError): ServiceError {
  const { code, status, message = error.message } = mapping;
  const text = typeof message === "function" ? message(error.detail) : message;
  return new ServiceError(code, status, text, {
    members: mapping.members?.(error.detail),
    headers: mapping.headers?.(error.detail),
    cause: error,
  });
}

export interface ErrorTarget {
  readonly requestId: string;
  /** The path as the client sees it; S3 names it in its errors. */
  readonly path: string;
}

/** The error in the form of its service. */
export function writeError(
  service: AnyService,
  error: ServiceError,
  target: ErrorTarget,
): WireResponse {
  const { protocol } = service;
  const headers: Record<string, string> = {
    ...error.headers,
    "content-type": contentTypeOf(protocol),
  };
  if (protocol === "rest-json") headers["x-amzn-errortype"] = error.code;
  return { status: error.status, headers, body: errorBody(service, error, target) };
}

function errorBody(service: AnyService, error: ServiceError, target: ErrorTarget): string {
  const { code, message, members } = error;
  switch (service.protocol) {
    case "json-1.0":
    case "json-1.1": {
      const type = service.errorType?.(code) ?? code;
      const key = service.errorMessageKey?.(code) ?? "message";
      return JSON.stringify({ __type: type, [key]: message, ...members });
    }
    case "rest-json": {
      const key = service.errorMessageKey?.(code) ?? "message";
      return JSON.stringify({ code, [key]: message, type: blame(error.status), ...members });
    }
    case "ec2-query":
      return (
        `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>` +
        `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error></Errors>` +
        `<RequestID>${target.requestId}</RequestID></Response>`
      );
    case "rest-xml":
      return s3Error(error, target);
  }
}

/** Glacier's `type`. */
function blame(status: number): "Client" | "Server" {
  return status < 500 ? "Client" : "Server";
}

function s3Error({ code, message, members }: ServiceError, target: ErrorTarget): string {
  let extra = "";
  for (const [name, value] of Object.entries({ Resource: target.path, ...members })) {
    if (value !== undefined) extra += `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(code)}</Code>` +
    `<Message>${escapeXml(message)}</Message>${extra}` +
    `<RequestId>${target.requestId}</RequestId><HostId>${target.requestId}</HostId></Error>`
  );
}
