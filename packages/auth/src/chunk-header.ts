import { AuthError } from "./auth-error.ts";
import { CHUNK_BYTES_MAX } from "./constants.ts";

const header = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?$/;

/**
 * Reads a chunk's header line, without its line end. Where nobody can verify signatures (a server
 * that takes any of them) a chunk may have one all the same.
 * @throws FIRN_CHUNK_MALFORMED.
 */
export function parseChunkHeader(
  line: string,
  signed: boolean,
): { readonly bytes: number; readonly signature: string | undefined } {
  const match = header.exec(line);
  const bytes = match === null ? Number.NaN : Number.parseInt(match[1] as string, 16);
  if (match === null || bytes > CHUNK_BYTES_MAX || (signed && match[2] === undefined)) {
    throw new AuthError("FIRN_CHUNK_MALFORMED", "a chunk's header cannot be read");
  }
  return { bytes, signature: match[2] };
}
