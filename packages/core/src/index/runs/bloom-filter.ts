/** Bits per key: about 1 % of absent keys cost a block read that finds nothing. */
const BITS_PER_KEY = 10;
const PROBES = 6;
/** One cache line: a look-up touches no other. */
const LINE_WORDS = 16;
const LINE_BITS_MASK = LINE_WORDS * 32 - 1;

/** A blocked Bloom filter over 64-bit hashes: no false "absent", few false "maybe". */
export class BloomFilter {
  readonly #words: Uint32Array;
  readonly #lines: number;

  private constructor(words: Uint32Array) {
    this.#words = words;
    this.#lines = words.length / LINE_WORDS;
  }

  static forKeys(count: number): BloomFilter {
    const lines = Math.max(1, Math.ceil((count * BITS_PER_KEY) / (LINE_WORDS * 32)));
    return new BloomFilter(new Uint32Array(lines * LINE_WORDS));
  }

  /** From the bytes of `bytes`, which are copied. */
  static from(bytes: Uint8Array): BloomFilter {
    const copy = Uint8Array.prototype.slice.call(bytes);
    return new BloomFilter(new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4));
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength);
  }

  add(hash: KeyHash): void {
    const line = (hash.high % this.#lines) * LINE_WORDS;
    for (let probe = 0, bit = hash.low; probe < PROBES; probe++, bit = step(bit, hash.high)) {
      const at = bit & LINE_BITS_MASK;
      const word = line + (at >>> 5);
      this.#words[word] = (this.#words[word] as number) | (1 << (at & 31));
    }
  }

  mayHold(hash: KeyHash): boolean {
    const line = (hash.high % this.#lines) * LINE_WORDS;
    for (let probe = 0, bit = hash.low; probe < PROBES; probe++, bit = step(bit, hash.high)) {
      const at = bit & LINE_BITS_MASK;
      if (((this.#words[line + (at >>> 5)] as number) & (1 << (at & 31))) === 0) return false;
    }
    return true;
  }
}

/** The two halves of a key's hash. */
export interface KeyHash {
  readonly low: number;
  readonly high: number;
}

export function keyHash(hash: bigint): KeyHash {
  return { low: Number(hash & 0xffff_ffffn), high: Number(hash >> 32n) };
}

/** Nine fresh bits from the upper part of a multiplied word. */
function step(bit: number, high: number): number {
  return (Math.imul(bit ^ high, 0x9e37_79b1) >>> 11) + (bit >>> 9);
}
