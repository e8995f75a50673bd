import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import type { Lsn, Position } from "../store-api.ts";

/** One block of memory serves many small groups; a larger record gets its own. */
const BLOCK_BYTES: number = 256 * 1024;
/** Blocks that are kept for the next groups: fresh memory costs more than to fill it. */
const FREE_BLOCKS_MAX = 16;
/** The first one of a store: each is twice the last, so that who writes little pays little. */
const FIRST_BLOCK_BYTES = 4096;

/** Memory that records are encoded into; the view writes 64-bit numbers: a Buffer is slow at it. */
export interface WriteBlock {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Parts of groups that are not written yet. */
  parts: number;
}

export function writeBlock(bytes: number): WriteBlock {
  const memory = Buffer.allocUnsafeSlow(bytes);
  return { bytes: memory, view: new DataView(memory.buffer), parts: 0 };
}

/** Room for one record inside a block: no object of its own is made for its bytes. */
export interface RecordRoom {
  readonly block: WriteBlock;
  readonly start: number;
  readonly end: number;
}

/** Where records are encoded: blocks filled from front to back, so that a group is few buffers. */
export class WriteArena {
  #block: WriteBlock = writeBlock(0);
  #used = 0;
  readonly #free: WriteBlock[] = [];

  take(bytes: number): RecordRoom {
    if (bytes > BLOCK_BYTES) return { block: writeBlock(bytes), start: 0, end: bytes };
    const before = this.#block;
    const { length } = before.bytes;
    if (this.#used + bytes > length) {
      const next = Math.max(FIRST_BLOCK_BYTES, bytes, 2 * length);
      this.#block = this.#free.pop() ?? writeBlock(Math.min(BLOCK_BYTES, next));
      this.#used = 0;
      this.#recycle(before);
    }
    const start = this.#used;
    this.#used += bytes;
    return { block: this.#block, start, end: this.#used };
  }

  /** A group is written: what it lay in can be filled again. */
  release(group: RecordGroup): void {
    for (const { block } of group.places) {
      block.parts--;
      this.#recycle(block);
    }
  }

  #recycle(block: WriteBlock): void {
    const isWhole = block.bytes.length === BLOCK_BYTES;
    if (block === this.#block || block.parts > 0 || !isWhole) return;
    if (this.#free.length < FREE_BLOCKS_MAX) this.#free.push(block);
  }
}

/** Bytes of one block that belong to the group. */
interface Part {
  readonly block: WriteBlock;
  readonly start: number;
  end: number;
}

/** The records of one write, encoded one behind the other. */
export class RecordGroup {
  readonly start: Position;
  readonly firstLsn: Lsn;
  readonly done: Deferred<void> = defer<void>();
  readonly #parts: Part[] = [];
  bytes = 0;
  lastLsn: Lsn;
  /** Somebody waits for the bytes to be durable. */
  sync = false;
  /** The log has it: nothing can be added, and `sync` changes nothing any more. */
  writing = false;

  constructor(start: Position, lastLsn: Lsn) {
    this.start = start;
    this.firstLsn = lastLsn + 1;
    this.lastLsn = lastLsn;
    // A group nobody waits for must not end the process when it fails.
    this.done.promise.catch(() => undefined);
  }

  /** What is written, in order. */
  get parts(): Buffer[] {
    return this.#parts.map(({ block, start, end }) => block.bytes.subarray(start, end));
  }

  /** Where that lies. */
  get places(): readonly { readonly block: WriteBlock }[] {
    return this.#parts;
  }

  /** Adds room that the arena gave for the record of `lsn`. */
  add(lsn: Lsn, { block, start, end }: RecordRoom): void {
    this.lastLsn = lsn;
    this.bytes += end - start;
    const last = this.#parts.at(-1);
    if (last?.block === block && last.end === start) {
      last.end = end;
      return;
    }
    block.parts++;
    this.#parts.push({ block, start, end });
  }

  copy(offset: number, length: number): Uint8Array {
    const into = Buffer.allocUnsafe(length);
    let skip = offset;
    let filled = 0;
    for (const part of this.parts) {
      if (filled === length) break;
      if (skip >= part.length) {
        skip -= part.length;
        continue;
      }
      filled += part.copy(into, filled, skip, Math.min(part.length, skip + length - filled));
      skip = 0;
    }
    return into;
  }
}
