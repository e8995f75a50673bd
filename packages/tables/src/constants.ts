/** Every limit of the tables, with its unit and its reason. AWS's numbers unless said otherwise. */

/** Largest item, names and values. */
export const ITEM_BYTES_MAX: number = 400 * 1024;
/** Most that one Query or Scan evaluates. */
export const PAGE_BYTES_MAX: number = 1024 * 1024;
/** Most that one BatchGetItem returns. */
export const BATCH_GET_BYTES_MAX: number = 16 * 1024 * 1024;
/** Keys of one BatchGetItem, requests of one BatchWriteItem, actions of one transaction. */
export const BATCH_GET_KEYS_MAX = 100;
export const BATCH_WRITE_REQUESTS_MAX = 25;
export const TRANSACTION_ACTIONS_MAX = 100;
/** All items of one transaction. */
export const TRANSACTION_BYTES_MAX: number = 4 * 1024 * 1024;
/** Idempotency tokens are remembered this long. */
export const TRANSACTION_TOKEN_MS: number = 10 * 60 * 1000;

/** Partition key and sort key values. */
export const PARTITION_KEY_BYTES_MAX = 2048;
export const SORT_KEY_BYTES_MAX = 1024;
/** Lists and maps inside one another. */
export const NESTING_MAX = 32;

/** Significant digits of a number, and the decimal exponents of its first digit. */
export const NUMBER_DIGITS_MAX = 38;
export const NUMBER_EXPONENT_MAX = 125;
export const NUMBER_EXPONENT_MIN = -130;

/** One expression, in UTF-8 bytes as sent. */
export const EXPRESSION_BYTES_MAX = 4096;
/** Operators and functions of one expression; bounds the parser's recursion too. */
export const EXPRESSION_OPERATORS_MAX = 300;
/** Names and indexes of one document path. */
export const PATH_DEPTH_MAX = 32;
/** Operands behind one IN. */
export const IN_OPERANDS_MAX = 100;
/** One PartiQL statement, in characters. */
export const STATEMENT_CHARACTERS_MAX = 8192;
/** Parentheses and literals inside one another; bounds the recursion of its parser. Ours. */
export const STATEMENT_DEPTH_MAX = 200;
/** Statements of one BatchExecuteStatement. */
export const BATCH_STATEMENTS_MAX = 25;
/** Parsed expressions kept, all tables together: applications use a handful each. Ours. */
export const EXPRESSION_CACHE_ENTRIES = 1000;

/** Read unit: 4 KiB; write unit: 1 KiB. */
export const READ_UNIT_BYTES = 4096;
export const WRITE_UNIT_BYTES = 1024;
/** Unused provisioned capacity is kept for this long. */
export const BURST_SECONDS = 300;

/** No partition gives more than this in a second, however much its table has; unused, it lapses. */
export const PARTITION_READ_UNITS_MAX = 3000;
export const PARTITION_WRITE_UNITS_MAX = 1000;
export const PARTITION_BURST_SECONDS = 1;
/** Partitions whose use is kept in mind; the least used of them begin anew. Ours. */
export const PARTITION_BUCKETS_MAX = 10_000;

export const LOCAL_INDEXES_MAX = 5;
export const GLOBAL_INDEXES_MAX = 20;
/** Non-key attributes projected into all indexes of a table together. */
export const PROJECTED_ATTRIBUTES_MAX = 100;
/** Expired items are looked for this often, in the store's time. AWS takes up to days. Ours. */
export const EXPIRY_SWEEP_MS = 5000;
/** Expired items fetched at a time. Ours. */
export const EXPIRY_PAGE = 100;
/** A time of expiry further back than five years is taken for a mistake. */
export const EXPIRY_AGE_MAX_MS: number = 5 * 365 * 24 * 60 * 60 * 1000;
/** Entries that DescribeTable counts at a time: 80 MB if all are as large as they may be. Ours. */
export const COUNT_PAGE_ENTRIES = 200;
/** Pages that it waits for: tables of up to 2,000 items are described exactly. Ours. */
export const COUNT_INLINE_PAGES = 10;
/** A count of a larger table may take this part of the time: one in a hundred. Ours. */
export const COUNT_COST_FACTOR = 100;
/** Tags of one table. */
export const TAGS_MAX = 50;
/** Names of one ListTables page. */
export const LIST_TABLES_MAX = 100;

/** Items up to this long lie in the index too: a Query of 100 must not be 100 log reads. Ours. */
export const INDEXED_VALUE_BYTES = 1024;
/**
 * Entries that a Query or Scan fetches first, and at the most, in one step. Ours. The first is more
 * than 100, so that a partition of 100 items is seen to end without a second fetch.
 */
export const FETCH_ENTRIES_MIN = 128;
export const FETCH_ENTRIES_MAX = 4000;
/** Table descriptions kept in memory; beyond it the least used are read again. Ours. */
export const TABLE_CACHE_ENTRIES = 4096;
/** Leading bytes of the MD5 of a partition key: the scan order, and what segments divide. Ours. */
export const PARTITION_HASH_BYTES = 4;
/** Entries that filling a new index moves per transaction. Ours. */
export const BACKFILL_ENTRIES = 100;
/** Times that a write is prepared again because its table was being changed. Ours. */
export const STALE_TABLE_RETRIES = 16;

/** A stream has this many open shards, each a range of the partition keys' hashes. Ours. */
export const STREAM_SHARDS = 4;
/** A shard ends after about this time, and its child goes on. */
export const STREAM_SHARD_MS: number = 4 * 60 * 60 * 1000;
/** Records are kept this long. */
export const STREAM_RETENTION_MS: number = 24 * 60 * 60 * 1000;
/** Shards that are too old, and records that are, are looked for this often. Ours. */
export const STREAM_SWEEP_MS: number = 5 * 60 * 1000;
/** An iterator is good for this long. */
export const STREAM_ITERATOR_MS: number = 15 * 60 * 1000;
/** Most that one GetRecords returns. */
export const STREAM_PAGE_RECORDS_MAX = 1000;
export const STREAM_PAGE_BYTES_MAX: number = 1024 * 1024;
/** Streams of one ListStreams, shards of one DescribeStream. */
export const STREAM_LIST_MAX = 100;
export const STREAM_SHARDS_PAGE_MAX = 100;
/** Records that GetRecords fetches first: 6.4 MB if all are as large as they may be. Ours. */
export const STREAM_FETCH_ENTRIES = 8;
/** Records that a consumer gets at a time. Ours. */
export const CONSUMER_BATCH_RECORDS = 100;

/** What a new on-demand table, and each of its global indexes, takes at once, in units a second. */
export const ON_DEMAND_READ_UNITS = 12_000;
export const ON_DEMAND_WRITE_UNITS = 4000;
/** On-demand capacity counts a new peak after this time. */
export const ON_DEMAND_WINDOW_MS: number = 30 * 60 * 1000;
/** On-demand capacity that is not used is kept for this long. Ours. */
export const ON_DEMAND_BURST_SECONDS = 1;
/** Text of a resource policy. */
export const POLICY_BYTES_MAX = 20_480;

/** Items that a backup or a restore copies per transaction: at the most 40 MB. Ours. */
export const COPY_ENTRIES = 100;
/** The past of a table is kept for this long at the most while a backup is made of it. Ours. */
export const BACKUP_COPY_RETENTION_MS: number = 7 * 24 * 60 * 60 * 1000;
/** Backups of one ListBackups. */
export const BACKUPS_PAGE_MAX = 100;
/** What a deleted table leaves, when it could be restored to a point in time, goes after this. */
export const DELETED_TABLE_BACKUP_MS: number = 35 * 24 * 60 * 60 * 1000;
/** Days that point-in-time recovery goes back, at most and unless told otherwise. */
export const RECOVERY_DAYS_MAX = 35;

/** Lines of one file of an export, before they are compressed. Ours. */
export const EXPORT_FILE_BYTES: number = 64 * 1024 * 1024;
/** A line of an import: an item of 400 KB as JSON with every character escaped. Ours. */
export const IMPORT_LINE_BYTES_MAX: number = 4 * 1024 * 1024;
/** Exports of one ListExports, imports of one ListImports. */
export const TRANSFERS_PAGE_MAX = 25;
/** A copy that failed is tried again after this time. Ours. */
export const JOB_RETRY_MS = 60_000;
