import type { KeySpaceId, Lsn, ReadView } from "./store-api.ts";

/**
 * How much of the past of a key space stays readable. What is older goes within an eighth of that
 * time, or 10 s; within an hour at the latest.
 */
export interface Retention {
  /** In milliseconds of the store's time: 1,000 or more. */
  readonly ms: number;
  /**
   * Keys and values of the past, in bytes, at about which the oldest go before their time. Default
   * no limit. Blobs do not count.
   */
  readonly bytes?: number | undefined;
}

/** Where the past of a key space begins that can still be read. */
export interface HistoryStart {
  /** Views at this LSN and later ones are possible. */
  readonly from: Lsn;
  /** `lsnAt` of this time and later ones is at least `from`: milliseconds since 1970 UTC. */
  readonly fromTime: number;
}

export interface KeptHistory extends Retention, HistoryStart {}

/** One write of a batch. */
export interface ChangeWrite {
  readonly space: KeySpaceId;
  readonly key: Uint8Array;
  /** `undefined`: the key was deleted. */
  readonly value: Uint8Array | undefined;
}

/** A committed batch, as a feed shows it. Its bytes share larger buffers: copy what is kept. */
export interface Change {
  readonly lsn: Lsn;
  /** Commit time, milliseconds since 1970 UTC; never goes back from one change to the next. */
  readonly time: number;
  /** In the order of the batch: each key once, with what it has from this LSN on. */
  readonly writes: readonly ChangeWrite[];
  /** Key spaces that ended with this batch: every key of them is gone, those of `writes` too. */
  readonly drops: readonly KeySpaceId[];
}

export interface ChangesOptions {
  /**
   * Only writes of these, and batches that have any. Default all: the core's own key spaces (names
   * and key spaces in 0, blobs in 1) too, which is what a follower needs.
   */
  readonly spaces?: Iterable<KeySpaceId> | undefined;
  /** Ends the feed: `next` answers `done`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Committed batches in LSN order, each once. When it has shown all that is durable, `next` waits
 * for more. It ends with its signal, with `return()` and with the store. One that is not ended
 * keeps the log whole from `nextLsn` on.
 */
export interface ChangeFeed extends AsyncIterableIterator<Change> {
  /**
   * Where another feed would go on: everything below was taken (`next` was called again) or passed
   * over. What a reader writes down with its own effects, and moves its pin to.
   */
  readonly nextLsn: Lsn;
  next(): Promise<IteratorResult<Change, undefined>>;
  return(): Promise<IteratorResult<Change, undefined>>;
}

/** Keeps the log whole from an LSN on, for readers that outlive their process. */
export interface Pin {
  readonly name: string;
  readonly lsn: Lsn;
  /** When it was set or moved, milliseconds since 1970 UTC. */
  readonly time: number;
}

/** What a store can say about other times than now. */
export interface TimeTravelApi {
  /**
   * Key spaces with retention as they were at an older LSN, and the blobs of that time. Reads of
   * one key cost a range in the index when it has changed since. While it is open, no history is
   * trimmed that it may read.
   * @throws FIRN_HISTORY_GONE, at the read, when the key space keeps no history so old;
   *   FIRN_LSN_AHEAD when nothing durable has that LSN yet.
   */
  viewAt(lsn: Lsn): ReadView;
  /**
   * The highest LSN that was committed at or before that time (milliseconds since 1970 UTC). Where
   * compaction has taken it, the highest one left, or the beginning of a window: what is kept of
   * the past is the same at either. 0 when there is none. Reads at most one segment of the log.
   */
  lsnAt(timeMs: number): Promise<Lsn>;
  /**
   * When that LSN was committed; the one before it when compaction took it, and `undefined` when
   * there is none. Cost as `lsnAt`. @throws FIRN_LSN_AHEAD.
   */
  timeOf(lsn: Lsn): Promise<number | undefined>;
  /**
   * What a key space keeps of its past; `undefined` when nothing.
   * @throws FIRN_KEY_SPACE_NOT_FOUND.
   */
  retention(space: KeySpaceId): KeptHistory | undefined;
  /**
   * Everything that was and will be committed, from `from` on (inclusive; `durableLsn + 1`: from
   * now on). Volumes' records are no changes. Reads about as much of the log as was written.
   * @throws FIRN_CHANGES_GONE when compaction has been there: `detail.oldestLsn` is whole;
   *   FIRN_STORE_FAILED when all that is durable was shown; FIRN_RECORD_CORRUPT.
   */
  changes(from: Lsn, options?: ChangesOptions): ChangeFeed;
  /**
   * Sets the pin of that name (or moves it, in either direction): feeds from `lsn` on, and views at
   * it, stay possible over restarts until it is moved or taken away. What it holds back costs room
   * on the disk. Committed when it resolves.
   * @throws FIRN_CHANGES_GONE when it is too late; FIRN_PIN_NAME; FIRN_PINS_EXHAUSTED above 1024.
   */
  pin(name: string, lsn: Lsn): Promise<void>;
  /** Takes a pin away, if there is one. Committed when it resolves. */
  unpin(name: string): Promise<void>;
  /** All of them, lowest LSN first. */
  pins(): readonly Pin[];
}
