import { expect, test } from "vitest";
import { memoryWeight } from "./memory-weight.ts";

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
