import { KEY_BYTES_MAX } from "../constants.ts";
import { objectError } from "../errors.ts";

/** Half of a pair: text that UTF-8 cannot carry. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Keys are any text of 1 to 1024 bytes of UTF-8; nothing in them has a meaning (`a//b`, `..`).
 *
 * @throws FIRN_OBJECT_KEY_TOO_LONG, FIRN_OBJECT_KEY_INVALID when empty or not well-formed.
 */
export function checkObjectKey(key: string): void {
  if (key.length === 0 || LONE_SURROGATE.test(key)) {
    throw objectError("FIRN_OBJECT_KEY_INVALID", "A key needs 1 to 1024 bytes of UTF-8 text.");
  }
  // A UTF-16 unit is at most 3 bytes of UTF-8, so that most keys need no counting.
  if (key.length * 3 <= KEY_BYTES_MAX) return;
  const size = Buffer.byteLength(key);
  if (size <= KEY_BYTES_MAX) return;
  throw objectError("FIRN_OBJECT_KEY_TOO_LONG", "Your key is too long.", {
    detail: { size, maxSizeAllowed: KEY_BYTES_MAX },
  });
}
