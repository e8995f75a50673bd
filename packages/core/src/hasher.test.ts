import { randomFillSync } from "node:crypto";
import { expect, test } from "vitest";
import xxhash from "xxhash-wasm";
import { loadHasher } from "./hasher.ts";

test("long bytes hash as they do in one piece", async () => {
  const [hasher, { h64Raw }] = await Promise.all([loadHasher(), xxhash()]);
  const MIB = 1024 * 1024;
  for (const length of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 5]) {
    const bytes = randomFillSync(Buffer.alloc(length));
    for (const seed of [0n, 77n, 2n ** 64n - 1n]) {
      expect(hasher.hash(bytes, seed)).toBe(h64Raw(bytes, seed));
    }
  }
});
