import type { AuthError } from "./auth-error.ts";
import { authProblems } from "./auth-problem.ts";
import type { ProtocolFamily, ServiceErrorTemplates } from "./service-error-template.ts";
import { ec2Errors } from "./service-errors-ec2.ts";
import { jsonErrors, restJsonErrors } from "./service-errors-json.ts";
import { queryErrors } from "./service-errors-query.ts";
import { s3Errors } from "./service-errors-s3.ts";

/** Every refusal in the words of every protocol; `serviceError` looks one up and fills it. */
export const serviceErrors: Readonly<Record<ProtocolFamily, ServiceErrorTemplates>> = {
  s3: s3Errors,
  json: jsonErrors,
  restJson: restJsonErrors,
  ec2: ec2Errors,
  query: queryErrors,
};

/** What goes to the client. */
export interface ServiceError {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly message: string;
  /** Names and texts in order, not yet escaped: S3's extra elements of `<Error>`. */
  readonly elements: readonly (readonly [name: string, text: string])[];
}

/** The service's own error for a refusal, ready to be encoded by the protocol. */
export function serviceError(family: ProtocolFamily, error: AuthError): ServiceError {
  const cell = serviceErrors[family][error.code];
  const detail = error.detail;
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => String(detail[name] ?? ""));
  const { problem } = detail;
  const wording = problem && fill(authProblems[problem][family === "s3" ? "s3" : "other"]);
  return {
    code: cell.code,
    status: cell.status,
    message: cell.message.replace(/\{(\w+)\}/g, (_, name: string) =>
      String((name === "problem" ? wording : detail[name]) ?? ""),
    ),
    elements: cell.elements
      .filter(([, name]) => detail[name] !== undefined)
      .map(([element, name]) => [element, String(detail[name])] as const),
  };
}
