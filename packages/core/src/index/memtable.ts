import type { KeySpaceId, Lsn, Position } from "../store-api.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** One write of one key. */
export interface Version {
  readonly lsn: Lsn;
  readonly deleted: boolean;
  /**
   * What holds the bytes while they are in memory: always for indexed values, else until they are
   * durable. Views of it are made when somebody reads: most values nobody does.
   */
  held: Buffer | undefined;
  readonly heldAt: number;
  /** Where the value lies in the log. */
  readonly position: Position;
  readonly length: number;
  readonly check: bigint;
  /** The write before it in this memtable, kept while somebody may read as of it. */
  previous: Version | undefined;
}

/** The value's bytes while they are in memory. */
export function heldValue({ held, heldAt, length }: Version): Uint8Array | undefined {
  return held?.subarray(heldAt, heldAt + length);
}

/** Bytes inside a larger piece of memory. */
export interface HeldBytes {
  readonly held: Buffer;
  readonly heldAt: number;
}

/** What a key costs beside its bytes and its value: map entry, version, position. */
const ENTRY_BYTES = 160;
/** Values are copied into blocks of this size, so that they do not pin the log's write buffers. */
const BLOCK_BYTES = 64 * 1024;

/** Newest writes, all versions that somebody may still read, ordered on demand. */
export class Memtable {
  readonly #entries = new Map<string, Version>();
  readonly #order = new SortedKeys();
  #block: Buffer = Buffer.alloc(0);
  #blockUsed = 0;
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Roughly what it holds in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a version; versions come in LSN order. Those that nobody can read any more are let go:
   * all behind the newest one at or below `floor`.
   */
  put(key: string, version: Version, floor: Lsn): void {
    const before = this.#entries.get(key);
    if (before === undefined) {
      this.#order.add(key);
      this.#bytes += key.length;
    } else if (before.lsn <= floor) {
      before.previous = undefined;
    }
    version.previous = before;
    this.#entries.set(key, version);
    this.#bytes += ENTRY_BYTES + (version.held === undefined ? 0 : version.length);
  }

  /** A copy of the value in the memtable's own memory. */
  keep(value: Uint8Array): HeldBytes {
    if (value.length > BLOCK_BYTES / 4) return { held: Buffer.from(value), heldAt: 0 };
    if (this.#blockUsed + value.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#blockUsed = 0;
    }
    const heldAt = this.#blockUsed;
    this.#blockUsed += value.length;
    this.#block.set(value, heldAt);
    return { held: this.#block, heldAt };
  }

  /** The newest version at or below `lsn`; a deletion is a version too. */
  get(key: string, lsn: Lsn): Version | undefined {
    let version = this.#entries.get(key);
    while (version !== undefined && version.lsn > lsn) version = version.previous;
    return version;
  }

  /** Keys in order from `from` on (inclusive). Do not write while walking. */
  walk(from: string | undefined, reverse: boolean): Generator<string> {
    return this.#order.walk(from, reverse);
  }

  /** Every key with its newest version, in order. */
  *newest(): Generator<readonly [string, Version]> {
    for (const key of this.#order.all()) yield [key, this.#entries.get(key) as Version];
  }
}

/** A key as memtables, cache and index know it: the key space in four bytes, then the key. */
export function fullKey(space: KeySpaceId, key: Uint8Array): string {
  return spacePrefix(space) + latin1(key);
}

export function spacePrefix(space: KeySpaceId): string {
  return String.fromCharCode(
    (space >>> 24) & 0xff,
    (space >>> 16) & 0xff,
    (space >>> 8) & 0xff,
    space & 0xff,
  );
}

/** The key space of a full key. */
export function spaceOf(key: string): KeySpaceId {
  return (
    key.charCodeAt(0) * 0x1_00_00_00 +
    ((key.charCodeAt(1) << 16) | (key.charCodeAt(2) << 8) | key.charCodeAt(3))
  );
}

/** One character per byte: compares with `<` as unsigned bytes do. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length);
}

export function bytesOf(key: string): Buffer {
  return Buffer.from(key, "latin1");
}
