import { createHmac, hash, timingSafeEqual } from "node:crypto";

const BLOCK_BYTES = 64;
const SIGNATURE_LENGTH = 64;
/** Room for any string to sign: three hashes, a date, a scope. Longer ones take the slow way. */
const TEXT_BYTES_MAX = 1024;

/**
 * The key derived from a secret for one day, region and service.
 *
 * HMAC is two hashes over the key, padded and xored with two constants. Keeping both pads and
 * calling the one-shot hash twice takes 1.3 µs where createHmac takes 2.1.
 */
export class SigningKey {
  readonly #key: Buffer;
  readonly #inner: Buffer = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES_MAX);
  readonly #outer: Buffer = Buffer.alloc(BLOCK_BYTES + 32);
  readonly #given: Buffer = Buffer.alloc(SIGNATURE_LENGTH);
  readonly #computed: Buffer = Buffer.alloc(SIGNATURE_LENGTH);
  /** Strings to sign of one key have one length, so that the same view fits again and again. */
  #message: Buffer = this.#inner;

  /** `key`: 32 bytes. */
  constructor(key: Buffer) {
    this.#key = key;
    this.#inner.fill(0x36, 0, BLOCK_BYTES);
    this.#outer.fill(0x5c, 0, BLOCK_BYTES);
    for (const [i, byte] of key.entries()) {
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    }
  }

  /** HMAC-SHA256 of the text's UTF-8 bytes, in hex. */
  sign(text: string): string {
    // A UTF-16 unit takes three bytes of UTF-8 at the most.
    if (text.length * 3 > TEXT_BYTES_MAX) {
      return createHmac("sha256", this.#key).update(text).digest("hex");
    }
    const end = BLOCK_BYTES + this.#inner.write(text, BLOCK_BYTES);
    if (this.#message.length !== end) this.#message = this.#inner.subarray(0, end);
    const inner = hash("sha256", this.#message, "binary");
    this.#outer.write(inner, BLOCK_BYTES, "latin1");
    return hash("sha256", this.#outer);
  }

  /** Whether `signature`, 64 lower-case hex digits, is the text's; compared in constant time. */
  verify(text: string, signature: string): boolean {
    if (signature.length !== SIGNATURE_LENGTH) return false;
    const computed = this.sign(text);
    this.#given.write(signature, 0, "latin1");
    this.#computed.write(computed, 0, "latin1");
    // Latin-1 cuts characters above U+00FF; once both are known to be alike, comparing is safe.
    return timingSafeEqual(this.#given, this.#computed) && signature === computed;
  }
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function deriveSigningKey(
  secretAccessKey: string,
  scope: { readonly date: string; readonly region: string; readonly service: string },
): SigningKey {
  let key = Buffer.from(`AWS4${secretAccessKey}`);
  for (const step of [scope.date, scope.region, scope.service, "aws4_request"]) {
    key = createHmac("sha256", key).update(step).digest();
  }
  return new SigningKey(key);
}

/** Compares two secrets in a time that depends on their lengths only. */
export function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
