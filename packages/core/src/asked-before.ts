/** Prints that share a place: of two with a single one, each would make the other unknown. */
const WAYS = 4;
/** 64 KiB of memory. */
const PRINTS_DEFAULT: number = 16 * 1024;

/**
 * Whether something was asked for before, lately. What is asked for once is not worth a place in a
 * cache: to put it there and to take another thing out costs more than to read it. A table of the
 * last few thousand fingerprints tells, rarely wrong and then only by caching what need not be.
 */
export class AskedBefore {
  readonly #prints: Int32Array;
  readonly #sets: number;

  /** @param prints how many of the last ones are known, about; 4 bytes each. */
  constructor(prints: number = PRINTS_DEFAULT) {
    this.#sets = Math.ceil(prints / WAYS);
    this.#prints = new Int32Array(this.#sets * WAYS);
  }

  /** @param print 32 bits, any; from now on it was asked for. */
  again(print: number): boolean {
    const prints = this.#prints;
    const mixed = Math.imul(print, 0x9e37_79b1) | 1;
    const first = Math.floor(((mixed >>> 0) / 2 ** 32) * this.#sets) * WAYS;
    for (let at = first; at < first + WAYS; at++) if (prints[at] === mixed) return true;
    for (let at = first + WAYS - 1; at > first; at--) prints[at] = prints[at - 1] as number;
    prints[first] = mixed;
    return false;
  }
}
