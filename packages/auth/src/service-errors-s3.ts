import { template } from "./service-error-template.ts";
import type { ServiceErrorTemplate, ServiceErrorTemplates } from "./service-error-template.ts";

const headerMalformed: ServiceErrorTemplate = {
  code: "AuthorizationHeaderMalformed",
  status: 400,
  message: "The authorization header is malformed; {problem}",
  elements: [["Region", "expectedRegion"]],
};

const signatureMismatch: ServiceErrorTemplate = {
  code: "SignatureDoesNotMatch",
  status: 403,
  message:
    "The request signature we calculated does not match the signature you provided. " +
    "Check your key and signing method.",
  elements: [
    ["AWSAccessKeyId", "accessKeyId"],
    ["StringToSign", "stringToSign"],
    ["SignatureProvided", "signature"],
    ["StringToSignBytes", "stringToSignBytes"],
    ["CanonicalRequest", "canonicalRequest"],
    ["CanonicalRequestBytes", "canonicalRequestBytes"],
  ],
};

const bodyTerminated = template("IncompleteBody", 400, "The request body terminated unexpectedly");

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const s3Errors: ServiceErrorTemplates = {
  FIRN_AUTH_MISSING: template("AccessDenied", 403, "Access Denied"),
  FIRN_AUTH_UNSUPPORTED: template(
    "InvalidRequest",
    400,
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  ),
  FIRN_AUTH_AMBIGUOUS: template(
    "InvalidArgument",
    400,
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query " +
      "string parameter or the Authorization header should be specified",
  ),
  FIRN_AUTH_HEADER_INCOMPLETE: headerMalformed,
  FIRN_AUTH_HEADER_MALFORMED: headerMalformed,
  FIRN_AUTH_HEADER_SCOPE: headerMalformed,
  FIRN_AUTH_DATE_MISSING: template(
    "AccessDenied",
    403,
    "AWS authentication requires a valid Date or x-amz-date header",
  ),
  FIRN_AUTH_QUERY_INCOMPLETE: template("AuthorizationQueryParametersError", 400, "{problem}"),
  FIRN_AUTH_QUERY_MALFORMED: template("AuthorizationQueryParametersError", 400, "{problem}"),
  FIRN_AUTH_QUERY_SCOPE: {
    code: "AuthorizationQueryParametersError",
    status: 400,
    message: "Error parsing the X-Amz-Credential parameter; {problem}",
    elements: [["Region", "expectedRegion"]],
  },
  FIRN_AUTH_HEADERS_NOT_SIGNED: {
    code: "AccessDenied",
    status: 403,
    message: "There were headers present in the request which were not signed",
    elements: [["HeadersNotSigned", "headers"]],
  },
  FIRN_AUTH_V2_HEADER_MALFORMED: {
    code: "InvalidArgument",
    status: 400,
    message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
    elements: [
      ["ArgumentName", "argument"],
      ["ArgumentValue", "given"],
    ],
  },
  FIRN_AUTH_V2_QUERY_MALFORMED: template("AccessDenied", 403, "{reason}"),
  FIRN_AUTH_KEY_UNKNOWN: {
    code: "InvalidAccessKeyId",
    status: 403,
    message: "The AWS Access Key Id you provided does not exist in our records.",
    elements: [["AWSAccessKeyId", "accessKeyId"]],
  },
  FIRN_AUTH_TOKEN_INVALID: template(
    "InvalidToken",
    400,
    "The provided token is malformed or otherwise invalid.",
  ),
  FIRN_AUTH_TOKEN_EXPIRED: template("ExpiredToken", 400, "The provided token has expired."),
  FIRN_AUTH_CLOCK_SKEWED: {
    code: "RequestTimeTooSkewed",
    status: 403,
    message: "The difference between the request time and the current time is too large.",
    elements: [
      ["RequestTime", "timestamp"],
      ["ServerTime", "serverTime"],
      ["MaxAllowedSkewMilliseconds", "skewMsMax"],
    ],
  },
  FIRN_AUTH_PRESIGN_EXPIRED: {
    code: "AccessDenied",
    status: 403,
    message: "Request has expired",
    elements: [
      ["X-Amz-Expires", "expiresSeconds"],
      ["Expires", "expiresTime"],
      ["ServerTime", "serverTime"],
    ],
  },
  FIRN_AUTH_PRESIGN_NOT_YET: template("AccessDenied", 403, "Request is not valid yet"),
  FIRN_AUTH_SIGNATURE_MISMATCH: signatureMismatch,
  FIRN_AUTH_PAYLOAD_UNDECLARED: template(
    "InvalidRequest",
    400,
    "Missing required header for this request: x-amz-content-sha256",
  ),
  FIRN_AUTH_PAYLOAD_UNREADABLE: {
    code: "InvalidArgument",
    status: 400,
    message:
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, " +
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, " +
      "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, " +
      "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    elements: [
      ["ArgumentName", "argument"],
      ["ArgumentValue", "given"],
    ],
  },
  FIRN_AUTH_PAYLOAD_MISMATCH: {
    code: "XAmzContentSHA256Mismatch",
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
    elements: [
      ["ClientComputedContentSHA256", "declared"],
      ["S3ComputedContentSHA256", "computed"],
    ],
  },
  FIRN_CHUNK_SIGNATURE_MISMATCH: signatureMismatch,
  FIRN_CHUNK_MALFORMED: bodyTerminated,
  FIRN_CHUNK_TOO_SMALL: {
    code: "InvalidChunkSizeError",
    status: 403,
    message: "Only the last chunk is allowed to have a size less than 8192 bytes",
    elements: [
      ["Chunk", "chunk"],
      ["BadChunkSize", "bytes"],
    ],
  },
  FIRN_CHUNK_TRAILER_MALFORMED: template(
    "MalformedTrailerError",
    400,
    "The request contained trailing data that was not well-formed or did not conform to our " +
      "published schema.",
  ),
  FIRN_CHUNK_TRUNCATED: bodyTerminated,
  FIRN_CHUNK_LENGTH_MISSING: template(
    "MissingContentLength",
    411,
    "You must provide the Content-Length HTTP header.",
  ),
  FIRN_CHUNK_LENGTH_MISMATCH: template(
    "IncompleteBody",
    400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
  ),
};
