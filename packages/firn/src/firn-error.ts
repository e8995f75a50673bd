import { FirnError } from "@firn/core";
import type { FirnErrorKind } from "@firn/core";

/** The umbrella's codes. */
export type UmbrellaErrorCode =
  | "FIRN_OPTIONS_INVALID" // options that contradict each other
  | "FIRN_AUTH_OFF_EXPOSED" // without authentication only loopback may be listened on
  | "FIRN_CLOSED"; // `listen` after `close`

/** Each with its kind. */
export const umbrellaErrors: Readonly<Record<UmbrellaErrorCode, FirnErrorKind>> = {
  FIRN_OPTIONS_INVALID: "invalid",
  FIRN_AUTH_OFF_EXPOSED: "invalid",
  FIRN_CLOSED: "closed",
};

export function umbrellaError(
  code: UmbrellaErrorCode,
  message: string,
  detail?: Readonly<Record<string, unknown>>,
): FirnError {
  return new FirnError(umbrellaErrors[code], code, message, { detail });
}
