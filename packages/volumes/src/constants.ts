/** Every limit of the volume engine, with its unit and its reason. */

/** The unit of a volume: what file systems write, and one page of memory. */
export const BLOCK_BYTES = 4096;
/** A block's checksum, kept in front of it so that one read fetches both. */
export const CHECKSUM_BYTES = 8;
/** One stored block: checksum, then bytes. */
export const UNIT_BYTES: number = CHECKSUM_BYTES + BLOCK_BYTES;

export const GIB: number = 1024 ** 3;

/** Slots per map node from the leaf up: 4 MiB, 2 GiB, 1 TiB and 64 TiB of volume. */
export const NODE_SLOTS: readonly number[] = [1024, 512, 512, 64];
/** Blocks below one slot of a node, by the node's level. */
export const SLOT_BLOCKS: readonly number[] = [1, 2 ** 10, 2 ** 19, 2 ** 28];
/** The level of a volume's root. */
export const ROOT_LEVEL = 3;

/** A slot of this value reads as zeroes and takes no room. */
export const HOLE = 0;
/** A slot of this value reads as zeroes, and its owner asked that it count as allocated. */
export const ZERO = 1;
/** Smaller slot values are marks; positions of the log start behind its header, ids here. */
export const FIRST_POINTER = 16;

/** Blocks in one record: larger writes become several, so that the log's queue stays fair. */
export const RECORD_BLOCKS_MAX = 1024;
/** Bytes of writes between two checkpoints: what opening after a crash replays at the most. */
export const CHECKPOINT_WRITE_BYTES: number = 64 * 1024 * 1024;
/** Map nodes in memory, all volumes of a store together: 2 MiB map 1 GiB. */
export const MAP_CACHE_BYTES: number = 64 * 1024 * 1024;
/** What a map node takes beside its slots. */
export const NODE_OVERHEAD_BYTES = 240;
/** Runs that a node keeps as such: more of them would cost writes more time than they save room. */
export const RUNS_MAX = 48;
/** Encoded nodes in one checkpoint transaction: a short step for the event loop and the log. */
export const CHECKPOINT_BATCH_BYTES: number = 1024 * 1024;
/** Node keys deleted by one checkpoint: far below the batch limit. */
export const CHECKPOINT_DELETES_MAX = 50_000;

/** Verified blocks in memory, all volumes of an engine together; taken as they are read. */
export const BLOCK_CACHE_BYTES: number = 128 * 1024 * 1024;
/** Reads up to this are answered at once when most of it is cached: about 0.1 ms of copying. */
export const READ_CACHED_BYTES_MAX: number = 1024 * 1024;
/** What of one read is fetched at once, from memory or the page cache. */
export const READ_SYNC_BYTES_MAX: number = 64 * 1024;
/** A synchronous read that takes longer met the disk: the next ones go through the pool. */
export const READ_SYNC_SLOW_MS = 2;
/** Runs of one large read that are fetched at the same time. */
export const READ_RUNS_MAX = 16;
/** How often a read is tried whose blocks are overwritten and compacted away under it. */
export const READ_ATTEMPTS_MAX = 16;
/** One read or write call: NBD's largest request. Larger transfers are several calls. */
export const IO_BYTES_MAX: number = 32 * 1024 * 1024;
/** Blocks looked at by one call of `extents`: about a millisecond of the event loop. */
export const EXTENT_SCAN_BLOCKS_MAX: number = 1024 * 1024;
/** Runs compared by one call of `changedSince`: about a millisecond of the event loop. */
export const CHANGE_STEPS_MAX = 16_384;
/** Extents that one call returns at the most. */
export const EXTENTS_MAX = 4096;

/** Entries per page of a listing: one index page. */
export const LIST_PAGE = 500;
/** Tags of one resource (EC2 quota). */
export const TAGS_MAX = 50;
/** Characters of a tag's key and value (EC2). */
export const TAG_KEY_MAX = 127;
export const TAG_VALUE_MAX = 255;

/** Lineages kept open though no volume of theirs is: opening one again reads its checkpoint. */
export const IDLE_LINEAGES_MAX = 64;
/** Ids of one kind that `allIds` lists: what one page of the index returns. */
export const ALL_IDS_MAX = 10_000;

/** The unit of EBS's direct APIs. */
export const SNAPSHOT_BLOCK_BYTES: number = 512 * 1024;
/** The largest volume of EBS. */
export const SNAPSHOT_GIB_MAX = 65_536;
/** Snapshots of an account and region that take blocks at a time (EBS's quota). */
export const UPLOADS_MAX = 100;
/** Without a block for this long an upload fails (EBS: 10 to 4,320 minutes, by default 60). */
export const UPLOAD_TIMEOUT_MIN_MS: number = 10 * 60_000;
export const UPLOAD_TIMEOUT_DEFAULT_MS: number = 60 * 60_000;
export const UPLOAD_TIMEOUT_MAX_MS: number = 4320 * 60_000;

/** Lineages whose image compaction keeps at hand: a segment holds records of a few. */
export const IMAGES_MAX = 8;

export const HOUR_MS = 3_600_000;
export const DAY_MS: number = 24 * HOUR_MS;
/** A lock of a snapshot: 1 day to 100 years, with 1 to 72 hours to think better of it (EBS). */
export const LOCK_DAYS_MAX = 36_500;
export const LOCK_COOL_OFF_HOURS_MAX = 72;
/** A restore from the archive (EBS: 24 to 72 hours), and the days that a temporary one may last. */
export const TIER_RESTORE_MS: number = 24 * HOUR_MS;
export const TIER_RESTORE_DAYS_MAX = 180;
/** Accounts that one snapshot is shared with: a bound for its record. */
export const SHARED_ACCOUNTS_MAX = 1000;
/** Rules of an account and region (Recycle Bin's quota), and the days that one may keep. */
export const RULES_MAX = 250;
export const RULE_DAYS_MAX = 365;
/** How often what has left the recycle bin is looked for. */
export const BIN_SWEEP_MS: number = HOUR_MS;
/** Snapshots that one sweep looks at. */
export const BIN_SWEEP_MAX = 10_000;

/** A volume's history: 1 minute, so that anchors are rare, to 1 year. */
export const HISTORY_SECONDS_MIN = 60;
export const HISTORY_SECONDS_MAX: number = 365 * 86_400;
/** Hidden snapshots in a window: a moment is read from an eighth of the window's records. */
export const ANCHORS_PER_WINDOW = 8;
/** Changes of size within a window: a bound for the volume's record. */
export const HISTORY_SIZES_MAX = 256;
/** Moments of volumes that are open, or were lately, all volumes of an engine together. */
export const MOMENTS_MAX = 64;
/** A moment that nobody reads is kept so long: NBD clients open an export several times. */
export const MOMENT_IDLE_MS = 60_000;
/** Volumes that keep a history, of an engine; each has a timer. */
export const HISTORIES_MAX = 10_000;
/** What was not done for want of room, or for an error, is tried again after so long. */
export const HISTORY_RETRY_MS = 60_000;

/** Blocks of 512 KiB in one object of an exported snapshot: 8 MiB, one put. */
export const PIECE_BLOCKS = 16;
/** Parts of an image that is exported as one object, and how many it may have (S3's limit). */
export const IMAGE_PART_BYTES: number = 64 * 1024 * 1024;
export const IMAGE_PARTS_MAX = 10_000;
/** Parts that are written at a time: each holds 1 MiB in memory. */
export const IMAGE_PARTS_IN_FLIGHT = 2;
/** Objects of an export that are read or written at a time: 32 MiB in memory. */
export const PIECES_IN_FLIGHT = 4;
/** A manifest: a run of windows takes 20 bytes, and the worst snapshot has 4 million. */
export const MANIFEST_BYTES_MAX: number = 96 * 1024 * 1024;
