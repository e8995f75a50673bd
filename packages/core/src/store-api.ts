import type { Backups } from "./backup/store-backups.ts";
import type { FirnError } from "./errors.ts";
import type { Clock } from "./platform/clock.ts";
import type { Random } from "./platform/random.ts";
import type { ScrubOptions, ScrubReport, StoreStatus } from "./status-api.ts";
import type { Retention, TimeTravelApi } from "./time-api.ts";

export type * from "./time-api.ts";

/** Log sequence number: strictly increasing, exact in a double (53 bits). */
export type Lsn = number;
/** Where bytes lie: an offset into the store's logical stream of log bytes (53 bits). */
export type Position = number;
/** Mostly there at once; otherwise it has to be waited for. */
export type Soon<T> = T | Promise<T>;
/** The keys of one bucket, table, volume or vault: the unit of retention and of sharding. */
export type KeySpaceId = number;
/** Names an attached blob for as long as the store lives; never reused. 16 hex digits. */
export type BlobId = string;

/**
 * `committed`: resolves only after an fdatasync that covers it; nobody sees it before.
 * `buffered`: ordered and visible to its own reader at once, durable at the next barrier, lost only
 * as a suffix.
 */
export type Durability = "committed" | "buffered";

export interface KeySpaceOptions {
  /**
   * Values up to this many bytes live in the index too (0 to 4096, default 256): ranges over them
   * need no log reads, and every write of them is written twice.
   */
  readonly indexedValueBytes?: number | undefined;
  /**
   * Keeps superseded and deleted versions readable with `viewAt`. Default none. Blobs stay as long
   * as the longest window of any key space.
   */
  readonly retention?: Retention | undefined;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Bounds in unsigned byte order. Without `gt`/`gte` from the first key, without `lt`/`lte` to the
 * last.
 */
export interface KeyRange {
  readonly gt?: Uint8Array | undefined;
  readonly gte?: Uint8Array | undefined;
  readonly lt?: Uint8Array | undefined;
  readonly lte?: Uint8Array | undefined;
  /** Last key first. Default false. */
  readonly reverse?: boolean | undefined;
}

export interface RangePage extends KeyRange {
  /** Entries at the most, 1 to 10,000. */
  readonly limit: number;
}

/**
 * A synchronous read-decide-write. Reads see the newest state, pending writes of other transactions
 * included; the answer waits until what was read is durable. The body may run several times: it
 * must not await and must have no effect but through `tx`. Values returned must not be modified.
 */
export interface Transaction {
  /** Milliseconds since 1970 UTC of this commit; never goes back from one commit to the next. */
  readonly now: number;
  /** LSN that this run's writes get when they commit: higher than that of every earlier commit. */
  readonly lsn: Lsn;
  /** The value, own writes of this transaction included; `undefined` when there is none. */
  get(space: KeySpaceId, key: Uint8Array): Uint8Array | undefined;
  /** The first `limit` entries of the range, own writes included. O(limit + log n). */
  range(space: KeySpaceId, page: RangePage): Entry[];
  /** @throws FIRN_KEY_TOO_LONG, FIRN_VALUE_TOO_LARGE (8 MiB: larger payloads are blobs). */
  put(space: KeySpaceId, key: Uint8Array, value: Uint8Array): void;
  delete(space: KeySpaceId, key: Uint8Array): void;
  createKeySpace(options?: KeySpaceOptions): KeySpaceId;
  /**
   * Begins to keep history, from this commit on; or changes how much; or ends it (`undefined`).
   * @throws FIRN_RETENTION, FIRN_KEY_SPACE_NOT_FOUND.
   */
  setRetention(space: KeySpaceId, retention: Retention | undefined): void;
  /** Drops every key of it and its history, in O(1); its room comes back in the background. */
  dropKeySpace(space: KeySpaceId): void;
  /**
   * Makes a staged blob part of the store, with one reference. Returns its id.
   * @throws FIRN_BLOB_NOT_FOUND when it was attached before, discarded, or staged over an hour ago.
   */
  attachBlob(blob: StagedBlob): BlobId;
  /**
   * One more reference: copies and completed uploads move no bytes. @throws FIRN_BLOB_NOT_FOUND.
   */
  retainBlob(id: BlobId): void;
  /** One reference less; without any left the blob is gone. @throws FIRN_BLOB_NOT_FOUND. */
  releaseBlob(id: BlobId): void;
}

export interface TransactOptions {
  /** Keys that the body will read: fetched before it runs, so that it never blocks on the disk. */
  readonly reads?: readonly (readonly [KeySpaceId, Uint8Array])[] | undefined;
  /** Ranges that the body will read, likewise. */
  readonly ranges?: readonly (readonly [KeySpaceId, RangePage])[] | undefined;
}

/** Everything as of one LSN; sees only what is durable. Close it: it holds index files back. */
export interface ReadView {
  readonly lsn: Lsn;
  get(space: KeySpaceId, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** The first `limit` entries of the range. */
  page(space: KeySpaceId, page: RangePage): Promise<Entry[]>;
  /** All entries of the range, fetched in pages. */
  range(space: KeySpaceId, range?: KeyRange): AsyncIterableIterator<Entry>;
  close(): void;
  [Symbol.dispose](): void;
}

/** Bytes on the disk (or, up to 64 KiB, in memory) that no transaction has attached yet. */
export interface StagedBlob {
  readonly id: BlobId;
  readonly bytes: number;
}

export interface BlobAsOf {
  /**
   * As this view has it: a blob that was released since can be read, for as long as the view is
   * open. Default: as it is now.
   */
  readonly view?: ReadView | undefined;
}

export interface BlobRange extends BlobAsOf {
  /** First byte, default 0. */
  readonly start?: number | undefined;
  /** Byte behind the last one, default the blob's length. */
  readonly end?: number | undefined;
}

/** Immutable runs of bytes, stored apart from the commit log, with reference counts. */
export interface Blobs {
  /**
   * Streams bytes into extent segments; resolves after they are synced. Above 64 KiB a fixed
   * buffer of 1 MiB is all the memory it needs. A staged blob belongs to whoever staged it for one
   * hour of real time: then, or when the store closes, its bytes are garbage.
   * @throws FIRN_BLOB_TOO_LARGE above 16 GiB, FIRN_DISK_FULL, FIRN_STORE_FAILED, or what `source`
   * throws.
   */
  stage(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<StagedBlob>;
  /** As `stage`, at once where they are up to 64 KiB: those wait for who attaches them. */
  stageBytes(bytes: Uint8Array): Soon<StagedBlob>;
  /**
   * Gives up a staged blob, so that its room comes back at once and not in an hour. Nothing happens
   * to one that was attached: call it whenever a transaction may not have run. Idempotent.
   */
  discard(staged: StagedBlob): void;
  /** Length in bytes. @throws FIRN_BLOB_NOT_FOUND. */
  size(id: BlobId, options?: BlobAsOf): Promise<number>;
  /**
   * The bytes, each unit of 64 KiB verified before any of it is handed out.
   * @throws FIRN_BLOB_NOT_FOUND, FIRN_RECORD_CORRUPT.
   */
  read(id: BlobId, range?: BlobRange): AsyncIterableIterator<Uint8Array>;
  /**
   * All bytes of a blob of up to 64 KiB, mostly at once, without an iteration; `undefined` for a
   * longer one. @throws as `read`.
   */
  readSmall(id: BlobId, options?: BlobAsOf): Soon<Uint8Array | undefined>;
}

export interface Appended {
  readonly lsn: Lsn;
  /** Position of the first byte of the body; it may be read at once. */
  readonly position: Position;
}

/** Room for one record; give it back with `release` when nothing is appended after all. */
export interface Reservation {
  readonly bytes: number;
  release(): void;
}

export interface StreamRecord extends Appended {
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly body: Uint8Array;
}

/**
 * Records of one key space that their engine maps itself (volumes). They share the log, its order
 * and its syncs with everything else, and never enter the index.
 */
export interface RecordStream {
  /** In an encrypted store: what the engine's own bytes are sealed with, by the engine. */
  readonly sealer: UnitSealer | undefined;
  /**
   * Waits until the log has room for a record of `bytes`, and keeps that room for one `append`.
   * @throws FIRN_STORE_FAILED, FIRN_DISK_FULL, FIRN_BATCH_TOO_LARGE.
   */
  reserve(bytes: number): Promise<Reservation>;
  /** As `reserve`, at once: `undefined` when that would have to wait. */
  tryReserve(bytes: number): Reservation | undefined;
  /**
   * Appends one record, `buffered`, into room reserved for at least its bytes. The parts are copied
   * before it returns, and it may be read at once.
   * @throws FIRN_STORE_FAILED.
   */
  append(reservation: Reservation, parts: readonly Uint8Array[]): Appended;
  /**
   * Resolves when every record appended before the call is durable. Once one has failed, all fail.
   * @throws FIRN_STORE_FAILED.
   */
  barrier(): Promise<void>;
  /**
   * Bytes of a record's body; unverified: the engine keeps a checksum per unit beside its bytes.
   * @throws FIRN_POSITION_GONE for bytes that the streams' owner called unneeded.
   */
  read(position: Position, length: number): Promise<Uint8Array>;
  readSync(position: Position, length: number): Uint8Array;
  /** LSN of the newest record of this key space, pending ones included; 0 when there is none. */
  lastLsn(): Promise<Lsn>;
  /**
   * What survived, from `from` on (inclusive), in LSN order; verified. For opening an engine. Bytes
   * that the streams' owner called unneeded may be zeros, records of nothing else missing.
   */
  replay(from: Lsn): AsyncIterableIterator<StreamRecord>;
}

/** A unit of a stream that was sealed, as long as it was before. */
export interface SealedUnit {
  /** 8 bytes: what a checksum of the unit would be there for, and for changes on purpose too. */
  readonly tag: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * What an engine seals the units of its stream records with, in an encrypted store; values and
 * blobs are sealed by the store itself. Records have checksums of their own, so whoever verifies or
 * moves them needs no key.
 */
export interface UnitSealer {
  /** Stream bytes from this position on are sealed, others are not. */
  readonly from: Position;
  /**
   * The unit of that number as only the store's key opens it, and only in this key space and under
   * this number. The same bytes give the same sealed bytes. About 15 microseconds for 4 KiB.
   * @throws FIRN_ENCRYPTION_KEY_REQUIRED when the store was opened without its key.
   */
  seal(number: number, bytes: Uint8Array): SealedUnit;
  /** `undefined` when a bit of it is not what it was, or it is another one's. */
  open(number: number, unit: SealedUnit): Uint8Array | undefined;
}

/** Bytes of a record's body. */
export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Says of stream records what is still needed of them, so that compaction can take the rest. */
export interface StreamOwner {
  /**
   * Which bytes of an old record's body something still maps: ascending ranges that do not
   * overlap, none when nothing does, or all of them. What is left out may be gone at any later
   * time, after a crash too: it must never be needed again, not by an engine opened anew either.
   */
  liveness(space: KeySpaceId, record: StreamRecord): Promise<readonly ByteRange[] | "all">;
}

/** What one call of `compact` did to the segments of blobs' bytes. */
export interface BlobCompaction {
  readonly segmentsBefore: number;
  readonly segmentsAfter: number;
  /** Bytes of the files that went, less those of the files that came. */
  readonly freedBytes: number;
  readonly liveBytes: number;
  /** Left as it was: too little to be worth the writing, or in a damaged segment. */
  readonly garbageBytes: number;
}

/** What one call of `compact` did to the commit log. */
export interface LogCompaction {
  readonly segmentsReplaced: number;
  readonly segmentsWritten: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Bytes of the replaced files less those of what took their place. */
  readonly bytesFreed: number;
}

export interface CompactionReport extends LogCompaction {
  readonly extents: BlobCompaction;
}

/** An opened data directory: the log-structured store under the four engines. */
export interface Store extends TimeTravelApi {
  /** 32 hex digits, drawn when the store was made. */
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly blobs: Blobs;
  readonly backups: Backups;
  /** Highest LSN that is durable, and therefore visible. */
  readonly durableLsn: Lsn;
  /** Why the store takes no more writes, when it does not: reads go on, a new opening recovers. */
  readonly failure: FirnError | undefined;

  /** The key space of that name, created (committed) when absent. For an engine's roots. */
  openKeySpace(name: string, options?: KeySpaceOptions): Promise<KeySpaceId>;
  /**
   * Runs `body` and commits its writes as one batch: all of it or none after any crash. Resolves
   * (or rejects with what `body` threw) after all that it read and wrote is durable.
   * @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED, FIRN_DISK_FULL, FIRN_BATCH_TOO_LARGE.
   */
  transact<T>(body: (tx: Transaction) => T, options?: TransactOptions): Promise<T>;
  /** The newest durable value. */
  get(space: KeySpaceId, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** As `get`, at once where nothing has to be waited for, as nearly always; throws at once too. */
  read(space: KeySpaceId, key: Uint8Array): Soon<Uint8Array | undefined>;
  view(): ReadView;
  stream(space: KeySpaceId): RecordStream;
  /**
   * Registers who knows what of stream records is mapped; without an owner all of them stay. One
   * per store: a later one takes an earlier one's place.
   */
  ownStreams(owner: StreamOwner): void;
  /**
   * Rewrites every sealed segment of the log that gains by it, now; an open store does what is
   * needed by itself. Space comes back when the readers of that moment are done.
   * @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED, FIRN_DISK_FULL.
   */
  compact(): Promise<CompactionReport>;
  /**
   * Moves a manual clock forward and commits where it stands, so that it never goes back.
   * @throws FIRN_CLOCK_MODE on a real or a scaled clock.
   */
  advanceClock(byMs: number): Promise<void>;
  /** Head, lag, space, pins, last scrub. Reads no data. */
  status(): Promise<StoreStatus>;
  /**
   * Verifies every byte of every live file in the background, and repairs from parity what has
   * rotted; resolves with what it found. Goes on where a pass that was broken off had come to.
   * @throws FIRN_SCRUB_RUNNING, FIRN_STORE_CLOSED, the signal's reason.
   */
  scrub(options?: ScrubOptions): Promise<ScrubReport>;
  /** xxhash64 over the bytes and the store's identity; what engines keep beside their own units. */
  checksum(bytes: Uint8Array): bigint;
  /** Flushes everything and releases the directory. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
