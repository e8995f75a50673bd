import { LRUCache } from "lru-cache";
import type { Block } from "./run-format.ts";

/** Blocks per run that the key leaves room for: 2^24 of 4 KiB are 64 GiB. */
const BLOCKS_MAX: number = 2 ** 24;

/** Verified blocks, by bytes. */
export class BlockCache {
  readonly #blocks: LRUCache<number, Block>;

  constructor(bytes: number) {
    this.#blocks = new LRUCache({
      maxSize: Math.max(1, bytes),
      sizeCalculation: (block) => block.byteLength,
    });
  }

  get(run: number, at: number): Block | undefined {
    return this.#blocks.get(run * BLOCKS_MAX + at);
  }

  set(run: number, at: number, block: Block): void {
    this.#blocks.set(run * BLOCKS_MAX + at, block);
  }
}
