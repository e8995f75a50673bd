import { FirnError } from "@firn/core";
import type { FirnErrorKind, FirnErrorOptions } from "@firn/core";

export type NbdErrorCode =
  | "FIRN_NBD_ADDRESS_TAKEN"
  | "FIRN_NBD_LISTEN_FAILED"
  | "FIRN_NBD_CERTIFICATE";

export const nbdErrors: Readonly<Record<NbdErrorCode, FirnErrorKind>> = {
  FIRN_NBD_ADDRESS_TAKEN: "conflict",
  FIRN_NBD_LISTEN_FAILED: "unavailable",
  FIRN_NBD_CERTIFICATE: "invalid",
};

export function nbdError(
  code: NbdErrorCode,
  message: string,
  options?: FirnErrorOptions,
): FirnError {
  return new FirnError(nbdErrors[code], code, message, options);
}
