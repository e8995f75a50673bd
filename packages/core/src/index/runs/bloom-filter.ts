/** Bits per key: about 1 % of absent keys cost a block read that finds nothing. */
const BITS_PER_KEY = 10;
const PROBES = 6;
/** One cache line: a look-up touches no other. */
const LINE_WORDS = 16;
const LINE_BITS: number = LINE_WORDS * 32;
/** A filter of more lines has a multiple of this, so that it can be folded so many times. */
const FOLDS = 16;
const LINE_BITS_MASK: number = LINE_BITS - 1;

/** A blocked Bloom filter over 64-bit hashes: no false "absent", few false "maybe". */
export class BloomFilter {
  readonly #words: Uint32Array;
  readonly #lines: number;

  private constructor(words: Uint32Array) {
    this.#words = words;
    this.#lines = words.length / LINE_WORDS;
  }

  static forKeys(count: number): BloomFilter {
    const lines = linesFor(count);
    const even = lines > FOLDS ? Math.ceil(lines / FOLDS) * FOLDS : lines;
    return new BloomFilter(new Uint32Array(even * LINE_WORDS));
  }

  /** Over the bytes of `bytes`, which must not change any more; copied if they are not aligned. */
  static from(bytes: Uint8Array): BloomFilter {
    const aligned = bytes.byteOffset % 4 === 0;
    const { buffer, byteOffset, length } = aligned ? bytes : Uint8Array.prototype.slice.call(bytes);
    return new BloomFilter(new Uint32Array(buffer, byteOffset, length / 4));
  }

  /**
   * As small as `count` keys allow, when fewer have come than it was made for. A line is chosen by
   * a remainder: that by half the lines follows from it, so that one half goes over the other.
   */
  fitted(count: number): BloomFilter {
    let lines = this.#lines;
    while (lines % 2 === 0 && lines / 2 >= linesFor(count)) lines /= 2;
    if (lines === this.#lines) return this;
    const words = this.#words.slice(0, lines * LINE_WORDS);
    for (let from = words.length; from < this.#words.length; from += words.length) {
      for (let at = 0; at < words.length; at++) {
        words[at] = (words[at] as number) | (this.#words[from + at] as number);
      }
    }
    return new BloomFilter(words);
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

function linesFor(count: number): number {
  return Math.max(1, Math.ceil((count * BITS_PER_KEY) / LINE_BITS));
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
