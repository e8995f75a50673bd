import { parsePolicy, PolicyError } from "@firn/auth";
import type { Policy } from "@firn/auth";
import { ServiceError } from "@firn/wire";

const POLICY_BYTES_MAX = 20_480;

/** A policy of a table or stream as it will be evaluated. @throws ValidationException. */
export function checkPolicy(text: string): Policy {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) {
    throw refused(`Maximum policy size of ${POLICY_BYTES_MAX} bytes exceeded`);
  }
  try {
    return parsePolicy(text, { kind: "resource", bytesMax: POLICY_BYTES_MAX });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw refused(`Invalid policy document: ${error.message}`);
  }
}

function refused(text: string): ServiceError {
  return new ServiceError(
    "ValidationException",
    400,
    `One or more parameter values were invalid: ${text}`,
  );
}
