import { template } from "./service-error-template.ts";
import type { ServiceErrorTemplates } from "./service-error-template.ts";

const invalidSignature = (message: string): ReturnType<typeof template> =>
  template("InvalidSignatureException", 400, message);
const incomplete = template("IncompleteSignatureException", 400, "{problem}");
/** Version 2 belongs to S3; elsewhere nothing reads it. */
const noVersion2 = template(
  "MissingAuthenticationTokenException",
  400,
  "Request is missing Authentication Token",
);
/** aws-chunked bodies belong to S3; elsewhere nothing asks for them. */
const noChunks = template("SerializationException", 400, "The request body cannot be read.");

/** DynamoDB answers every refusal with 400, under the prefix `com.amazon.coral.service#`. */
export const jsonErrors: ServiceErrorTemplates = {
  FIRN_AUTH_MISSING: template(
    "MissingAuthenticationTokenException",
    400,
    "Request is missing Authentication Token",
  ),
  FIRN_AUTH_UNSUPPORTED: noVersion2,
  FIRN_AUTH_AMBIGUOUS: invalidSignature(
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
  ),
  FIRN_AUTH_HEADER_INCOMPLETE: template(
    "IncompleteSignatureException",
    400,
    "{missing}Authorization={authorization}",
  ),
  FIRN_AUTH_HEADER_MALFORMED: incomplete,
  FIRN_AUTH_HEADER_SCOPE: invalidSignature("{problem}"),
  FIRN_AUTH_DATE_MISSING: template(
    "IncompleteSignatureException",
    400,
    "{missing}Authorization={authorization}",
  ),
  FIRN_AUTH_QUERY_INCOMPLETE: incomplete,
  FIRN_AUTH_QUERY_MALFORMED: incomplete,
  FIRN_AUTH_QUERY_SCOPE: invalidSignature("{problem}"),
  FIRN_AUTH_HEADERS_NOT_SIGNED: invalidSignature(
    "'{headers}' must be a 'SignedHeader' in the AWS Authorization.",
  ),
  FIRN_AUTH_V2_HEADER_MALFORMED: noVersion2,
  FIRN_AUTH_V2_QUERY_MALFORMED: noVersion2,
  FIRN_AUTH_KEY_UNKNOWN: template(
    "UnrecognizedClientException",
    400,
    "The security token included in the request is invalid.",
  ),
  FIRN_AUTH_TOKEN_INVALID: template(
    "UnrecognizedClientException",
    400,
    "The security token included in the request is invalid.",
  ),
  FIRN_AUTH_TOKEN_EXPIRED: template(
    "ExpiredTokenException",
    400,
    "The security token included in the request is expired",
  ),
  FIRN_AUTH_CLOCK_SKEWED: invalidSignature("{skew}"),
  FIRN_AUTH_PRESIGN_EXPIRED: invalidSignature("{skew}"),
  FIRN_AUTH_PRESIGN_NOT_YET: invalidSignature("{skew}"),
  FIRN_AUTH_SIGNATURE_MISMATCH: invalidSignature(
    "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  ),
  FIRN_AUTH_PAYLOAD_UNDECLARED: incomplete,
  FIRN_AUTH_PAYLOAD_UNREADABLE: invalidSignature(
    "The value of the x-amz-content-sha256 header, '{given}', is not a SHA-256 hash.",
  ),
  FIRN_AUTH_PAYLOAD_MISMATCH: invalidSignature(
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

/**
 * Glacier's list gives 403 to a wrong signature and to an ended token, 400 to the rest.
 * @see https://docs.aws.amazon.com/amazonglacier/latest/dev/api-error-responses.html
 */
export const restJsonErrors: ServiceErrorTemplates = Object.fromEntries(
  Object.entries(jsonErrors).map(([code, cell]) => [
    code,
    /^(InvalidSignature|ExpiredToken)/.test(cell.code) ? { ...cell, status: 403 } : cell,
  ]),
) as ServiceErrorTemplates;
