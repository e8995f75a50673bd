import { createHash } from "node:crypto";
import { SeededRandom } from "@firn/core";
import { expect, test } from "vitest";
import { TREE_LEAF_BYTES } from "./constants.ts";
import {
  TreeHashCombiner,
  TreeHasher,
  isTreeHashAligned,
  toHex,
  treeHashHex,
} from "./tree-hash.ts";

const seed = Number(process.env["FIRN_SEED"] ?? 1);

/** The definition, level by level: slow and plain. */
function oracle(bytes: Uint8Array): string {
  let level: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += TREE_LEAF_BYTES) {
    level.push(
      createHash("sha256")
        .update(bytes.subarray(at, at + TREE_LEAF_BYTES))
        .digest(),
    );
  }
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const pair = level.slice(i, i + 2);
      next.push(
        pair.length === 2 ? createHash("sha256").update(Buffer.concat(pair)).digest() : pair[0]!,
      );
    }
    level = next;
  }
  return level[0]!.toString("hex");
}

function pattern(length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = (i * 2654435761) >>> 13;
  return out;
}

test("the tree hash of a quarter MiB of the character 0 is the SHA-256 of it", () => {
  const body = new Uint8Array(TREE_LEAF_BYTES / 4).fill(0x30);
  expect(treeHashHex(body)).toBe(createHash("sha256").update(body).digest("hex"));
});

test("the tree hash follows the definition for 1 byte to 8 MiB, however the bytes are cut", () => {
  const random = new SeededRandom(seed);
  for (const length of [1, TREE_LEAF_BYTES, TREE_LEAF_BYTES + 1, 3, 5, 6, 7, 8].map((n) =>
    n > 1 && n < 9 ? n * TREE_LEAF_BYTES - 17 : n,
  )) {
    const bytes = pattern(length);
    const hasher = new TreeHasher();
    for (let at = 0; at < length;) {
      const take = 1 + random.below(700_000);
      hasher.update(bytes.subarray(at, at + take));
      at += take;
    }
    const digest = hasher.digest();
    expect(toHex(digest.treeHash), `${length} bytes, seed ${seed}`).toBe(oracle(bytes));
    expect(digest.bytes).toBe(length);
    expect(digest.leaves.length).toBe(Math.ceil(length / TREE_LEAF_BYTES) * 32);
  }
});

test("the roots of equal power-of-two parts combine into the root of the whole", () => {
  const bytes = pattern(7 * TREE_LEAF_BYTES + 5);
  for (const partLeaves of [1, 2, 4]) {
    const whole = new TreeHashCombiner();
    for (let at = 0; at < bytes.length; at += partLeaves * TREE_LEAF_BYTES) {
      const part = new TreeHasher();
      part.update(bytes.subarray(at, at + partLeaves * TREE_LEAF_BYTES));
      whole.push(part.digest().treeHash);
    }
    expect(toHex(whole.digest())).toBe(oracle(bytes));
  }
});

test("the tree hash of nothing is the SHA-256 of nothing", () => {
  expect(treeHashHex(new Uint8Array())).toBe(createHash("sha256").digest("hex"));
});

test("a range is tree-hash aligned when it is exactly one node of the tree", () => {
  const mib = TREE_LEAF_BYTES;
  const size = 6.5 * mib;
  for (let leaves = 1; leaves <= 7; leaves++) {
    for (let from = 0; from + leaves <= 7; from++) {
      const end = Math.min((from + leaves) * mib, size);
      expect(isTreeHashAligned(from * mib, end, size), `${from}+${leaves}`).toBe(
        nodes(7).has(`${from}+${leaves}`),
      );
    }
  }
  expect(isTreeHashAligned(1, mib, size)).toBe(false);
  expect(isTreeHashAligned(0, mib - 1, size)).toBe(false);
  expect(isTreeHashAligned(0, 8 * mib, size)).toBe(false);
});

/** Every node of the tree over `count` leaves, as "first leaf + leaf count". */
function nodes(count: number): Set<string> {
  const found = new Set<string>();
  let level = Array.from({ length: count }, (_, i) => ({ from: i, leaves: 1 }));
  for (;;) {
    for (const node of level) found.add(`${node.from}+${node.leaves}`);
    if (level.length === 1) return found;
    const next: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i]!, level[i + 1]];
      next.push({ from: left.from, leaves: left.leaves + (right?.leaves ?? 0) });
    }
    level = next;
  }
}
