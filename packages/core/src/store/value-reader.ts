import { LRUCache } from "lru-cache";
import { AskedBefore } from "../asked-before.ts";
import { coreError } from "../errors.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import type { IndexValue, ValueInLog } from "../index/index-value.ts";
import { bytesOf } from "../index/memtable.ts";
import type { MergedItem } from "../index/merge-range.ts";
import type { Version } from "../index/memtable.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { Clock } from "../platform/clock.ts";
import { ReadPace } from "../platform/read-pace.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type { Lsn, Position } from "../store-api.ts";

/**
 * Log bytes this close behind the head are most likely in the page cache: read without a thread.
 */
const WARM_BYTES: number = 256 * 1024 * 1024;
/** Above this a synchronous read holds the event loop for longer than a thread hop costs. */
const SYNC_READ_BYTES_MAX: number = 64 * 1024;

/** Of a key's end, for its fingerprint. */
const PRINT_CHARACTERS = 24;

/** What the reader needs of the log: bytes at a position, queued ones included. */
export interface LogReader {
  readonly head: Position;
  read(position: Position, length: number): Promise<Uint8Array>;
  readSync(position: Position, length: number): Uint8Array;
}

export interface CachedValue {
  readonly lsn: Lsn;
  readonly value: Uint8Array;
}

/** What a value reader reads with. */
export interface ValueReaderHome {
  readonly log: LogReader;
  readonly identity: RecordIdentity;
  readonly cacheBytes: number;
  /** Real time. */
  readonly clock: Clock;
  /** In an encrypted store. */
  readonly sealing?: StoreSealing | undefined;
}

/**
 * Turns what memtables and index hold into verified values, readable ones in an encrypted store.
 * Values read from the log are cached by key, above the index; a cached key is never in a memtable,
 * so the cache holds nothing stale.
 */
export class ValueReader {
  readonly #log: LogReader;
  readonly #identity: RecordIdentity;
  readonly #cache: LRUCache<string, CachedValue>;
  readonly #sealing: StoreSealing | undefined;
  readonly #pace: ReadPace;
  readonly #asked = new AskedBefore();
  /** Called when an entry of the index fails its check. */
  onIndexDamage: (error: Error) => void = () => undefined;
  /** Called when a value in the log fails its checksum. */
  onLogDamage: (position: Position) => void = () => undefined;

  constructor({ log, identity, cacheBytes, clock, sealing }: ValueReaderHome) {
    this.#log = log;
    this.#identity = identity;
    this.#sealing = sealing;
    this.#pace = new ReadPace(clock);
    this.#cache = new LRUCache({
      maxSize: Math.max(1, cacheBytes),
      sizeCalculation: ({ value }, key) => value.length + key.length + 64,
    });
  }

  cached(key: string): CachedValue | undefined {
    return this.#cache.get(key);
  }

  /** Keeps what is asked for again. */
  remember(key: string, entry: CachedValue): void {
    if (!this.#asked.again(printOf(key))) return;
    const { lsn, value } = entry;
    // A copy where the caller's bytes are part of a larger buffer, which it would keep.
    const own = value.buffer.byteLength === value.length;
    this.#cache.set(key, { lsn, value: own ? value : Uint8Array.prototype.slice.call(value) });
  }

  /** A newer version was written. */
  forget(key: string): void {
    this.#cache.delete(key);
  }

  /** The index's bytes for a key. @throws FIRN_RECORD_CORRUPT. */
  decode(key: string, bytes: Uint8Array): IndexValue {
    return this.#decode(bytesOf(key), bytes);
  }

  /** Of a range, when no memtable has it. @throws FIRN_RECORD_CORRUPT. */
  decodeItem({ key, keyBytes, indexed }: MergedItem): IndexValue {
    return this.#decode(keyBytes ?? bytesOf(key), indexed as Uint8Array);
  }

  #decode(key: Uint8Array, bytes: Uint8Array): IndexValue {
    try {
      return decodeIndexValue(key, bytes, this.#identity);
    } catch (error) {
      this.onIndexDamage(error as Error);
      throw error;
    }
  }

  version(key: string, version: Version): Uint8Array | Promise<Uint8Array> {
    return this.#opened(key, version.lsn, version.value ?? this.#place(version));
  }

  versionSync(key: string, version: Version): Uint8Array {
    return this.#open(key, version.lsn, version.value ?? this.#placeSync(version));
  }

  indexed(key: string, entry: IndexValue): Uint8Array | Promise<Uint8Array> {
    const { value, place } = entry;
    return this.#opened(key, entry.lsn, place === undefined ? value : this.#place(place));
  }

  indexedSync(key: string, entry: IndexValue): Uint8Array {
    const { value, place } = entry;
    return this.#open(key, entry.lsn, place === undefined ? value : this.#placeSync(place));
  }

  #opened(
    key: string,
    lsn: Lsn,
    stored: Uint8Array | Promise<Uint8Array>,
  ): Uint8Array | Promise<Uint8Array> {
    const sealing = this.#sealing;
    if (sealing === undefined) return stored;
    if (stored instanceof Promise)
      return stored.then((bytes) => sealing.openValue(key, lsn, bytes));
    return sealing.openValue(key, lsn, stored);
  }

  #open(key: string, lsn: Lsn, stored: Uint8Array): Uint8Array {
    return this.#sealing === undefined ? stored : this.#sealing.openValue(key, lsn, stored);
  }

  #place(place: ValueInLog): Uint8Array | Promise<Uint8Array> {
    if (place.length <= SYNC_READ_BYTES_MAX) {
      if (this.#log.head - place.position < WARM_BYTES) return this.#placeSync(place);
      if (this.#pace.isQuick()) return this.#pace.timed(() => this.#placeSync(place));
    }
    return this.#log.read(place.position, place.length).then((bytes) => this.#verify(place, bytes));
  }

  #placeSync(place: ValueInLog): Uint8Array {
    return this.#verify(place, this.#log.readSync(place.position, place.length));
  }

  #verify(place: ValueInLog, bytes: Uint8Array): Uint8Array {
    if (this.#identity.hasher.hash(bytes, this.#identity.seed) === place.check) return bytes;
    const { position, length } = place;
    this.onLogDamage(position);
    const message = `the log fails its checksum at position ${position}; run \`firn check\``;
    throw coreError("FIRN_RECORD_CORRUPT", message, { detail: { position, length } });
  }
}

/** Keys that differ do so at their end, mostly. */
function printOf(key: string): number {
  let print = key.length;
  for (let at = Math.max(0, key.length - PRINT_CHARACTERS); at < key.length; at++) {
    print = Math.imul(print, 31) + key.charCodeAt(at);
  }
  return print;
}
