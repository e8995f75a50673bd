/** What exactly cannot be read in an Authorization header or a presigned query. */
export type AuthProblem =
  | "components"
  | "componentMalformed"
  | "credentialMissing"
  | "signedHeadersMissing"
  | "signatureMissing"
  | "credentialMalformed"
  | "credentialDate"
  | "dateDiffers"
  | "region"
  | "service"
  | "terminator"
  | "algorithm"
  | "parametersMissing"
  | "dateFormat"
  | "expiresNumber"
  | "expiresNegative"
  | "expiresTooLarge";

/** One wording for S3 and one for every other service; `{name}` stands for a detail. */
export const authProblems: Readonly<
  Record<AuthProblem, { readonly s3: string; readonly other: string }>
> = {
  components: {
    s3: "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    other: "Authorization header requires 'Credential' parameter.",
  },
  componentMalformed: {
    s3: 'the authorization component "{given}" is malformed.',
    other: "'{given}' not a valid key=value pair (missing equal-sign) in Authorization header.",
  },
  credentialMissing: {
    s3: "missing Credential.",
    other: "Authorization header requires 'Credential' parameter.",
  },
  signedHeadersMissing: {
    s3: "missing SignedHeaders.",
    other: "Authorization header requires 'SignedHeaders' parameter.",
  },
  signatureMissing: {
    s3: "missing Signature.",
    other: "Authorization header requires 'Signature' parameter.",
  },
  credentialMalformed: {
    s3: 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    other:
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{given}'.",
  },
  credentialDate: {
    s3: 'incorrect date format "{given}". This date in the credential must be in the format "yyyyMMdd".',
    other: "Date in Credential scope must be in the format YYYYMMDD, got '{given}'.",
  },
  dateDiffers: {
    s3: 'Invalid credential date "{given}". This date is not the same as X-Amz-Date: "{expected}".',
    other:
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{given}' != '{expected}', from '{timestamp}'.",
  },
  region: {
    s3: "the region '{given}' is wrong; expecting '{expected}'",
    other: "Credential should be scoped to a valid region, not '{given}'. ",
  },
  service: {
    s3: 'incorrect service "{given}". This endpoint belongs to "{expected}".',
    other: "Credential should be scoped to correct service: '{expected}'. ",
  },
  terminator: {
    s3: 'incorrect terminal "{given}". This endpoint uses "aws4_request".',
    other: "Credential should be scoped with a valid terminator: 'aws4_request', not '{given}'. ",
  },
  algorithm: {
    s3: 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
    other: "Unsupported AWS 'algorithm': '{given}'. ",
  },
  parametersMissing: {
    s3: "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    other: "{missing} Re-examine the query-string parameters.",
  },
  dateFormat: {
    s3: "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    other:
      "Date must be in ISO-8601 'basic format'. Got '{given}'. See http://en.wikipedia.org/wiki/ISO_8601",
  },
  expiresNumber: {
    s3: "X-Amz-Expires should be a number",
    other: "X-Amz-Expires should be a number",
  },
  expiresNegative: {
    s3: "X-Amz-Expires must be non-negative",
    other: "X-Amz-Expires must be non-negative",
  },
  expiresTooLarge: {
    s3: "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    other:
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
  },
};
