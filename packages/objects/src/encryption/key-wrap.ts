import { createCipheriv, createDecipheriv } from "node:crypto";

/** AES key wrap (RFC 3394): 32 bytes become 40, and a wrong key is noticed. */

const ALGORITHM = "id-aes256-wrap";
/** The initial value of RFC 3394, section 2.2.3.1. */
const INITIAL = Buffer.alloc(8, 0xa6);

export function wrapKey(wrapping: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ALGORITHM, wrapping, INITIAL);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}

/** `undefined` when it was not wrapped with this key. */
export function unwrapKey(wrapping: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv(ALGORITHM, wrapping, INITIAL);
  try {
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    return undefined;
  }
}
