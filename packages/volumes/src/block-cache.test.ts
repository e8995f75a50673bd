import { expect, test } from "vitest";
import { BlockCache } from "./block-cache.ts";
import { BLOCK_BYTES, UNIT_BYTES } from "./constants.ts";

const MIB = 1024 * 1024;

function blockOf(byte: number): Uint8Array {
  return new Uint8Array(BLOCK_BYTES).fill(byte);
}

const at = (number: number): { space: number; number: number; position: number } => ({
  space: 3,
  number,
  position: 4096 + number * UNIT_BYTES,
});

/** As two reads of the block do. */
function readTwice(cache: BlockCache, number: number, bytes: Uint8Array): void {
  cache.put(at(number), bytes);
  cache.put(at(number), bytes);
}

test("a block is copied from any byte on, into any place, and only by its own name", () => {
  const cache = new BlockCache(MIB);
  const target = new Uint8Array(100);
  expect(cache.copy(at(5), target, { at: 0, skip: 0 })).toBe(false);
  const bytes = Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => i % 256);
  readTwice(cache, 5, bytes);
  expect(cache.copy(at(5), target, { at: 90, skip: 4090 })).toBe(true);
  expect([...target.subarray(88, 98)]).toEqual([0, 0, 250, 251, 252, 253, 254, 255, 0, 0]);
  expect(cache.copy({ ...at(5), number: 6 }, target, { at: 0, skip: 0 })).toBe(false);
  expect(cache.copy({ ...at(5), space: 4 }, target, { at: 0, skip: 0 })).toBe(false);
  expect(cache.copy({ ...at(5), position: at(6).position }, target, { at: 0, skip: 0 })).toBe(
    false,
  );
});

test("it stays within its limit, and takes nothing before a block is read twice", () => {
  const cache = new BlockCache(3 * MIB + 5);
  expect(cache.bytes).toBe(0);
  cache.put(at(0), blockOf(0));
  expect(cache.bytes).toBe(0);
  cache.put(at(0), blockOf(0));
  expect(cache.bytes).toBe(MIB / 8);
  const target = new Uint8Array(BLOCK_BYTES);
  let hits = 0;
  for (let number = 0; number < 5000; number++) readTwice(cache, number, blockOf(number % 251));
  for (let number = 0; number < 5000; number++) {
    if (!cache.copy(at(number), target, { at: 0, skip: 0 })) continue;
    hits++;
    expect(target[0]).toBe(number % 251);
    expect(target[BLOCK_BYTES - 1]).toBe(number % 251);
  }
  expect(cache.bytes).toBe(3 * MIB);
  expect(hits).toBe((3 * MIB) / BLOCK_BYTES);
  const none = new BlockCache(0);
  readTwice(none, 1, blockOf(1));
  expect(none.copy(at(1), target, { at: 0, skip: 0 })).toBe(false);
});

test("one pass over many blocks does not drive out what is read again and again", () => {
  const cache = new BlockCache(2 * MIB);
  const target = new Uint8Array(BLOCK_BYTES);
  const hot = Array.from({ length: 64 }, (_, i) => 1_000_000 + i * 7);
  for (const number of hot) readTwice(cache, number, blockOf(9));
  let missed = 0;
  for (let number = 0; number < 20_000; number++) {
    readTwice(cache, number, blockOf(1));
    const often = hot[number % hot.length] as number;
    if (!cache.copy(at(often), target, { at: 0, skip: 0 })) missed++;
  }
  expect(missed).toBeLessThan(1000);
});
