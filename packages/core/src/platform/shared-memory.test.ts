import { expect, test } from "vitest";
import { memoryWeight, sharedMemory } from "./shared-memory.ts";

const MIB = 1024 * 1024;

test("a weight counts as memory of that size and takes none", () => {
  const before = process.memoryUsage();
  const weights = Array.from({ length: 16 }, () => memoryWeight(64 * MIB));
  const after = process.memoryUsage();
  expect(weights.every((weight) => weight?.byteLength === 64 * MIB)).toBe(true);
  expect(after.external - before.external).toBeGreaterThan(1000 * MIB);
  expect(after.rss - before.rss).toBeLessThan(200 * MIB);
});

test("what is small has no weight", () => {
  expect(memoryWeight(1000)).toBeUndefined();
});

test("shared memory is as long as was asked for, small or large, and zero", () => {
  for (const bytes of [0, 1, 64 * 1024, 5 * MIB + 8]) {
    const memory = sharedMemory(bytes);
    expect(memory.byteLength).toBe(bytes);
    expect(Buffer.from(memory).every((byte) => byte === 0)).toBe(true);
  }
});
