import { createHash } from "node:crypto";
import { coreError } from "../errors.ts";
import type { Random } from "../platform/random.ts";
import { NodeRandom } from "../platform/node-random.ts";
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES, decrypt, encryptInto } from "./aead.ts";
import type { KeyProvider } from "./key-provider.ts";

const BOUND: Buffer = Buffer.from("firn data key");
/** Of a SHA-256 in hex: enough to tell keys apart, and of no use for anything else. */
const ID_DIGITS = 16;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/]{43}=?$/;

export interface KeyBytesOptions {
  /** 32 bytes, unpredictable: not a passphrase. */
  readonly key: Uint8Array;
  readonly random?: Random | undefined;
}

/** A provider that has the key itself. @throws FIRN_ENCRYPTION_KEY_INVALID. */
export function keyFromBytes({ key, random = new NodeRandom() }: KeyBytesOptions): KeyProvider {
  if (key.length !== KEY_BYTES) {
    throw invalidKey(`an encryption key has ${KEY_BYTES} bytes, not ${key.length}`);
  }
  const digest = createHash("sha256").update("firn key id").update(key).digest("hex");
  return {
    id: `key-${digest.slice(0, ID_DIGITS)}`,
    wrap: (data) => Promise.resolve(wrapWith(key, data, random)),
    unwrap: (wrapped) => Promise.resolve(unwrapWith(key, wrapped)),
  };
}

/**
 * A provider of a key as text: 64 hex digits or 44 characters of base64, as `openssl rand` prints
 * them; white space around it does not count. @throws FIRN_ENCRYPTION_KEY_INVALID.
 */
export function keyFromText(text: string, random?: Random): KeyProvider {
  const key = decodeKeyText(text.trim());
  if (key !== undefined) return keyFromBytes({ key, random });
  throw invalidKey("an encryption key is 64 hex digits, or 32 bytes in base64");
}

/** The bytes of such a text, `undefined` when it is none. */
export function decodeKeyText(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, "hex");
  return BASE64.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** `nonce, ciphertext, tag` of a data key under another key. */
export function wrapWith(key: Uint8Array, data: Uint8Array, random: Random): Uint8Array {
  const wrapped = Buffer.alloc(NONCE_BYTES + data.length + TAG_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  wrapped.set(nonce);
  encryptInto({ key, nonce, bound: BOUND }, data, wrapped.subarray(NONCE_BYTES));
  return wrapped;
}

export function unwrapWith(key: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  if (wrapped.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) return undefined;
  const nonce = wrapped.subarray(0, NONCE_BYTES);
  return decrypt({ key, nonce, bound: BOUND }, wrapped.subarray(NONCE_BYTES));
}

export function invalidKey(message: string): Error {
  return coreError("FIRN_ENCRYPTION_KEY_INVALID", message);
}
