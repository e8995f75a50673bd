import type { IndexWrite } from "../ordered-index.ts";
import type { RunFile } from "./run-file.ts";
import type { Block } from "./run-format.ts";
import { RunOrder } from "./run-order.ts";
import type { RunPlaceOfMany } from "./run-order.ts";

/** Read at a time from each run that is merged. */
const READ_AHEAD_BYTES: number = 256 * 1024;

/** One run, read from its first entry to its last. */
class RunScan implements RunPlaceOfMany {
  readonly rank: number;
  readonly #run: RunFile;
  #blocks: Block[] = [];
  #nextBlock = 0;
  #block: Block | undefined;
  #at = 0;
  key: Buffer | undefined;

  constructor(run: RunFile, rank: number) {
    this.rank = rank;
    this.#run = run;
  }

  /** The current entry's value; `undefined` for a deletion. */
  get value(): Buffer | undefined {
    return this.#block?.value(this.#at);
  }

  /** False when more has to be read first: then await `read`. */
  advance(): boolean {
    this.#at++;
    if (this.#block !== undefined && this.#at < this.#block.count) {
      this.key = this.#block.key(this.#at);
      return true;
    }
    this.#block = this.#blocks.shift();
    this.#at = 0;
    this.key = this.#block?.key(0);
    return this.#block !== undefined || this.#nextBlock === this.#run.blocks;
  }

  async read(): Promise<void> {
    this.#blocks = await this.#run.blocksFrom(this.#nextBlock, READ_AHEAD_BYTES);
    this.#nextBlock += this.#blocks.length;
    this.#at = -1;
    this.#block = this.#blocks.shift();
    this.advance();
  }
}

/** Entries handed on at a time: an await for each would cost as much as the merge. */
const PART_ENTRIES = 512;

/**
 * The entries of several runs (newest first) as one: the newest of each key, in order of keys, in
 * parts. With `last` nothing older lies below, so deletions have done their work and are left out.
 */
export async function* mergeRuns(
  newestFirst: readonly RunFile[],
  last: boolean,
): AsyncGenerator<readonly IndexWrite[]> {
  const scans = newestFirst
    .filter(({ blocks }) => blocks > 0)
    .map((run, rank) => new RunScan(run, rank));
  for (const scan of scans) await scan.read();
  const order = new RunOrder(scans, false);
  let part: IndexWrite[] = [];
  for (;;) {
    const newest = order.first;
    if (newest?.key === undefined) break;
    const { key, value } = newest;
    if (value !== undefined || !last) part.push({ key, value });
    if (part.length === PART_ENTRIES) {
      yield part;
      part = [];
    }
    let next: RunScan | undefined = newest;
    do {
      if (!next.advance()) await next.read();
      order.moved();
      next = order.first;
    } while (next?.key?.equals(key) === true);
  }
  yield part;
}
