import { memoryWeight, sharedMemory } from "../platform/shared-memory.ts";
import type { KeySpaceId, Lsn, Position } from "../store-api.ts";
import { KeyOrder } from "./key-order.ts";
import { FLAG_DELETED, FLAG_KEPT, keptAt, keyAt, versionData } from "./version-data.ts";
import type { MemtableImage, VersionData } from "./version-data.ts";

/** One write of one key, to be added. */
export interface NewVersion {
  readonly lsn: Lsn;
  readonly deleted: boolean;
  /** The bytes, when they are to stay in memory and go into the index; they are copied. */
  readonly value: Uint8Array | undefined;
  /** Where the value lies in the log. */
  readonly position: Position;
  readonly length: number;
  readonly check: bigint;
}

/** One write of one key. */
export interface Version extends NewVersion {
  /** A copy; `undefined` when the value is read from the log. */
  readonly value: Uint8Array | undefined;
  /** The write before it in this memtable, kept while somebody may read as of it. */
  readonly previous: Version | undefined;
}

/** What a version costs beside its key and its value: its columns and its place in the table. */
const ENTRY_BYTES = 72;
/** Keys and values are copied into blocks that grow up to this size; larger ones get their own. */
const BLOCK_BYTES_MIN = 1024;
const BLOCK_BYTES_MAX: number = 256 * 1024;
const CAPACITY_MIN = 16;
const NOTHING: VersionData = versionData(0);
const NO_PLACES: Int32Array = new Int32Array(0);

/** Newest writes, all versions that somebody may still read, ordered on demand. */
export class Memtable {
  readonly #salt: number;
  /** Versions that the first columns take; nothing is allocated before the first of them. */
  readonly #room: number;
  #data: VersionData = NOTHING;
  readonly #order = new KeyOrder(NOTHING);
  #versions = 0;
  #keys = 0;
  /** By hash: the number of a key's first version, and the next one in the same place; or -1. */
  #heads: Int32Array = NO_PLACES;
  #chain: Int32Array = NO_PLACES;
  #hashes: Int32Array = NO_PLACES;
  #blockUsed = 0;
  #bytes = 0;
  /** For the collector: of the columns, then of each block. */
  readonly #weights: (ArrayBuffer | undefined)[] = [undefined];

  /**
   * @param salt makes the places of keys unpredictable: nobody shall choose keys that share one.
   * @param capacity versions that it has room for at once; it grows.
   */
  constructor(salt: number = 0, capacity: number = CAPACITY_MIN) {
    this.#salt = salt;
    this.#room = 2 ** Math.ceil(Math.log2(Math.max(CAPACITY_MIN, capacity)));
  }

  /** Keys. */
  get size(): number {
    return this.#keys;
  }

  /** Roughly what it holds in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For a thread that writes it down; it must not be written to any more. */
  get image(): MemtableImage {
    return { data: this.#data, order: this.#order.made, keys: this.#keys };
  }

  /**
   * Adds a version; versions come in LSN order. Those that nobody can read any more are let go:
   * all behind the newest one at or below `floor`.
   */
  put(key: string, write: NewVersion, floor: Lsn): void {
    const { value } = write;
    const hash = hashOf(key, this.#salt);
    const found = this.#keys === 0 ? -1 : this.#find(key, hash);
    const keyBytes = found < 0 ? key.length : 0;
    const version = this.#add(keyBytes + (value?.length ?? 0));
    const data = this.#data;
    data.keyBytes[version] = keyBytes;
    data.lsn[version] = write.lsn;
    data.position[version] = write.position;
    data.length[version] = write.length;
    data.check[version] = write.check;
    data.flags[version] =
      (write.deleted ? FLAG_DELETED : 0) | (value === undefined ? 0 : FLAG_KEPT);
    const at = data.at[version] as number;
    const block = data.blocks[data.block[version] as number] as Buffer;
    if (value !== undefined) block.set(value, at + keyBytes);
    this.#bytes += ENTRY_BYTES + keyBytes + (value?.length ?? 0);
    if (found < 0) {
      for (let i = 0; i < keyBytes; i++) block[at + i] = key.charCodeAt(i);
      data.previous[version] = -1;
      this.#addKey(version, hash);
      return;
    }
    const before = data.newest[found] as number;
    if ((data.lsn[before] as number) <= floor) data.previous[before] = -1;
    data.previous[version] = before;
    data.newest[found] = version;
  }

  /** The newest version at or below `lsn`; a deletion is a version too. */
  get(key: string, lsn: Lsn): Version | undefined {
    if (this.#keys === 0) return undefined;
    const found = this.#find(key, hashOf(key, this.#salt));
    return found < 0 ? undefined : this.#versionAt(found, lsn);
  }

  /** Keys in order from `from` on (inclusive). Do not write while walking. */
  *walk(from: string | undefined, reverse: boolean): Generator<string> {
    for (const key of this.#order.walk(from, reverse)) yield latin1(keyAt(this.#data, key));
  }

  /** Every key with its newest version, in order. */
  *newest(): Generator<readonly [string, Version]> {
    for (const key of this.#order.all()) {
      const newest = new ArenaVersion(this.#data, this.#data.newest[key] as number);
      yield [latin1(keyAt(this.#data, key)), newest];
    }
  }

  #versionAt(first: number, lsn: Lsn): Version | undefined {
    const { newest, previous, lsn: lsns } = this.#data;
    let version = newest[first] as number;
    while (version >= 0 && (lsns[version] as number) > lsn) version = previous[version] as number;
    return version < 0 ? undefined : new ArenaVersion(this.#data, version);
  }

  #find(key: string, hash: number): number {
    let at = this.#heads[hash & (this.#heads.length - 1)] as number;
    while (at >= 0 && (this.#hashes[at] !== hash || !isKey(this.#data, at, key))) {
      at = this.#chain[at] as number;
    }
    return at;
  }

  #addKey(version: number, hash: number): void {
    this.#data.newest[version] = version;
    this.#hashes[version] = hash;
    const head = hash & (this.#heads.length - 1);
    this.#chain[version] = this.#heads[head] as number;
    this.#heads[head] = version;
    this.#keys++;
    this.#order.add(version);
  }

  /** A new version with room for so many bytes in a block. */
  #add(bytes: number): number {
    if (this.#versions === this.#data.lsn.length) this.#grow();
    const { blocks, block, at } = this.#data;
    let last = blocks.at(-1);
    if (last === undefined || this.#blockUsed + bytes > last.length) {
      const size = Math.min(BLOCK_BYTES_MAX, Math.max(BLOCK_BYTES_MIN, (last?.length ?? 0) * 2));
      last = Buffer.from(sharedMemory(Math.max(size, bytes)));
      blocks.push(last);
      this.#weights.push(memoryWeight(last.length));
      this.#blockUsed = 0;
    }
    block[this.#versions] = blocks.length - 1;
    at[this.#versions] = this.#blockUsed;
    this.#blockUsed += bytes;
    return this.#versions++;
  }

  #grow(): void {
    const room = this.#versions === 0 ? this.#room : this.#versions * 2;
    this.#data = versionData(room, this.#data);
    this.#weights[0] = memoryWeight(this.#data.lsn.buffer.byteLength);
    this.#order.data = this.#data;
    this.#chain = new Int32Array(room);
    const hashes = new Int32Array(room);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#heads = new Int32Array(room).fill(-1);
    for (let version = 0; version < this.#versions; version++) {
      if (this.#data.keyBytes[version] === 0) continue;
      const head = (hashes[version] as number) & (room - 1);
      this.#chain[version] = this.#heads[head] as number;
      this.#heads[head] = version;
    }
  }
}

/** A version as the columns have it; what is asked for is read then. */
class ArenaVersion implements Version {
  readonly #data: VersionData;
  readonly #at: number;

  constructor(data: VersionData, at: number) {
    this.#data = data;
    this.#at = at;
  }

  get lsn(): Lsn {
    return this.#data.lsn[this.#at] as number;
  }

  get deleted(): boolean {
    return ((this.#data.flags[this.#at] as number) & FLAG_DELETED) !== 0;
  }

  get value(): Uint8Array | undefined {
    const kept = keptAt(this.#data, this.#at);
    // Shared memory is not for everybody: decoders of text refuse it.
    return kept === undefined ? undefined : Buffer.from(kept);
  }

  get position(): Position {
    return this.#data.position[this.#at] as number;
  }

  get length(): number {
    return this.#data.length[this.#at] as number;
  }

  get check(): bigint {
    return this.#data.check[this.#at] as bigint;
  }

  get previous(): Version | undefined {
    const previous = this.#data.previous[this.#at] as number;
    return previous < 0 ? undefined : new ArenaVersion(this.#data, previous);
  }
}

/** Of text with one character per byte. */
function hashOf(key: string, salt: number): number {
  let hash = salt;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1_e995);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isKey(data: VersionData, first: number, key: string): boolean {
  if (data.keyBytes[first] !== key.length) return false;
  const bytes = data.blocks[data.block[first] as number] as Buffer;
  const at = data.at[first] as number;
  // The ends of keys differ more often than their beginnings.
  for (let i = key.length - 1; i >= 0; i--) {
    if (bytes[at + i] !== key.charCodeAt(i)) return false;
  }
  return true;
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
