/**
 * The code: 16 data ranges and 4 parity ranges, systematic Reed-Solomon over GF(2^8) with a Cauchy
 * matrix. Every square part of such a matrix has an inverse, so any 16 of the 20 ranges give the
 * other four.
 */
import { PARITY_BLOCK_BYTES } from "../constants.ts";
import { GaloisField } from "./galois-field.ts";
import { KERNEL_TABLE_BYTES, KERNEL_TARGETS, loadSimdKernel } from "./simd-kernel.ts";
import type { SimdKernel } from "./simd-kernel.ts";

export const DATA_RANGES = 16;
export const PARITY_RANGES = 4;
export const ALL_RANGES: number = DATA_RANGES + PARITY_RANGES;

const TABLES_BYTES: number = KERNEL_TABLE_BYTES * KERNEL_TARGETS;
const SCRATCH_AT: number = ALL_RANGES * PARITY_BLOCK_BYTES;
const TABLES_AT: number = SCRATCH_AT + PARITY_RANGES * PARITY_BLOCK_BYTES;

/** One row: a block of each range, in memory that the kernel works on. */
export class ParityCode {
  /** The blocks of the row: read data into the first 16, find parity in the last 4. */
  readonly blocks: readonly Uint8Array[];
  readonly #field: GaloisField = new GaloisField();
  readonly #kernel: SimdKernel;

  constructor() {
    this.#kernel = loadSimdKernel(TABLES_AT + TABLES_BYTES, PARITY_BLOCK_BYTES);
    this.blocks = Array.from({ length: ALL_RANGES }, (_, range) => this.#block(range));
  }

  /** Makes the parity of the first `bytes` (a multiple of 16) of each data block. */
  encode(bytes: number): void {
    const outputs = Array.from({ length: PARITY_RANGES }, (_, p) => DATA_RANGES + p);
    this.#compute(outputs, bytes, (output, data) => this.#coefficient(output, data));
  }

  /** Makes the missing blocks, four at the most, from the others. */
  repair(missing: readonly number[], bytes: number): void {
    const lost = missing.filter((range) => range < DATA_RANGES);
    if (lost.length > 0) this.#repairData(lost, missing, bytes);
    const parity = missing.filter((range) => range >= DATA_RANGES);
    if (parity.length === 0) return;
    this.#compute(parity, bytes, (output, data) => this.#coefficient(output, data));
  }

  /**
   * The equations of as many parity ranges as there are lost data ranges, solved for those:
   * lost = inverse * (parity + sum of the coefficients times what is there).
   */
  #repairData(lost: readonly number[], missing: readonly number[], bytes: number): void {
    const usable = Array.from({ length: PARITY_RANGES }, (_, p) => DATA_RANGES + p);
    const parity = usable.filter((range) => !missing.includes(range)).slice(0, lost.length);
    const matrix = parity.map((row) => lost.map((column) => this.#coefficient(row, column)));
    const inverse = this.#field.invert(matrix);
    this.#compute(lost, bytes, (output, input) => {
      const row = inverse[lost.indexOf(output)] as number[];
      if (lost.includes(input)) return 0;
      if (input >= DATA_RANGES) return row[parity.indexOf(input)] ?? 0;
      return parity.reduce((sum, range, at) => {
        return sum ^ this.#field.multiply(row[at] as number, this.#coefficient(range, input));
      }, 0);
    });
  }

  /** outputs = sum of coefficient(output, input) * input, over all ranges that are not outputs. */
  #compute(
    outputs: readonly number[],
    bytes: number,
    coefficient: (output: number, input: number) => number,
  ): void {
    const { memory, multiplyAdd } = this.#kernel;
    for (let p = 0; p < PARITY_RANGES; p++) {
      const start = SCRATCH_AT + p * PARITY_BLOCK_BYTES;
      memory.fill(0, start, start + bytes);
    }
    for (let input = 0; input < ALL_RANGES; input++) {
      if (outputs.includes(input)) continue;
      const constants = outputs.map((output) => coefficient(output, input));
      if (constants.every((value) => value === 0)) continue;
      this.#writeTables(constants);
      const source = input * PARITY_BLOCK_BYTES;
      multiplyAdd(source, SCRATCH_AT, bytes, TABLES_AT);
    }
    for (const [at, output] of outputs.entries()) {
      const from = SCRATCH_AT + at * PARITY_BLOCK_BYTES;
      memory.copyWithin(output * PARITY_BLOCK_BYTES, from, from + bytes);
    }
  }

  /** Products of the constants with the 16 values of a byte's low half, then of its high half. */
  #writeTables(constants: readonly number[]): void {
    const { memory } = this.#kernel;
    memory.fill(0, TABLES_AT, TABLES_AT + TABLES_BYTES);
    for (const [at, value] of constants.entries()) {
      const table = TABLES_AT + at * KERNEL_TABLE_BYTES;
      for (let half = 0; half < 16; half++) {
        memory[table + half] = this.#field.multiply(value, half);
        memory[table + 16 + half] = this.#field.multiply(value, half << 4);
      }
    }
  }

  /** Cauchy: 1 / (x + y), with all x and all y different. Parity ranges of themselves count 0. */
  #coefficient(parity: number, data: number): number {
    return data < DATA_RANGES ? this.#field.inverse(parity ^ data) : 0;
  }

  #block(range: number): Uint8Array {
    const start = range * PARITY_BLOCK_BYTES;
    return this.#kernel.memory.subarray(start, start + PARITY_BLOCK_BYTES);
  }
}
