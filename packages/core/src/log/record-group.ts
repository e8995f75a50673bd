import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import type { Lsn, Position } from "../store-api.ts";

/** One block of memory serves many small groups; a larger record gets its own. */
const BLOCK_BYTES = 256 * 1024;

/** Where records are encoded: blocks filled from front to back, so that a group is few buffers. */
export class WriteArena {
  #block: Buffer = Buffer.alloc(0);
  #used = 0;

  take(bytes: number): Buffer {
    if (bytes > BLOCK_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    this.#used += bytes;
    return this.#block.subarray(this.#used - bytes, this.#used);
  }
}

/** The records of one write, encoded one behind the other. */
export class RecordGroup {
  readonly start: Position;
  readonly firstLsn: Lsn;
  readonly done: Deferred<void> = defer<void>();
  readonly parts: Buffer[] = [];
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

  /** Adds room that the arena gave for the record of `lsn`. */
  add(lsn: Lsn, into: Buffer): void {
    this.lastLsn = lsn;
    this.bytes += into.length;
    const last = this.parts.at(-1);
    const follows =
      last !== undefined &&
      last.buffer === into.buffer &&
      last.byteOffset + last.length === into.byteOffset;
    if (follows) {
      const joined = Buffer.from(last.buffer, last.byteOffset, last.length + into.length);
      this.parts[this.parts.length - 1] = joined;
    } else {
      this.parts.push(into);
    }
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
