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
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #d = 0xb7e15162;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    // The words start alike for small seeds; a few rounds pull them apart.
    for (let round = 0; round < 16; round++) this.#next();
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
