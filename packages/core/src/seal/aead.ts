/** AES-256-GCM in one piece, as everything that is sealed here uses it. */
import { createCipheriv, createDecipheriv } from "node:crypto";

const CIPHER = "aes-256-gcm";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** What a message is sealed with; the same nonce never comes twice under one key. */
export interface AeadUse {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** Not in the message, and needed to open it: where it belongs. */
  readonly bound: Uint8Array;
}

/** Writes ciphertext and tag, `bytes.length + 16`, which may be where the bytes themselves lie. */
export function encryptInto(use: AeadUse, bytes: Uint8Array, into: Uint8Array): void {
  const cipher = createCipheriv(CIPHER, use.key, use.nonce);
  cipher.setAAD(use.bound);
  into.set(cipher.update(bytes), 0);
  cipher.final();
  into.set(cipher.getAuthTag(), bytes.length);
}

/** The bytes; `undefined` when key, nonce, binding or any bit of it is not what it was. */
export function decrypt(use: AeadUse, sealed: Uint8Array): Buffer | undefined {
  const end = sealed.length - TAG_BYTES;
  if (end < 0) return undefined;
  const decipher = createDecipheriv(CIPHER, use.key, use.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(use.bound);
  decipher.setAuthTag(sealed.subarray(end));
  const bytes = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return bytes;
}
