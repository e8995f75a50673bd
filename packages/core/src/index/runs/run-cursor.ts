import type { RunFile } from "./run-file.ts";
import type { Block } from "./run-format.ts";

/** A place in a run that moves one way; blocks that the cache holds cost no await. */
export class RunCursor {
  readonly #run: RunFile;
  readonly #step: 1 | -1;
  #blockAt = 0;
  #block: Block | undefined;
  #at = 0;
  /** `undefined` behind the last entry. */
  key: Buffer | undefined;

  constructor(run: RunFile, reverse: boolean) {
    this.#run = run;
    this.#step = reverse ? -1 : 1;
  }

  get value(): Buffer | undefined {
    return this.#block?.value(this.#at);
  }

  /** To the first key at or behind `bound`; backwards to the last one before it. */
  async seek(bound: Buffer): Promise<void> {
    this.#blockAt = Math.max(0, this.#run.blockOf(bound));
    if (this.#run.blocks === 0) return;
    const block = await this.#run.block(this.#blockAt);
    this.#block = block;
    const at = block.lowerBound(bound);
    this.#at = this.#step > 0 ? at : at - 1;
    await this.#settle();
  }

  async toEnd(): Promise<void> {
    if (this.#run.blocks === 0) return;
    this.#blockAt = this.#run.blocks - 1;
    this.#block = await this.#run.block(this.#blockAt);
    this.#at = this.#block.count - 1;
    this.key = this.#block.key(this.#at);
  }

  /** A promise only when a block has to be read. */
  advance(): void | Promise<void> {
    this.#at += this.#step;
    const block = this.#block;
    if (block === undefined || this.#at < 0 || this.#at >= block.count) return this.#settle();
    this.key = block.key(this.#at);
  }

  async #settle(): Promise<void> {
    while (this.#block !== undefined && (this.#at < 0 || this.#at >= this.#block.count)) {
      this.#blockAt += this.#step;
      const inside = this.#blockAt >= 0 && this.#blockAt < this.#run.blocks;
      this.#block = inside ? await this.#run.block(this.#blockAt) : undefined;
      this.#at = this.#step > 0 ? 0 : (this.#block?.count ?? 0) - 1;
    }
    this.key = this.#block?.key(this.#at);
  }
}
