import { printLine, testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { SeededRandom } from "../platform/random.ts";
import { GaloisField } from "./galois-field.ts";
import { ALL_RANGES, DATA_RANGES, PARITY_RANGES, ParityCode } from "./parity-code.ts";

const BYTES = 64;

function filled(code: ParityCode, random: SeededRandom): Uint8Array[] {
  for (const block of code.blocks.slice(0, DATA_RANGES)) block.set(random.bytes(BYTES));
  code.encode(BYTES);
  return code.blocks.map((block) => block.slice(0, BYTES));
}

function* subsets(size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  else {
    for (let first = from; first < ALL_RANGES; first++) {
      for (const rest of subsets(size - 1, first + 1)) yield [first, ...rest];
    }
  }
}

test("any four of the twenty ranges come back from the other sixteen", () => {
  const seed = testSeed();
  printLine(`seed ${seed}`);
  const code = new ParityCode();
  const random = new SeededRandom(seed);
  const whole = filled(code, random);
  let count = 0;
  for (let size = 1; size <= PARITY_RANGES; size++) {
    for (const missing of subsets(size)) {
      for (const range of missing) code.blocks[range]?.set(random.bytes(BYTES));
      code.repair(missing, BYTES);
      const wrong = missing.filter(
        (range) =>
          !Buffer.from(code.blocks[range]?.subarray(0, BYTES) ?? []).equals(
            whole[range] ?? new Uint8Array(),
          ),
      );
      if (wrong.length > 0) expect({ missing, wrong }).toBe("restored");
      count++;
    }
  }
  expect(count).toBe(20 + 190 + 1140 + 4845);
});

/** Products bit by bit: no table, no vector. */
function plainProduct(a: number, b: number): number {
  let product = 0;
  for (let bit = 0, shifted = a; bit < 8; bit++) {
    if (b & (1 << bit)) product ^= shifted;
    shifted = (shifted << 1) ^ (shifted & 0x80 ? 0x11d : 0);
  }
  return product;
}

test("parity is the sum of products that plain arithmetic gives", () => {
  const code = new ParityCode();
  const whole = filled(code, new SeededRandom(7));
  const inverse = (value: number): number =>
    [...Array(256).keys()].find((other) => plainProduct(value, other) === 1) as number;
  for (let parity = DATA_RANGES; parity < ALL_RANGES; parity++) {
    for (let at = 0; at < BYTES; at++) {
      let sum = 0;
      for (let data = 0; data < DATA_RANGES; data++) {
        sum ^= plainProduct(inverse(parity ^ data), whole[data]?.[at] as number);
      }
      expect(whole[parity]?.[at]).toBe(sum);
    }
  }
});

test("the field multiplies and divides as plain arithmetic does", () => {
  const field = new GaloisField();
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b += 5) expect(field.multiply(a, b)).toBe(plainProduct(a, b));
    if (a > 0) expect(field.multiply(a, field.inverse(a))).toBe(1);
  }
});

test("bytes behind the length are left alone", () => {
  const code = new ParityCode();
  code.blocks[DATA_RANGES]?.fill(9);
  filled(code, new SeededRandom(1));
  expect(code.blocks[DATA_RANGES]?.subarray(BYTES, BYTES + 4)).toEqual(Uint8Array.of(9, 9, 9, 9));
});
