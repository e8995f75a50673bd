/** A power of two: 64 KiB of memory. */
const PRINTS = 16 * 1024;
const PRINT_BITS = 14;

/**
 * Whether something was asked for before, lately. What is asked for once is not worth a place in a
 * cache: to put it there and to take another thing out costs more than to read it. A table of the
 * last few thousand fingerprints tells, rarely wrong and then only by caching what need not be.
 */
export class AskedBefore {
  readonly #prints = new Int32Array(PRINTS);

  /** @param print 32 bits, any; from now on it was asked for. */
  again(print: number): boolean {
    const mixed = Math.imul(print, 0x9e37_79b1) | 1;
    const slot = mixed >>> (32 - PRINT_BITS);
    if (this.#prints[slot] === mixed) return true;
    this.#prints[slot] = mixed;
    return false;
  }
}
