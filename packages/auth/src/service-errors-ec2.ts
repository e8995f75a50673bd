import { template } from "./service-error-template.ts";
import type { ServiceErrorTemplate, ServiceErrorTemplates } from "./service-error-template.ts";
import { queryErrors } from "./service-errors-query.ts";

/** EC2 tells strangers nothing: an unknown key and a wrong signature look the same. */
const authFailure: ServiceErrorTemplate = template(
  "AuthFailure",
  401,
  "AWS was not able to validate the provided access credentials",
);
const expired = template("RequestExpired", 400, "Request has expired.");

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export const ec2Errors: ServiceErrorTemplates = {
  ...queryErrors,
  FIRN_AUTH_MISSING: template(
    "MissingParameter",
    400,
    "The request must contain the parameter AWSAccessKeyId",
  ),
  FIRN_AUTH_UNSUPPORTED: authFailure,
  FIRN_AUTH_AMBIGUOUS: authFailure,
  FIRN_AUTH_HEADER_SCOPE: authFailure,
  FIRN_AUTH_QUERY_SCOPE: authFailure,
  FIRN_AUTH_HEADERS_NOT_SIGNED: authFailure,
  FIRN_AUTH_KEY_UNKNOWN: authFailure,
  FIRN_AUTH_TOKEN_INVALID: authFailure,
  FIRN_AUTH_TOKEN_EXPIRED: template("RequestExpired", 400, "Request has expired."),
  FIRN_AUTH_CLOCK_SKEWED: expired,
  FIRN_AUTH_PRESIGN_EXPIRED: expired,
  FIRN_AUTH_PRESIGN_NOT_YET: expired,
  FIRN_AUTH_SIGNATURE_MISMATCH: authFailure,
  FIRN_AUTH_PAYLOAD_UNREADABLE: authFailure,
  FIRN_AUTH_PAYLOAD_MISMATCH: authFailure,
};
