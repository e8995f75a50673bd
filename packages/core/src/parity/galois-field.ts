/**
 * Arithmetic of GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 and the generator 2: what the
 * few coefficients of a code are computed with. The bytes themselves go through the kernel.
 */

const POLYNOMIAL = 0x11d;
const ORDER = 255;

export class GaloisField {
  readonly #exp = new Uint8Array(2 * ORDER);
  readonly #log = new Uint8Array(256);

  constructor() {
    for (let power = 0, value = 1; power < ORDER; power++) {
      this.#exp[power] = value;
      this.#exp[power + ORDER] = value;
      this.#log[value] = power;
      value = (value << 1) ^ (value & 0x80 ? POLYNOMIAL : 0);
    }
  }

  multiply(a: number, b: number): number {
    if (a === 0 || b === 0) return 0;
    return this.#exp[this.#logOf(a) + this.#logOf(b)] as number;
  }

  /** @param a not zero. */
  inverse(a: number): number {
    return this.#exp[ORDER - this.#logOf(a)] as number;
  }

  /** The inverse of a square matrix (Gauss and Jordan), which must have one. */
  invert(matrix: readonly (readonly number[])[]): number[][] {
    const size = matrix.length;
    const rows = matrix.map((row, at) => [
      ...row,
      ...Array.from({ length: size }, (_, column) => Number(column === at)),
    ]);
    for (let column = 0; column < size; column++) {
      const pivot = rows.findIndex((row, at) => at >= column && row[column] !== 0);
      [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
      const own = rows[column] as number[];
      const scale = this.inverse(own[column] as number);
      rows[column] = own.map((value) => this.multiply(value, scale));
      for (let other = 0; other < size; other++) {
        if (other !== column) this.#eliminate(rows, other, column);
      }
    }
    return rows.map((row) => row.slice(size));
  }

  #eliminate(rows: number[][], at: number, column: number): void {
    const from = rows[column] as number[];
    const row = rows[at] as number[];
    const factor = row[column] as number;
    rows[at] = row.map((value, place) => value ^ this.multiply(factor, from[place] as number));
  }

  #logOf(a: number): number {
    return this.#log[a] as number;
  }
}
