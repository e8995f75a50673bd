import { FirnError } from "@firn/core";
import type { FirnErrorKind } from "@firn/core";
import type { AuthProblem } from "./auth-problem.ts";

/** Why a request is not let in: neutral, to be looked up in `serviceErrors` per protocol. */
export type AuthErrorCode =
  | "FIRN_AUTH_MISSING" // no signature at all: an anonymous request
  | "FIRN_AUTH_UNSUPPORTED" // signed, but not with AWS4-HMAC-SHA256
  | "FIRN_AUTH_AMBIGUOUS" // signed in the header and in the query
  | "FIRN_AUTH_HEADER_INCOMPLETE" // Authorization lacks a part
  | "FIRN_AUTH_DATE_MISSING" // signed in the header, without a readable X-Amz-Date or Date
  | "FIRN_AUTH_HEADER_MALFORMED" // Authorization has parts that cannot be read
  | "FIRN_AUTH_QUERY_INCOMPLETE" // presigned, but a parameter is missing
  | "FIRN_AUTH_QUERY_MALFORMED" // presigned, but a parameter cannot be read
  | "FIRN_AUTH_HEADER_SCOPE" // its credential names another date, region, service or terminator
  | "FIRN_AUTH_QUERY_SCOPE" // the same in a presigned URL
  | "FIRN_AUTH_HEADERS_NOT_SIGNED" // host or an x-amz- header is not covered
  | "FIRN_AUTH_V2_HEADER_MALFORMED" // Signature Version 2 whose header cannot be read
  | "FIRN_AUTH_V2_QUERY_MALFORMED" // the same in a presigned URL
  | "FIRN_AUTH_KEY_UNKNOWN" // no such access key, or a disabled one
  | "FIRN_AUTH_TOKEN_INVALID" // a session token that is not the credential's
  | "FIRN_AUTH_TOKEN_EXPIRED" // temporary credentials after their end
  | "FIRN_AUTH_CLOCK_SKEWED" // signed more than 15 minutes before or after our time
  | "FIRN_AUTH_PRESIGN_EXPIRED" // presigned URL after its end
  | "FIRN_AUTH_PRESIGN_NOT_YET" // presigned URL from the future
  | "FIRN_AUTH_SIGNATURE_MISMATCH"
  | "FIRN_AUTH_PAYLOAD_UNDECLARED" // S3 without x-amz-content-sha256
  | "FIRN_AUTH_PAYLOAD_UNREADABLE" // x-amz-content-sha256 is none of the known forms
  | "FIRN_AUTH_PAYLOAD_MISMATCH" // the body has another hash than was signed
  | "FIRN_CHUNK_SIGNATURE_MISMATCH"
  | "FIRN_CHUNK_MALFORMED" // aws-chunked framing cannot be read
  | "FIRN_CHUNK_TOO_SMALL" // a signed chunk below 8 KiB that is not the last
  | "FIRN_CHUNK_TRAILER_MALFORMED"
  | "FIRN_CHUNK_TRUNCATED" // the stream ended inside the framing
  | "FIRN_CHUNK_LENGTH_MISSING" // no x-amz-decoded-content-length
  | "FIRN_CHUNK_LENGTH_MISMATCH"; // decoded bytes differ from x-amz-decoded-content-length

export const authErrorKinds: Readonly<Record<AuthErrorCode, FirnErrorKind>> = {
  FIRN_AUTH_MISSING: "invalid",
  FIRN_AUTH_UNSUPPORTED: "invalid",
  FIRN_AUTH_AMBIGUOUS: "invalid",
  FIRN_AUTH_HEADER_INCOMPLETE: "invalid",
  FIRN_AUTH_DATE_MISSING: "invalid",
  FIRN_AUTH_HEADER_MALFORMED: "invalid",
  FIRN_AUTH_QUERY_INCOMPLETE: "invalid",
  FIRN_AUTH_QUERY_MALFORMED: "invalid",
  FIRN_AUTH_HEADER_SCOPE: "invalid",
  FIRN_AUTH_QUERY_SCOPE: "invalid",
  FIRN_AUTH_HEADERS_NOT_SIGNED: "invalid",
  FIRN_AUTH_V2_HEADER_MALFORMED: "invalid",
  FIRN_AUTH_V2_QUERY_MALFORMED: "invalid",
  FIRN_AUTH_KEY_UNKNOWN: "notFound",
  FIRN_AUTH_TOKEN_INVALID: "invalid",
  FIRN_AUTH_TOKEN_EXPIRED: "invalid",
  FIRN_AUTH_CLOCK_SKEWED: "invalid",
  FIRN_AUTH_PRESIGN_EXPIRED: "invalid",
  FIRN_AUTH_PRESIGN_NOT_YET: "invalid",
  FIRN_AUTH_SIGNATURE_MISMATCH: "invalid",
  FIRN_AUTH_PAYLOAD_UNDECLARED: "invalid",
  FIRN_AUTH_PAYLOAD_UNREADABLE: "invalid",
  FIRN_AUTH_PAYLOAD_MISMATCH: "invalid",
  FIRN_CHUNK_SIGNATURE_MISMATCH: "invalid",
  FIRN_CHUNK_MALFORMED: "invalid",
  FIRN_CHUNK_TOO_SMALL: "limit",
  FIRN_CHUNK_TRAILER_MALFORMED: "invalid",
  FIRN_CHUNK_TRUNCATED: "invalid",
  FIRN_CHUNK_LENGTH_MISSING: "invalid",
  FIRN_CHUNK_LENGTH_MISMATCH: "invalid",
};

/**
 * Facts of a refusal, for messages and for the XML elements that S3 adds. For the client only: what
 * it sent is in them, a session token in the canonical request among it. Do not log them.
 */
export interface AuthErrorDetail {
  readonly problem?: AuthProblem | undefined;
  readonly [name: string]: string | number | undefined;
}

/**
 * A refusal. `code` says why, `problem` what exactly could not be read, `detail` fills the
 * placeholders of `serviceErrors`.
 */
export class AuthError extends FirnError {
  declare readonly code: AuthErrorCode;
  declare readonly detail: AuthErrorDetail;
  readonly problem: AuthProblem | undefined;

  constructor(code: AuthErrorCode, message: string, detail: AuthErrorDetail = {}) {
    super(authErrorKinds[code], code, message, { detail });
    this.name = "AuthError";
    this.problem = detail.problem;
  }
}
