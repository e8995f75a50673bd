/** The port to chance. Identifiers, salts, ids and delays are drawn from it and nowhere else. */
export interface Random {
  /** `length` bytes; unpredictable in the Node implementation, repeatable in a seeded one. */
  bytes(length: number): Uint8Array;
  /** A float in [0, 1). */
  float(): number;
}

/**
 * A repeatable source (xorshift128 over four 32-bit words) for tests and for the archive's drawn
 * delays. Never for secrets.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring streams, and all words zero would stay zero.
    this.#a = scramble(seed);
    this.#b = scramble(this.#a + 0x9e3779b9);
    this.#c = scramble(this.#b + 0x9e3779b9);
    this.#d = scramble(this.#c + 0x9e3779b9) | 1;
  }

  float(): number {
    return this.#next() / 0x1_0000_0000;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.#next() & 0xff;
    return out;
  }

  /** An integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.float() * bound);
  }

  #next(): number {
    let t = this.#d;
    const s = this.#a;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = s;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#a = (t ^ s ^ (s >>> 19)) >>> 0;
    return this.#a;
  }
}

/** Every bit of the result depends on every bit of the word (the finisher of MurmurHash3). */
function scramble(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
