import { LRUCache } from "lru-cache";
import { AskedBefore } from "../../asked-before.ts";
import type { Block } from "./run-format.ts";

/** Blocks per run that the key leaves room for: 2^24 of 4 KiB are 64 GiB. */
const BLOCKS_MAX: number = 2 ** 24;

/** Verified blocks, by bytes. */
export class BlockCache {
  readonly #blocks: LRUCache<number, Block>;
  readonly #asked = new AskedBefore();
  #scratch: Buffer = Buffer.alloc(0);

  constructor(bytes: number) {
    this.#blocks = new LRUCache({
      maxSize: Math.max(1, bytes),
      sizeCalculation: (block) => block.byteLength,
    });
  }

  get(run: number, at: number): Block | undefined {
    return this.#blocks.get(run * BLOCKS_MAX + at);
  }

  /** Asked when a block is not here: whether it is worth a place. */
  isWanted(run: number, at: number): boolean {
    return this.#asked.again(Math.imul(run, 0x85eb_ca6b) + at);
  }

  /** Memory for a block that is looked into and forgotten, at once. */
  scratch(bytes: number): Buffer {
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafeSlow(bytes * 2);
    return this.#scratch.subarray(0, bytes);
  }

  set(run: number, at: number, block: Block): void {
    this.#blocks.set(run * BLOCKS_MAX + at, block);
  }
}
