import { LRUCache } from "lru-cache";
import { coreError } from "../errors.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import type { IndexValue, ValueInLog } from "../index/index-value.ts";
import { bytesOf, heldValue } from "../index/memtable.ts";
import type { Version } from "../index/memtable.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { Lsn, Position } from "../store-api.ts";

/**
 * Log bytes this close behind the head are most likely in the page cache: read without a thread.
 */
const WARM_BYTES: number = 256 * 1024 * 1024;
/** Above this a synchronous read holds the event loop for longer than a thread hop costs. */
const SYNC_READ_BYTES_MAX: number = 64 * 1024;

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

/**
 * Turns what memtables and index hold into verified values. Values read from the log are cached by
 * key, above the index; a cached key is never in a memtable, so the cache holds nothing stale.
 */
export class ValueReader {
  readonly #log: LogReader;
  readonly #identity: RecordIdentity;
  readonly #cache: LRUCache<string, CachedValue>;
  /** Called when an entry of the index fails its check. */
  onIndexDamage: (error: Error) => void = () => undefined;
  /** Called when a value in the log fails its checksum. */
  onLogDamage: (position: Position) => void = () => undefined;

  constructor(log: LogReader, identity: RecordIdentity, cacheBytes: number) {
    this.#log = log;
    this.#identity = identity;
    this.#cache = new LRUCache({
      maxSize: Math.max(1, cacheBytes),
      sizeCalculation: ({ value }, key) => value.length + key.length + 64,
    });
  }

  cached(key: string): CachedValue | undefined {
    return this.#cache.get(key);
  }

  remember(key: string, entry: CachedValue): void {
    // A copy: the caller's bytes may be part of a much larger buffer.
    const value = Uint8Array.prototype.slice.call(entry.value);
    this.#cache.set(key, { lsn: entry.lsn, value });
  }

  /** A newer version was written. */
  forget(key: string): void {
    this.#cache.delete(key);
  }

  /** The index's bytes for a key. @throws FIRN_RECORD_CORRUPT. */
  decode(key: string, bytes: Uint8Array): IndexValue {
    try {
      return decodeIndexValue(bytesOf(key), bytes, this.#identity);
    } catch (error) {
      this.onIndexDamage(error as Error);
      throw error;
    }
  }

  version(version: Version): Uint8Array | Promise<Uint8Array> {
    return heldValue(version) ?? this.place(version);
  }

  versionSync(version: Version): Uint8Array {
    return heldValue(version) ?? this.placeSync(version);
  }

  indexed(entry: IndexValue): Uint8Array | Promise<Uint8Array> {
    return entry.place === undefined ? entry.value : this.place(entry.place);
  }

  indexedSync(entry: IndexValue): Uint8Array {
    return entry.place === undefined ? entry.value : this.placeSync(entry.place);
  }

  place(place: ValueInLog): Uint8Array | Promise<Uint8Array> {
    const warm = this.#log.head - place.position < WARM_BYTES;
    if (warm && place.length <= SYNC_READ_BYTES_MAX) return this.placeSync(place);
    return this.#log.read(place.position, place.length).then((bytes) => this.#verify(place, bytes));
  }

  placeSync(place: ValueInLog): Uint8Array {
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
