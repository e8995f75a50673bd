import type { FileHandle } from "../../platform/file-system.ts";
import type { ReadPace } from "../../platform/read-pace.ts";
import { BlockTable } from "./block-table.ts";
import { BloomFilter } from "./bloom-filter.ts";
import type { KeyHash } from "./bloom-filter.ts";
import type { BlockCache } from "./block-cache.ts";
import { Block, CHECK_BYTES, FOOTER_BYTES, decodeFooter, verifySection } from "./run-format.ts";
import type { RunIdentity, Section } from "./run-format.ts";

export interface RunFileOptions {
  readonly id: number;
  readonly handle: FileHandle;
  readonly identity: RunIdentity;
  readonly cache: BlockCache;
  /** Says whether a block is read at once; without it a thread reads what the cache lacks. */
  readonly pace?: ReadPace | undefined;
  /** For reading from end to end: the filter is not read, and every key may be there. */
  readonly scanned?: boolean | undefined;
}

/** An open run: table and filter in memory, blocks read when asked for, each one verified. */
export class RunFile {
  readonly id: number;
  readonly keys: number;
  readonly #options: RunFileOptions;
  readonly #table: BlockTable;
  readonly #filter: BloomFilter | undefined;
  #users = 0;
  #obsolete: (() => void) | undefined;

  private constructor(
    options: RunFileOptions,
    parts: { readonly table: BlockTable; readonly filter?: BloomFilter; readonly keys: number },
  ) {
    this.id = options.id;
    this.keys = parts.keys;
    this.#options = options;
    this.#table = parts.table;
    this.#filter = parts.filter;
  }

  /** @throws FIRN_RECORD_CORRUPT. */
  static async open(options: RunFileOptions): Promise<RunFile> {
    const { handle, identity } = options;
    const footerAt = (await handle.size()) - FOOTER_BYTES;
    const read = async ({ offset, length }: Section): Promise<Buffer> => {
      const bytes = Buffer.alloc(Math.max(0, length));
      await handle.read(bytes, Math.max(0, offset));
      return bytes;
    };
    const footerBytes = await read({ offset: footerAt, length: FOOTER_BYTES });
    const footer = decodeFooter(footerBytes, footerAt, identity);
    const { keys } = footer;
    const rows = await read(footer.table);
    verifySection(rows, footer.table.offset, identity);
    const table = await BlockTable.decode(rows);
    if (options.scanned === true) return new RunFile(options, { table, keys });
    const words = await read(footer.filter);
    verifySection(words, footer.filter.offset, identity);
    const filter = BloomFilter.from(words.subarray(0, words.length - CHECK_BYTES));
    return new RunFile(options, { table, filter, keys });
  }

  get blocks(): number {
    return this.#table.length;
  }

  /** False when the key is certainly not in the run. */
  mayHold(hash: KeyHash): boolean {
    return this.#filter === undefined || this.#filter.mayHold(hash);
  }

  /** The block that would hold the key; -1 when all keys are behind it. */
  blockOf(key: Buffer): number {
    return this.#table.find(key);
  }

  /** What the block has for a key; `undefined`: nothing. */
  lookUp(at: number, key: Buffer): { readonly value: Buffer | undefined } | undefined {
    const { cache, id, handle, identity } = this.#options;
    const cached = cache.get(id, at);
    if (cached !== undefined || cache.isWanted(id, at)) {
      const block = cached ?? this.#read(at);
      const entry = block.find(key);
      return entry < 0 ? undefined : { value: block.value(entry) };
    }
    const { offset, length } = this.#table.section(at);
    const bytes = cache.scratch(length);
    handle.readSync(bytes, offset);
    verifySection(bytes, offset, identity);
    const block = new Block(bytes);
    const entry = block.find(key);
    if (entry < 0) return undefined;
    const value = block.value(entry);
    return { value: value && Buffer.from(value) };
  }

  #read(at: number): Block {
    const { handle } = this.#options;
    const section = this.#table.section(at);
    // Memory of its own: in the shared pool it would keep others' alive.
    const bytes = Buffer.allocUnsafeSlow(section.length);
    handle.readSync(bytes, section.offset);
    return this.#adopt(at, section, bytes);
  }

  /** At once when the cache has it, or most likely the kernel. */
  block(at: number): Block | Promise<Block> {
    const { cache, id, handle, pace } = this.#options;
    const cached = cache.get(id, at);
    if (cached !== undefined) return cached;
    if (pace?.isQuick() === true) return pace.timed(() => this.#read(at));
    const section = this.#table.section(at);
    const bytes = Buffer.allocUnsafeSlow(section.length);
    return handle.read(bytes, section.offset).then(() => this.#adopt(at, section, bytes));
  }

  /** Blocks from `at` on, read in one go and past the cache: for reading a run from end to end. */
  async blocksFrom(at: number, bytes: number): Promise<Block[]> {
    const { handle, identity } = this.#options;
    const first = this.#table.section(at).offset;
    let end = at + 1;
    while (end < this.blocks && this.#end(end) - first <= bytes) end++;
    const slice = Buffer.allocUnsafe(this.#end(end - 1) - first);
    await handle.read(slice, first);
    const blocks: Block[] = [];
    for (let block = at; block < end; block++) {
      const { offset, length } = this.#table.section(block);
      const own = slice.subarray(offset - first, offset - first + length);
      verifySection(own, offset, identity);
      blocks.push(new Block(own));
    }
    return blocks;
  }

  /** Keeps the file while somebody reads from it. */
  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#obsolete?.();
  }

  /** Runs `remove` once nobody reads from the file any more. */
  whenUnused(remove: () => void): void {
    this.#obsolete = remove;
    if (this.#users === 0) remove();
  }

  close(): Promise<void> {
    return this.#options.handle.close();
  }

  /** Offset behind a block. */
  #end(at: number): number {
    const { offset, length } = this.#table.section(at);
    return offset + length;
  }

  #adopt(at: number, section: Section, bytes: Buffer): Block {
    verifySection(bytes, section.offset, this.#options.identity);
    const block = new Block(bytes);
    this.#options.cache.set(this.id, at, block);
    return block;
  }
}
