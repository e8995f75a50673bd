import { ROW_TAIL_BYTES } from "./block-table.ts";
import { CHECK_BYTES } from "./run-format.ts";
import type { Section } from "./run-format.ts";

const BYTES_MIN = 4096;

/**
 * The table of a run's blocks as it goes into the file. A block is found by any key that is behind
 * the block before it and not behind its own first: the shortest beginning of the first key that
 * tells the two apart.
 */
export class BlockTableWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_MIN);
  #length = 0;

  /** Blocks come in order. @param lastKey the last key of the block before; none in the first. */
  add({ offset, length }: Section, firstKey: Uint8Array, lastKey: Uint8Array | undefined): void {
    const keyBytes = lastKey === undefined ? firstKey.length : apartBytes(firstKey, lastKey);
    const at = this.#length;
    this.#room(2 + keyBytes + ROW_TAIL_BYTES);
    this.#bytes.writeUInt16LE(keyBytes, at);
    this.#bytes.set(firstKey.subarray(0, keyBytes), at + 2);
    this.#bytes.writeUIntLE(offset, at + 2 + keyBytes, 6);
    this.#bytes.writeUInt32LE(length, at + 2 + keyBytes + 6);
  }

  /** The section, with room for its check at the end. */
  end(): Buffer {
    this.#room(CHECK_BYTES);
    return this.#bytes.subarray(0, this.#length);
  }

  #room(bytes: number): void {
    this.#length += bytes;
    if (this.#length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.#length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** How many bytes of `key` put it behind `before`, which comes before it. */
function apartBytes(key: Uint8Array, before: Uint8Array): number {
  let same = 0;
  while (same < before.length && key[same] === before[same]) same++;
  return Math.min(key.length, same + 1);
}
