import type { RunFile } from "./run-file.ts";
import type { Block } from "./run-format.ts";
import type { RunPlaceOfMany } from "./run-order.ts";

/** A place in a run that moves one way; blocks that are at hand cost no await. */
export class RunCursor implements RunPlaceOfMany {
  readonly rank: number;
  readonly #run: RunFile;
  readonly #step: 1 | -1;
  #blockAt = 0;
  #block: Block | undefined;
  #at = 0;
  key: Buffer | undefined;

  constructor(run: RunFile, rank: number, reverse: boolean) {
    this.rank = rank;
    this.#run = run;
    this.#step = reverse ? -1 : 1;
  }

  get value(): Buffer | undefined {
    return this.#block?.value(this.#at);
  }

  /** To the first key at or behind `bound`; backwards to the last one before it. */
  seek(bound: Buffer): void | Promise<void> {
    if (this.#run.blocks === 0) return;
    const at = Math.max(0, this.#run.blockOf(bound));
    return this.#enter(at, (block) => {
      const lower = block.lowerBound(bound);
      return this.#step > 0 ? lower : lower - 1;
    });
  }

  toEnd(): void | Promise<void> {
    if (this.#run.blocks === 0) return;
    return this.#enter(this.#run.blocks - 1, (block) => block.count - 1);
  }

  /** A promise only when a block has to be read by a thread. */
  advance(): void | Promise<void> {
    this.#at += this.#step;
    return this.#settle();
  }

  #settle(): void | Promise<void> {
    const block = this.#block as Block;
    if (this.#at >= 0 && this.#at < block.count) {
      this.key = block.key(this.#at);
      return;
    }
    const next = this.#blockAt + this.#step;
    if (next < 0 || next >= this.#run.blocks) {
      this.key = undefined;
      return;
    }
    return this.#enter(next, ({ count }) => (this.#step > 0 ? 0 : count - 1));
  }

  #enter(blockAt: number, entryOf: (block: Block) => number): void | Promise<void> {
    const enter = (block: Block): void | Promise<void> => {
      this.#blockAt = blockAt;
      this.#block = block;
      this.#at = entryOf(block);
      return this.#settle();
    };
    const block = this.#run.block(blockAt);
    return block instanceof Promise ? block.then(enter) : enter(block);
  }
}
