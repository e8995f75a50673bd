import { AuthError } from "./auth-error.ts";
import { TRAILERS_MAX } from "./constants.ts";

const SIGNATURE = "x-amz-trailer-signature";

export interface Trailers {
  /** Lower-case names, in the order sent; the signature is not among them. */
  readonly values: ReadonlyMap<string, string>;
  readonly signature: string | undefined;
}

/**
 * Reads what stands behind the last chunk's header: trailer lines and an empty line. Some signers
 * end a line with LF alone or put an empty one before the signature; both are taken.
 * @throws FIRN_CHUNK_TRUNCATED without the empty line at the end, FIRN_CHUNK_TRAILER_MALFORMED for
 * anything else, and for trailers that were not announced or announced and not sent.
 */
export function parseTrailers(
  section: string,
  rules: { readonly allowed: boolean; readonly announced: readonly string[] },
): Trailers {
  if (!/(^|\n)\r?\n$/.test(section)) {
    throw new AuthError("FIRN_CHUNK_TRUNCATED", "the body ends before its last line");
  }
  const lines = section.split(/\r?\n/).filter((line) => line !== "");
  const values = new Map<string, string>();
  let signature: string | undefined;
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (name === "" || values.has(name) || signature !== undefined) throw malformed();
    if (name === SIGNATURE) signature = value;
    else values.set(name, value);
  }
  if (!rules.allowed && lines.length > 0) throw malformed();
  if (values.size > TRAILERS_MAX) throw malformed();
  const announced = new Set(rules.announced);
  if (announced.size !== values.size || rules.announced.some((name) => !values.has(name))) {
    throw malformed();
  }
  return { values, signature };
}

function malformed(): AuthError {
  return new AuthError("FIRN_CHUNK_TRAILER_MALFORMED", "the trailer cannot be read");
}
