import { createHash, hash } from "node:crypto";
import { EMPTY_SHA256, requireHash } from "./payload-binding.ts";
import type { PayloadBinding } from "./request.ts";

/**
 * Hands the body on and ends with an error unless its SHA-256 is the one that was signed. What was
 * handed out before the end is not vouched for: commit nothing until the iteration has ended.
 * @throws FIRN_AUTH_PAYLOAD_MISMATCH behind the last byte.
 */
export async function* verifyPayload(
  source: AsyncIterable<Uint8Array>,
  sha256: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash("sha256");
  for await (const bytes of source) {
    hash.update(bytes);
    yield bytes;
  }
  requireHash(sha256, hash.digest("hex"));
}

/**
 * The same for a body that was read in one piece after `verify`.
 * @throws FIRN_AUTH_PAYLOAD_MISMATCH.
 */
export function requirePayload(payload: PayloadBinding, body: Uint8Array): void {
  if (payload.kind !== "sha256") return;
  requireHash(payload.sha256, body.length === 0 ? EMPTY_SHA256 : hash("sha256", body));
}
