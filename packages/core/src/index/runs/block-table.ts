/**
 * Where each block of a run lies and with which key it begins. All tables of an index are in
 * memory, so keys stand here without what they have in common: rows are kept in groups, each with
 * the bytes that its keys begin with, then what follows them in each key. A key of 63 bytes takes
 * about 5.
 */
import { commonBytes, compareKey } from "../../log/bytes.ts";
import { turn } from "../../platform/macrotask.ts";
import { CHECK_BYTES } from "./run-format.ts";
import type { Section } from "./run-format.ts";

/** Behind a row's key: offset and length of the block. */
export const ROW_TAIL_BYTES = 10;
/** Rows that share a prefix: the longer the group the shorter what they have in common. */
const GROUP_ROWS = 32;
/** Rows decoded before others get their turn: some milliseconds. */
const DECODED_MAX: number = 32 * 1024;

export class BlockTable {
  /** Of each group the bytes that all its keys begin with, then the rest of each key. */
  readonly #keys: Buffer;
  /** Where each group begins in them, and where the last one ends. */
  readonly #groups: Uint32Array;
  /** Where the rest of each row's key begins in them. */
  readonly #rests: Uint32Array;
  /** Where each block begins in the file, and where the last one ends: nothing is in between. */
  readonly #offsets: Float64Array;

  private constructor(parts: Decoder) {
    this.#keys = parts.keys;
    this.#groups = Uint32Array.from(parts.groups);
    this.#rests = parts.rests;
    this.#offsets = parts.offsets;
  }

  /** From the bytes of a verified table section, which are not kept. */
  static async decode(section: Buffer): Promise<BlockTable> {
    const rows = countRows(section);
    const decoder = new Decoder(rows);
    let at = 0;
    for (let row = 0; row < rows; row += GROUP_ROWS) {
      if (row > 0 && row % DECODED_MAX === 0) await turn();
      at = decoder.group(section, at, row);
    }
    decoder.end();
    return new BlockTable(decoder);
  }

  get length(): number {
    return this.#rests.length;
  }

  section(block: number): Section {
    const offset = this.#offsets[block] as number;
    return { offset, length: (this.#offsets[block + 1] as number) - offset };
  }

  /** The last block that begins at or before `key`; -1 when all begin behind it. */
  find(key: Buffer): number {
    const group = this.#findGroup(key);
    if (group < 0) return -1;
    const first = group * GROUP_ROWS;
    const start = this.#groups[group] as number;
    const shared = (this.#rests[first] as number) - start;
    const end = Math.min(first + GROUP_ROWS, this.length);
    const same = commonBytes(key, this.#keys, { start, end: start + shared, from: 0 });
    // Behind the first key, and apart from what all begin with: behind all of them.
    if (same < shared) return end - 1;
    const rest = shared === 0 ? key : key.subarray(shared);
    let low = first + 1;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const restAt = this.#rests[middle] as number;
      if (compareKey(rest, this.#keys, restAt, this.#endOf(middle)) >= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The last group whose first key is at or before `key`. */
  #findGroup(key: Buffer): number {
    let [low, high] = [0, this.#groups.length - 1];
    let [lowSame, highSame] = [0, 0];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = this.#groups[middle] as number;
      const end = this.#endOf(middle * GROUP_ROWS);
      const from = Math.min(lowSame, highSame);
      const same = commonBytes(key, this.#keys, { start, end, from });
      const isBehind =
        same === end - start ||
        (same < key.length && (key[same] as number) > (this.#keys[start + same] as number));
      if (isBehind) [low, lowSame] = [middle + 1, same];
      else [high, highSame] = [middle, same];
    }
    return low - 1;
  }

  #endOf(row: number): number {
    const next = row + 1;
    const endsGroup = next % GROUP_ROWS === 0 || next === this.length;
    return (endsGroup ? this.#groups[Math.ceil(next / GROUP_ROWS)] : this.#rests[next]) as number;
  }
}

/** Takes the rows of a section a group at a time. */
class Decoder {
  readonly groups: number[] = [];
  readonly rests: Uint32Array;
  readonly offsets: Float64Array;
  keys: Buffer = Buffer.allocUnsafeSlow(1024);
  keysBytes = 0;

  constructor(rows: number) {
    this.rests = new Uint32Array(rows);
    this.offsets = new Float64Array(rows + 1);
  }

  /** Rows from `first` on, which begins at `start` in the section; returns where the next does. */
  group(section: Buffer, start: number, first: number): number {
    const count = Math.min(GROUP_ROWS, this.rests.length - first);
    const ends: number[] = [];
    let at = start;
    for (let row = first; row < first + count; row++) {
      const end = at + 2 + section.readUInt16LE(at);
      ends.push(at + 2, end);
      this.offsets[row] = section.readUIntLE(end, 6);
      this.offsets[row + 1] = section.readUIntLE(end, 6) + section.readUInt32LE(end + 6);
      at = end + ROW_TAIL_BYTES;
    }
    // Keys are in order: what the first and the last have in common all have.
    const [firstAt, firstEnd] = [ends[0], ends[1]] as [number, number];
    const [lastAt, lastEnd] = ends.slice(-2) as [number, number];
    const last = section.subarray(lastAt, lastEnd);
    const shared = commonBytes(last, section, { start: firstAt, end: firstEnd, from: 0 });
    this.groups.push(this.keysBytes);
    this.#add(section, firstAt, firstAt + shared);
    for (let row = 0; row < count; row++) {
      this.rests[first + row] = this.keysBytes;
      this.#add(section, (ends[row * 2] as number) + shared, ends[row * 2 + 1] as number);
    }
    return at;
  }

  end(): void {
    this.groups.push(this.keysBytes);
    this.#resize(this.keysBytes);
  }

  #add(section: Buffer, start: number, end: number): void {
    const bytes = end - start;
    if (this.keysBytes + bytes > this.keys.length) {
      this.#resize(Math.max(this.keys.length * 2, this.keysBytes + bytes));
    }
    section.copy(this.keys, this.keysBytes, start, end);
    this.keysBytes += bytes;
  }

  #resize(bytes: number): void {
    const resized = Buffer.allocUnsafeSlow(bytes);
    this.keys.copy(resized, 0, 0, this.keysBytes);
    this.keys = resized;
  }
}

function countRows(section: Buffer): number {
  let rows = 0;
  for (let at = 0; at < section.length - CHECK_BYTES; rows++) {
    at += 2 + section.readUInt16LE(at) + ROW_TAIL_BYTES;
  }
  return rows;
}
