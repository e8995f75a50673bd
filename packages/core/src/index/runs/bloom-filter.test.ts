import { beforeAll, expect, test } from "vitest";
import { loadHasher } from "../../hasher.ts";
import type { Hasher } from "../../hasher.ts";
import { BloomFilter, keyHash } from "./bloom-filter.ts";
import type { KeyHash } from "./bloom-filter.ts";

let hasher: Hasher;

beforeAll(async () => {
  hasher = await loadHasher();
});

const hashOf = (key: string): KeyHash => keyHash(hasher.hash(Buffer.from(key), 0n));

function falseMaybes(filter: BloomFilter, looks: number): number {
  let maybes = 0;
  for (let i = 0; i < looks; i++) if (filter.mayHold(hashOf(`other ${i}`))) maybes++;
  return maybes;
}

test("a filter that was made for more keys than came is folded, and forgets none of them", () => {
  const keys = 3000;
  const large = BloomFilter.forKeys(10 * keys);
  for (let i = 0; i < keys; i++) large.add(hashOf(`key ${i}`));
  const fitted = large.fitted(keys);
  expect(fitted.bytes.length).toBe(large.bytes.length / 8);
  for (let i = 0; i < keys; i++) expect(fitted.mayHold(hashOf(`key ${i}`))).toBe(true);
  expect(falseMaybes(fitted, 10_000)).toBeLessThan(500);
});

test("a filter that is as small as its keys allow stays as it is", () => {
  const filter = BloomFilter.forKeys(3000);
  expect(filter.fitted(3000)).toBe(filter);
});

test("a filter reads the same from bytes that begin anywhere", () => {
  const filter = BloomFilter.forKeys(100);
  filter.add(hashOf("key"));
  for (const start of [0, 1, 4]) {
    const within = Buffer.concat([Buffer.alloc(start), filter.bytes]).subarray(start);
    expect(BloomFilter.from(within).mayHold(hashOf("key"))).toBe(true);
  }
});
