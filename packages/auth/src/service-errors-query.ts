import { template } from "./service-error-template.ts";
import type { ServiceErrorTemplates } from "./service-error-template.ts";

const mismatch = (message: string): ReturnType<typeof template> =>
  template("SignatureDoesNotMatch", 403, message);
const incomplete = template("IncompleteSignature", 400, "{problem}");
/** Version 2 is S3's here; elsewhere nothing reads it. */
const noVersion2 = template(
  "MissingAuthenticationToken",
  403,
  "Request is missing Authentication Token",
);
/** aws-chunked bodies belong to S3; elsewhere nothing asks for them. */
const noChunks = template("MalformedInput", 400, "The request body cannot be read.");

/** IAM and STS. @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export const queryErrors: ServiceErrorTemplates = {
  FIRN_AUTH_MISSING: template(
    "MissingAuthenticationToken",
    403,
    "Request is missing Authentication Token",
  ),
  FIRN_AUTH_UNSUPPORTED: noVersion2,
  FIRN_AUTH_AMBIGUOUS: mismatch(
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
  ),
  FIRN_AUTH_HEADER_INCOMPLETE: template(
    "IncompleteSignature",
    400,
    "{missing}Authorization={authorization}",
  ),
  FIRN_AUTH_HEADER_MALFORMED: incomplete,
  FIRN_AUTH_HEADER_SCOPE: mismatch("{problem}"),
  FIRN_AUTH_DATE_MISSING: template(
    "IncompleteSignature",
    400,
    "{missing}Authorization={authorization}",
  ),
  FIRN_AUTH_QUERY_INCOMPLETE: incomplete,
  FIRN_AUTH_QUERY_MALFORMED: incomplete,
  FIRN_AUTH_QUERY_SCOPE: mismatch("{problem}"),
  FIRN_AUTH_HEADERS_NOT_SIGNED: mismatch(
    "'{headers}' must be a 'SignedHeader' in the AWS Authorization.",
  ),
  FIRN_AUTH_V2_HEADER_MALFORMED: noVersion2,
  FIRN_AUTH_V2_QUERY_MALFORMED: noVersion2,
  FIRN_AUTH_KEY_UNKNOWN: template(
    "InvalidClientTokenId",
    403,
    "The security token included in the request is invalid.",
  ),
  FIRN_AUTH_TOKEN_INVALID: template(
    "InvalidClientTokenId",
    403,
    "The security token included in the request is invalid.",
  ),
  FIRN_AUTH_TOKEN_EXPIRED: template(
    "ExpiredToken",
    403,
    "The security token included in the request is expired",
  ),
  FIRN_AUTH_CLOCK_SKEWED: mismatch("{skew}"),
  FIRN_AUTH_PRESIGN_EXPIRED: mismatch("{skew}"),
  FIRN_AUTH_PRESIGN_NOT_YET: mismatch("{skew}"),
  FIRN_AUTH_SIGNATURE_MISMATCH: mismatch(
    "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  ),
  FIRN_AUTH_PAYLOAD_UNDECLARED: incomplete,
  FIRN_AUTH_PAYLOAD_UNREADABLE: mismatch(
    "The value of the x-amz-content-sha256 header, '{given}', is not a SHA-256 hash.",
  ),
  FIRN_AUTH_PAYLOAD_MISMATCH: mismatch(
    "The value passed in as x-amz-content-sha256 does not match the computed payload hash. " +
      "Computed digest: {computed} expected hash: {declared}",
  ),
  FIRN_CHUNK_SIGNATURE_MISMATCH: noChunks,
  FIRN_CHUNK_MALFORMED: noChunks,
  FIRN_CHUNK_TOO_SMALL: noChunks,
  FIRN_CHUNK_TRAILER_MALFORMED: noChunks,
  FIRN_CHUNK_TRUNCATED: noChunks,
  FIRN_CHUNK_LENGTH_MISSING: noChunks,
  FIRN_CHUNK_LENGTH_MISMATCH: noChunks,
};
