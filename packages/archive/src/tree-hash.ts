import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { HASH_BYTES, TREE_LEAF_BYTES } from "./constants.ts";

/**
 * The SHA-256 tree hash of the Glacier API: a SHA-256 of each MiB, then of each pair of neighbours,
 * level by level; the odd one out goes up unchanged.
 *
 * Nodes are combined as they come. The stack holds at most one finished subtree per level, like the
 * digits of a binary counter, so hashing takes O(log n) memory; folding what is left from the right
 * is exactly "the odd one goes up".
 */
export class TreeHashCombiner {
  readonly #stack: { readonly level: number; readonly hash: Uint8Array }[] = [];

  /** Adds the next node; all nodes but the last must stand for equally many leaves. */
  push(node: Uint8Array): void {
    let level = 0;
    let hash = node;
    for (let top = this.#stack.at(-1); top?.level === level; top = this.#stack.at(-1)) {
      hash = hashPair(top.hash, hash);
      level++;
      this.#stack.pop();
    }
    this.#stack.push({ level, hash });
  }

  /** The root over all nodes so far; of nothing, the SHA-256 of nothing. */
  digest(): Uint8Array {
    let root: Uint8Array | undefined;
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const { hash } = this.#stack[i]!;
      root = root === undefined ? hash : hashPair(hash, root);
    }
    return root ?? createHash("sha256").digest();
  }
}

/** What a run of bytes hashes to. */
export interface TreeDigest {
  readonly treeHash: Uint8Array;
  /** The leaves' hashes one behind the other: 32 bytes per MiB. */
  readonly leaves: Uint8Array;
  readonly bytes: number;
}

/** Hashes bytes as they stream by. Keeps the leaves: 128 KiB for the largest upload of 4 GiB. */
export class TreeHasher {
  readonly #combiner = new TreeHashCombiner();
  readonly #leaves: Uint8Array[] = [];
  #leaf: Hash | undefined;
  #leafBytes = 0;
  #bytes = 0;

  update(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      const take = Math.min(TREE_LEAF_BYTES - this.#leafBytes, chunk.length - offset);
      this.#leaf ??= createHash("sha256");
      this.#leaf.update(chunk.subarray(offset, offset + take));
      this.#leafBytes += take;
      offset += take;
      if (this.#leafBytes === TREE_LEAF_BYTES) this.#endLeaf();
    }
    this.#bytes += chunk.length;
  }

  /** Ends the hashing; `update` must not be called again. */
  digest(): TreeDigest {
    this.#endLeaf();
    const leaves = new Uint8Array(this.#leaves.length * HASH_BYTES);
    this.#leaves.forEach((leaf, i) => leaves.set(leaf, i * HASH_BYTES));
    return { treeHash: this.#combiner.digest(), leaves, bytes: this.#bytes };
  }

  #endLeaf(): void {
    if (this.#leaf === undefined) return;
    const hash = this.#leaf.digest();
    this.#leaf = undefined;
    this.#leafBytes = 0;
    this.#leaves.push(hash);
    this.#combiner.push(hash);
  }
}

/** The tree hash of bytes at hand, as 64 lower-case hex digits. */
export function treeHashHex(bytes: Uint8Array): string {
  const hasher = new TreeHasher();
  hasher.update(bytes);
  return toHex(hasher.digest().treeHash);
}

/**
 * Whether bytes `start` to `end` (exclusive) of a run of `size` bytes are exactly one node of its
 * tree, so that their own tree hash can be checked against the whole.
 * @see https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations-range.html
 */
export function isTreeHashAligned(start: number, end: number, size: number): boolean {
  if (start % TREE_LEAF_BYTES !== 0 || start >= end || end > size) return false;
  if (end % TREE_LEAF_BYTES !== 0 && end !== size) return false;
  const leafCount = Math.ceil((end - start) / TREE_LEAF_BYTES);
  const nodeLeafCount = 2 ** Math.ceil(Math.log2(leafCount));
  if ((start / TREE_LEAF_BYTES) % nodeLeafCount !== 0) return false;
  return leafCount === nodeLeafCount || end === size;
}

export function toHex(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
}

function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash("sha256").update(left).update(right).digest();
}
