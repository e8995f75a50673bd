import { compareKey } from "../../log/bytes.ts";
import { CHECK_BYTES } from "./run-format.ts";
import type { Section } from "./run-format.ts";

const ROW_TAIL_BYTES = 10;

/** Where each block of a run lies and with which key it begins: kept in memory, in two arrays. */
export class BlockTable {
  readonly #bytes: Buffer;
  /** Offset of each row in the bytes. */
  readonly #rows: Uint32Array;

  private constructor(bytes: Buffer, rows: Uint32Array) {
    this.#bytes = bytes;
    this.#rows = rows;
  }

  /** From the bytes of a verified table section. */
  static decode(section: Buffer): BlockTable {
    const rows: number[] = [];
    for (let at = 0; at < section.length - CHECK_BYTES;) {
      rows.push(at);
      at += 2 + section.readUInt16LE(at) + ROW_TAIL_BYTES;
    }
    return new BlockTable(section, Uint32Array.from(rows));
  }

  static encode(rows: readonly (Section & { readonly firstKey: Uint8Array })[]): Buffer {
    const bytes = rows.reduce((sum, row) => sum + 2 + row.firstKey.length + ROW_TAIL_BYTES, 0);
    const into = Buffer.allocUnsafe(bytes + CHECK_BYTES);
    let at = 0;
    for (const { firstKey, offset, length } of rows) {
      into.writeUInt16LE(firstKey.length, at);
      into.set(firstKey, at + 2);
      at += 2 + firstKey.length;
      into.writeUIntLE(offset, at, 6);
      into.writeUInt32LE(length, at + 6);
      at += ROW_TAIL_BYTES;
    }
    return into;
  }

  get length(): number {
    return this.#rows.length;
  }

  section(block: number): Section {
    const row = this.#rows[block] as number;
    const at = row + 2 + this.#bytes.readUInt16LE(row);
    return { offset: this.#bytes.readUIntLE(at, 6), length: this.#bytes.readUInt32LE(at + 6) };
  }

  /** The last block that begins at or before `key`; -1 when all begin behind it. */
  find(key: Buffer): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.#rows[middle] as number;
      const end = row + 2 + this.#bytes.readUInt16LE(row);
      if (compareKey(key, this.#bytes, row + 2, end) >= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
