import { LRUCache } from "lru-cache";

import type { Hasher } from "../hasher.ts";
import { blockRange, rootRange, saltOf, tableCorrupt } from "./packed-file.ts";
import type { FileRange, PackedEntry } from "./packed-file.ts";
import { PIECE_BLOCK_BYTES, PieceBlock, PieceRoot } from "./piece-table.ts";

/** What an entry costs beside its bytes. */
const ENTRY_BYTES = 200;
/** Separates the blocks of segments in the cache's keys: no table has so many. */
const BLOCKS_MAX = 2 ** 20;

/** Bytes of the file are needed to go on. */
export type LookUpStep = Generator<FileRange, number | undefined, Buffer>;

/**
 * The piece tables of packed segments, as far as they were used lately: roots and blocks share a
 * number of bytes. A look-up asks for the bytes that it lacks, so that it runs with synchronous
 * reads and with others.
 */
export class PackedTables {
  readonly #hasher: Hasher;
  readonly #cache: LRUCache<number, PieceRoot | PieceBlock>;

  constructor(hasher: Hasher, bytesMax: number) {
    this.#hasher = hasher;
    this.#cache = new LRUCache({
      maxSize: Math.max(1, bytesMax),
      sizeCalculation: (part) =>
        ENTRY_BYTES + (part instanceof PieceRoot ? part.byteLength : PIECE_BLOCK_BYTES),
    });
  }

  /** Where bytes of the address range lie in the file; `undefined`: they are gone. */
  *lookUp(
    entry: PackedEntry,
    place: { readonly logical: number; readonly length: number },
    file: string,
  ): LookUpStep {
    const seal = { hasher: this.#hasher, salt: saltOf(entry) };
    const rootKey = entry.id * BLOCKS_MAX;
    let root = this.#cache.get(rootKey);
    if (!(root instanceof PieceRoot)) {
      const range = rootRange(entry);
      root = PieceRoot.decode(yield range, seal);
      if (root === undefined) throw tableCorrupt(file, range);
      this.#cache.set(rootKey, root);
    }
    const number = root.blockOf(place.logical);
    if (number === undefined) return undefined;
    let block = this.#cache.get(rootKey + 1 + number);
    if (!(block instanceof PieceBlock)) {
      const range = blockRange(entry, number);
      block = PieceBlock.decode(yield range, seal);
      if (block === undefined) throw tableCorrupt(file, range);
      this.#cache.set(rootKey + 1 + number, block);
    }
    return block.lookup(place.logical, place.length);
  }

  forget(entry: PackedEntry): void {
    for (let at = 0; at <= entry.packed.blocks; at++)
      this.#cache.delete(entry.id * BLOCKS_MAX + at);
  }
}
