/**
 * A run: an immutable sorted file of the index. Blocks of about 4 KiB, then a table of their first
 * keys, a filter, and a footer at the end. docs/formats/runs.md draws it.
 *
 *     run    := block+ table filter footer
 *     block  := entry+ offsets(u16 each) count(u16) check(u64)
 *     entry  := key bytes(u16) value bytes(u16, FFFF deletes) key value
 *     table  := { first key bytes(u16) first key, offset(u48), length(u32) }+ check(u64)
 *     filter := words check(u64)
 *     footer := magic(8) table(u64 offset, u32 length) filter(u64, u32) keys(u64) check(u64)
 *
 * Every check is seeded with the run and the offset, so bytes of another run or place do not
 * verify.
 */
import { coreError } from "../../errors.ts";
import type { Hasher } from "../../hasher.ts";
import { commonBytes, readU53, writeU53 } from "../../log/bytes.ts";
import type { IndexWrite } from "../ordered-index.ts";

/** A block is closed when it has grown to this; one entry may be larger. */
export const BLOCK_BYTES = 4096;
export const CHECK_BYTES = 8;
export const FOOTER_BYTES = 56;
const DELETED = 0xffff;
/** What stands in front of an entry's key: two lengths. */
export const ENTRY_HEAD_BYTES = 4;
const MAGIC = "FIRNRUN1";

export interface RunIdentity {
  readonly hasher: Hasher;
  /** Names index and run. */
  readonly seed: bigint;
}

export interface Section {
  readonly offset: number;
  readonly length: number;
}

export interface Footer {
  readonly table: Section;
  readonly filter: Section;
  readonly keys: number;
}

export function entryBytes(key: Uint8Array, value: Uint8Array | undefined): number {
  // Its offset in the block's table counts too.
  return ENTRY_HEAD_BYTES + key.length + (value?.length ?? 0) + 2;
}

/** Returns the offset behind it. */
export function writeEntry(into: Buffer, at: number, { key, value }: IndexWrite): number {
  into.writeUInt16LE(key.length, at);
  into.writeUInt16LE(value?.length ?? DELETED, at + 2);
  into.set(key, at + ENTRY_HEAD_BYTES);
  if (value !== undefined) into.set(value, at + ENTRY_HEAD_BYTES + key.length);
  return at + ENTRY_HEAD_BYTES + key.length + (value?.length ?? 0);
}

/** The entry at `at`, and where the next one begins. */
export function readEntry(from: Buffer, at: number): { entry: IndexWrite; end: number } {
  const keyAt = at + ENTRY_HEAD_BYTES;
  const valueAt = keyAt + from.readUInt16LE(at);
  const length = from.readUInt16LE(at + 2);
  const key = from.subarray(keyAt, valueAt);
  if (length === DELETED) return { entry: { key, value: undefined }, end: valueAt };
  const end = valueAt + length;
  return { entry: { key, value: from.subarray(valueAt, end) }, end };
}

/** A verified block: entries by number, in order of keys. */
export class Block {
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #offsets: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.count = bytes.readUInt16LE(bytes.length - CHECK_BYTES - 2);
    this.#offsets = bytes.length - CHECK_BYTES - 2 - this.count * 2;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  key(at: number): Buffer {
    const start = this.#start(at) + ENTRY_HEAD_BYTES;
    return this.#bytes.subarray(start, start + this.#keyBytes(at));
  }

  /** `undefined` for a deletion. */
  value(at: number): Buffer | undefined {
    const entry = this.#start(at);
    const length = u16(this.#bytes, entry + 2);
    if (length === DELETED) return undefined;
    const start = entry + ENTRY_HEAD_BYTES + u16(this.#bytes, entry);
    return this.#bytes.subarray(start, start + length);
  }

  /** Number of the first entry whose key is at or behind `key`; `count` when there is none. */
  lowerBound(key: Buffer): number {
    const found = this.#search(key);
    return found < 0 ? -1 - found : found;
  }

  /** Number of the entry with that key; -1 when there is none. */
  find(key: Buffer): number {
    return Math.max(-1, this.#search(key));
  }

  /** The entry with that key, or -1 less the number of the first one behind it. */
  #search(key: Buffer): number {
    const bytes = this.#bytes;
    let [low, high] = [0, this.count];
    let [lowSame, highSame] = [0, 0];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#start(middle);
      const start = entry + ENTRY_HEAD_BYTES;
      const end = start + u16(bytes, entry);
      const from = Math.min(lowSame, highSame);
      const same = commonBytes(key, bytes, { start, end, from });
      const isWhole = same === end - start;
      if (isWhole && same === key.length) return middle;
      if (isWhole || (same < key.length && (key[same] as number) > (bytes[start + same] as number)))
        [low, lowSame] = [middle + 1, same];
      else [high, highSame] = [middle, same];
    }
    return -1 - low;
  }

  #start(at: number): number {
    return u16(this.#bytes, this.#offsets + at * 2);
  }

  #keyBytes(at: number): number {
    return u16(this.#bytes, this.#start(at));
  }
}

/** Appends the check to a section that ends with room for it. */
export function sealSection(bytes: Buffer, offset: number, identity: RunIdentity): void {
  const end = bytes.length - CHECK_BYTES;
  bytes.set(sectionCheck(bytes.subarray(0, end), offset, identity), end);
}

/** What follows the bytes of a section at that offset. */
export function sectionCheck(bytes: Uint8Array, offset: number, identity: RunIdentity): Buffer {
  const check = Buffer.allocUnsafe(CHECK_BYTES);
  check.writeBigUInt64LE(checkOf(bytes, offset, identity));
  return check;
}

/** @throws FIRN_RECORD_CORRUPT. */
export function verifySection(bytes: Buffer, offset: number, identity: RunIdentity): void {
  const end = bytes.length - CHECK_BYTES;
  const whole =
    end >= 0 && bytes.readBigUInt64LE(end) === checkOf(bytes.subarray(0, end), offset, identity);
  if (whole) return;
  const message = `the index fails its checksum at offset ${offset} of a run; it is to be rebuilt`;
  throw coreError("FIRN_RECORD_CORRUPT", message, { detail: { offset } });
}

export function encodeFooter(footer: Footer, offset: number, identity: RunIdentity): Buffer {
  const into = Buffer.alloc(FOOTER_BYTES);
  into.write(MAGIC, 0, "latin1");
  writeU53(into, footer.table.offset, 8);
  into.writeUInt32LE(footer.table.length, 16);
  writeU53(into, footer.filter.offset, 24);
  into.writeUInt32LE(footer.filter.length, 32);
  writeU53(into, footer.keys, 40);
  sealSection(into, offset, identity);
  return into;
}

/** @throws FIRN_RECORD_CORRUPT. */
export function decodeFooter(bytes: Buffer, offset: number, identity: RunIdentity): Footer {
  verifySection(bytes, offset, identity);
  return {
    table: { offset: readU53(bytes, 8), length: bytes.readUInt32LE(16) },
    filter: { offset: readU53(bytes, 24), length: bytes.readUInt32LE(32) },
    keys: readU53(bytes, 40),
  };
}

function u16(bytes: Buffer, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

function checkOf(bytes: Uint8Array, offset: number, { hasher, seed }: RunIdentity): bigint {
  return hasher.hash(bytes, BigInt.asUintN(64, seed + BigInt(offset)));
}
