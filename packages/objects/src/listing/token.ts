import { objectError } from "../errors.ts";

/** Continuation tokens: opaque to callers; the name that the page ended with, in base64url. */
export function writeToken(name: string): string {
  return Buffer.from(name).toString("base64url");
}

/** @throws FIRN_OBJECT_ARGUMENT_INVALID for what `writeToken` never made. */
export function readToken(token: string): string {
  const name = Buffer.from(token, "base64url").toString();
  if (name.length > 0 && writeToken(name) === token) return name;
  throw objectError(
    "FIRN_OBJECT_ARGUMENT_INVALID",
    "The continuation token provided is incorrect",
    { detail: { argument: "continuation-token", value: token } },
  );
}
