import type { AuthErrorCode } from "./auth-error.ts";

/**
 * How a service words a refusal: `s3` (XML), `json` (JSON 1.0 and 1.1: DynamoDB and its streams),
 * `restJson` (Glacier, EBS direct APIs), `ec2` (EC2's XML), `query` (IAM, STS).
 */
export type ProtocolFamily = "s3" | "json" | "restJson" | "ec2" | "query";

/** One cell of the table. `{name}` in a text stands for the error's detail of that name. */
export interface ServiceErrorTemplate {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly message: string;
  /** XML elements beside Code and Message: element name and the detail that fills it. */
  readonly elements: readonly (readonly [element: string, detail: string])[];
}

/** A cell for every code: a family that lacks one does not compile. */
export type ServiceErrorTemplates = Readonly<Record<AuthErrorCode, ServiceErrorTemplate>>;

/** A cell without XML elements of its own. */
export function template(code: string, status: number, message: string): ServiceErrorTemplate {
  return { code, status, message, elements: [] };
}
