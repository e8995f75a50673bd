/**
 * Units of a stream that keep their length when they are sealed: an engine finds them by position,
 * and a message's 36 bytes more would move every one. So a unit has no nonce of its own. Its tag is
 * what a keyed hash makes of it and its number, and also where its keystream begins (a synthetic
 * initial value, as RFC 5297 has it, with HMAC-SHA256 and AES-256-CTR).
 *
 * What that costs: the tag has 64 bits, the room of the checksum whose place it takes; and the same
 * bytes under the same number are the same sealed bytes, so that whoever compares two copies of a
 * disk sees which blocks were written back as they had been. Different contents share a keystream
 * once in 2^32 writings of the same unit.
 */
import { createCipheriv, createHmac, timingSafeEqual } from "node:crypto";
import type { KeySpaceId, Position, SealedUnit, UnitSealer } from "../store-api.ts";
import type { MessageSealer } from "./sealer.ts";

const TAG_BYTES = 8;
const KEY_BYTES = 32;
const IV_BYTES = 16;
const CIPHER = "aes-256-ctr";

interface UnitKeys {
  readonly tagging: Uint8Array;
  readonly encrypting: Uint8Array;
}

export class StreamSealer implements UnitSealer {
  readonly from: Position;
  readonly #sealer: MessageSealer;
  readonly #space: KeySpaceId;
  #made: UnitKeys | undefined;

  constructor(sealer: MessageSealer, space: KeySpaceId, from: Position) {
    this.#sealer = sealer;
    this.#space = space;
    this.from = from;
  }

  seal(number: number, bytes: Uint8Array): SealedUnit {
    const { tagging, encrypting } = this.#keys();
    const tag = tagOf(tagging, number, bytes);
    return { tag, bytes: createCipheriv(CIPHER, encrypting, ivOf(tag, number)).update(bytes) };
  }

  open(number: number, { tag, bytes }: SealedUnit): Uint8Array | undefined {
    const { tagging, encrypting } = this.#keys();
    const plain = createCipheriv(CIPHER, encrypting, ivOf(tag, number)).update(bytes);
    return timingSafeEqual(tagOf(tagging, number, plain), tag) ? plain : undefined;
  }

  #keys(): UnitKeys {
    if (this.#made !== undefined) return this.#made;
    const keys = this.#sealer.streamKeys(this.#space, 2 * KEY_BYTES);
    this.#made = { tagging: keys.subarray(0, KEY_BYTES), encrypting: keys.subarray(KEY_BYTES) };
    return this.#made;
  }
}

function tagOf(key: Uint8Array, number: number, bytes: Uint8Array): Buffer {
  const place = Buffer.allocUnsafe(8);
  place.writeDoubleLE(number, 0);
  return createHmac("sha256", key).update(place).update(bytes).digest().subarray(0, TAG_BYTES);
}

/** The tag, the number's low half, and a counter of 16 bytes each. */
function ivOf(tag: Uint8Array, number: number): Buffer {
  const iv = Buffer.alloc(IV_BYTES);
  iv.set(tag, 0);
  iv.writeUInt32LE(number % 2 ** 32, TAG_BYTES);
  return iv;
}
