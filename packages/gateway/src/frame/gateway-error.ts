import { FirnError } from "@firn/core";
import type { FirnErrorKind, FirnErrorOptions } from "@firn/core";

/** The gateway's codes. */
export type GatewayErrorCode =
  | "FIRN_PORT_TAKEN" // another program listens there: choose another port
  | "FIRN_LISTEN_FAILED" // the address is not to be had: not this machine's, or a privileged port
  | "FIRN_TLS_INVALID" // no certificate that can be used, or not with this key
  | "FIRN_CLIENT_GONE"; // the client closed its connection; handlers see it, nobody is answered

const gatewayErrors: Readonly<Record<GatewayErrorCode, FirnErrorKind>> = {
  FIRN_PORT_TAKEN: "conflict",
  FIRN_LISTEN_FAILED: "unavailable",
  FIRN_TLS_INVALID: "invalid",
  FIRN_CLIENT_GONE: "aborted",
};

export function gatewayError(
  code: GatewayErrorCode,
  message: string,
  options?: FirnErrorOptions,
): FirnError {
  return new FirnError(gatewayErrors[code], code, message, options);
}
