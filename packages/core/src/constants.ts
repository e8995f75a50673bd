/** Every limit of the core, with its unit and its reason. Engines keep their own beside them. */

/** Commit segment: one step of recovery and compaction. */
export const COMMIT_SEGMENT_BYTES: number = 64 * 1024 * 1024;
/** Extent segment: few files at 10 TB. */
export const EXTENT_SEGMENT_BYTES: number = 256 * 1024 * 1024;
/** Files per folder: directories stay fast. */
export const FOLDER_FILES_MAX = 4096;
/**
 * Open descriptors kept for reading, least recently used first out: below the usual limit of 1024.
 */
export const OPEN_FILES_MAX = 512;

/** One batch, encoded: 100 actions of 4 MB in all with their index copies. */
export const BATCH_BYTES_MAX: number = 128 * 1024 * 1024;
/** One key: index keys of 4 + 4 attributes and the base key. */
export const KEY_BYTES_MAX: number = 32 * 1024;
/** What a key space may ask for at the most; a system record always fits. */
export const INDEXED_VALUE_BYTES_MAX = 4096;
/** One value in a batch; larger payloads are blobs. A table item is 400 KiB, kept in one value. */
export const VALUE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Values up to this long live in the index too, unless the key space says otherwise. */
export const INDEXED_VALUE_BYTES_DEFAULT = 256;
/** A blob up to this long travels in the batch that attaches it. */
export const BLOB_INLINE_BYTES_MAX: number = 64 * 1024;
/** The unit of a blob's checksum: a small read verifies this much and no more. */
export const BLOB_UNIT_BYTES: number = 64 * 1024;
/** One write into an extent segment. Smaller than an extent: 100 uploads hold 100 of these. */
export const EXTENT_WRITE_BYTES: number = 1024 * 1024;
/**
 * Writers of large blobs that get two such buffers each, and readers that get whole extents and one
 * read ahead: 128 MiB for either.
 */
export const BLOB_STREAMS_LARGE_MAX = 64;
/** Buffers of 1 MiB that are kept for the next writers: of four uploads at a time. */
export const CHUNK_BUFFERS_KEPT = 8;
/** What each gets while there are more: 2000 slow clients hold 250 MiB, or 500 when they send. */
export const BLOB_CROWDED_BYTES: number = 128 * 1024;
/** One chunk of the chunk store: what an extent may grow to. */
export const CHUNK_BYTES_MAX: number = 4 * 1024 * 1024;
/** First step of prepared room in a commit segment: a small store stays small. */
export const PREPARE_BYTES: number = 256 * 1024;
/**
 * Average bytes of a group from which on room in the log is not zeroed ahead: then what zeros cost
 * the disk is more than what they save each sync.
 */
export const FRESH_GROUP_BYTES: number = 192 * 1024;
/** Extents per blob: 16,384 of 1 MiB hold 16 GiB, above S3's part limit of 5 GiB. */
export const BLOB_EXTENTS_MAX = 16_384;
/**
 * How long a staged blob waits for its transaction: far longer than any that is still under way,
 * and short enough that what a client gave up is not kept for days.
 */
export const BLOB_LEASE_MS: number = 60 * 60 * 1000;

/** Memtable: sealed at the first of the two. Recovery replays at most the unflushed ones. */
export const MEMTABLE_BYTES_MAX: number = 16 * 1024 * 1024;
export const MEMTABLE_KEYS_MAX: number = 128 * 1024;
/** Sealed memtables that may wait for the index; then writers wait. */
export const MEMTABLES_SEALED_MAX = 3;
/** Between two tries of an index write that failed: the disk may be full for a while. */
export const FLUSH_RETRY_MS = 1000;
/** Log bytes that the index may lag behind: what recovery reads at the most. */
export const REPLAY_BYTES_MAX: number = 256 * 1024 * 1024;
/** Keys per index batch: level's best rate, and short enough for the event loop. */
export const INDEX_BATCH_KEYS = 1024;

/** Bytes that may queue for the log before writers wait: one sync's worth at full speed. */
export const QUEUE_BYTES_MAX: number = 64 * 1024 * 1024;
/** Values recently read or written, by bytes. */
export const READ_CACHE_BYTES: number = 32 * 1024 * 1024;
/** Parts of packed segments' piece tables in memory, of commit and extent segments each. */
export const PACKED_TABLE_BYTES: number = 8 * 1024 * 1024;

/**
 * What compaction reads and writes per second at the most: garbage of 100 MB/s of overwriting comes
 * back, and a disk is left with most of its own.
 */
export const BACKGROUND_BYTES_PER_SECOND: number = 256 * 1024 * 1024;

/**
 * Messages under one derived key: they are numbered in 32 bits, and the number is the nonce. The
 * next one draws another key.
 */
export const SEAL_MESSAGES_MAX: number = 2 ** 32;
/** Derived keys in memory: one for each opening of the store whose messages are being read. */
export const SEAL_KEYS_CACHED = 4096;

/** Entries that one page of a range may return. */
export const RANGE_PAGE_MAX = 10_000;
/** What a change feed reads of the log before its consumer has taken it: one scan window. */
export const FEED_PAGE_BYTES: number = 1024 * 1024;
/** Keys whose history is looked up before other work gets its turn: under a millisecond. */
export const HISTORY_STEP_KEYS = 32;
/** Of what a memtable supersedes, this much is gathered in memory before it goes into the index. */
export const HISTORY_WRITE_BYTES: number = 4 * 1024 * 1024;
/** Retention below a second is not worth its commits. */
export const RETENTION_MS_MIN = 1000;
/** Trims of a window in its length: history takes at most an eighth too much. */
export const HISTORY_TRIMS_PER_WINDOW = 8;
/** Trims come no faster, and no slower: a scan of the history each, and a search for an LSN. */
export const HISTORY_TRIM_MS_MIN = 10_000;
export const HISTORY_TRIM_MS_MAX: number = 3_600_000;
/** How finely a limit in bytes finds the LSN to trim at. */
export const HISTORY_BUCKETS = 256;
/** Named pins of one store: one per reader that outlives its process. */
export const PINS_MAX = 1024;
/** A pin's name, in UTF-8. */
export const PIN_NAME_BYTES_MAX = 255;
/** A transaction body that still asks for more after this many runs is a bug. */
export const TRANSACTION_RUNS_MAX = 32;

/**
 * One block of a parity row: the unit that is verified and repaired. 20 of them are 1.25 MiB in
 * memory, and one row is under a millisecond of work.
 */
export const PARITY_BLOCK_BYTES: number = 64 * 1024;
/** What one scrub lists, of each kind: more says no more. */
export const SCRUB_PROBLEMS_MAX = 1000;
/** Bytes a second that a scrub reads unless it is told otherwise: 1 TiB in nine hours. */
export const SCRUB_RATE_BYTES: number = 32 * 1024 * 1024;
/**
 * A segment that was sealed this long ago gets parity: most of what is rewritten at all is
 * rewritten, and compacted, before.
 */
export const PARITY_COLD_AFTER_MS: number = 10 * 60_000;
/** How often cold segments are looked for. */
export const PARITY_TICK_MS = 10_000;
/** Bytes a second that making parity reads and writes. */
export const PARITY_RATE_BYTES: number = 64 * 1024 * 1024;
/** A scrub notes how far it has come this often: what a restart reads once more. */
export const SCRUB_NOTE_BYTES: number = 512 * 1024 * 1024;
/** Blobs that are looked up at a time. */
export const BLOB_PAGE = 1000;
/** Log bytes a second that a rebuild of the index reads while the store is open. */
export const REBUILD_RATE_BYTES: number = 512 * 1024 * 1024;
/**
 * Between two tries of what a destination did not take, ms of the store's time: at first, so that a
 * restart is hardly noticed, and at the most, so that one that is down for long is not beset.
 */
export const DELIVERY_RETRY_MIN_MS = 1000;
export const DELIVERY_RETRY_MAX_MS = 60_000;
