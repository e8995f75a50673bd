/** Every limit of the archive, with its unit and its source or reason. */

/**
 * A leaf of the SHA-256 tree hash, and the grain of ranges. AWS's "megabyte" is 1,048,576 bytes.
 */
export const TREE_LEAF_BYTES: number = 1024 * 1024;
/** One SHA-256 digest. */
export const HASH_BYTES = 32;

/** AWS: vaults per account and region. */
export const VAULTS_MAX = 1000;
/** AWS: characters of a vault's name. */
export const VAULT_NAME_MAX = 255;
/** AWS: characters of an archive's or a job's description, printable ASCII. */
export const DESCRIPTION_MAX = 1024;
/** AWS: one UploadArchive, and one part. */
export const UPLOAD_BYTES_MAX: number = 4 * 1024 * 1024 * 1024;
/** AWS: smallest part of a multipart upload; parts are this times a power of two. */
export const PART_BYTES_MIN: number = 1024 * 1024;
/** AWS: parts of one multipart upload. */
export const PARTS_MAX = 10_000;
/** AWS: length of an archive id. */
export const ARCHIVE_ID_CHARS = 138;
/** AWS: length of a job's and an upload's id. */
export const JOB_ID_CHARS = 92;
/** AWS: length of a vault lock's id. */
export const LOCK_ID_CHARS = 24;
/** AWS: bytes of an access policy or a lock policy. */
export const POLICY_BYTES_MAX: number = 20 * 1024;
/** AWS: tags of one vault. */
export const TAGS_MAX = 10;
/** AWS: characters of a tag's key and value. */
export const TAG_KEY_MAX = 128;
export const TAG_VALUE_MAX = 256;
/** AWS: entries of a page of jobs, parts or uploads; default and maximum are the same. */
export const PAGE_MAX = 50;
/** AWS: vaults of one page, default and maximum. */
export const VAULT_PAGE_MAX = 10;
/** AWS: items of one inventory; the marker leads to the rest. */
export const INVENTORY_ITEMS_MAX = 10_000_000;
/** Capacity units of one account and region that may be active at once: AWS's default quota. */
export const CAPACITY_UNITS_MAX = 2;

/** AWS: Expedited retrievals that a unit is good for in each window. */
export const EXPEDITED_PER_UNIT = 3;
/** Most of `expeditedOnDemand`: each start within the window is kept, in one record. */
export const EXPEDITED_ON_DEMAND_MAX = 1000;

const MINUTE_MS = 60_000;
const HOUR_MS: number = 60 * MINUTE_MS;
export const DAY_MS: number = 24 * HOUR_MS;
/** AWS: the window in which a unit's retrievals are counted. */
export const EXPEDITED_WINDOW_MS: number = 5 * MINUTE_MS;

/**
 * AWS: how long each tier takes, in milliseconds, from and up to. A job's time is drawn between.
 */
export const TIER_WINDOWS_MS: Readonly<Record<RetrievalTier, readonly [number, number]>> = {
  Expedited: [MINUTE_MS, 5 * MINUTE_MS],
  Standard: [3 * HOUR_MS, 5 * HOUR_MS],
  Bulk: [5 * HOUR_MS, 12 * HOUR_MS],
};
export type RetrievalTier = "Expedited" | "Standard" | "Bulk";

/** AWS: a finished job and its output are kept for at least this long. */
export const JOB_KEPT_MS: number = DAY_MS;
/** AWS: a vault lock that is not completed within this time is gone. */
export const LOCK_PENDING_MS: number = DAY_MS;
/**
 * An upload without activity for this long is dropped. AWS may do so after one day; a week lets
 * somebody resume after a weekend.
 */
export const UPLOAD_IDLE_MS: number = 7 * DAY_MS;
/**
 * A repeated CompleteMultipartUpload or AbortMultipartUpload gets the same answer for this long.
 */
export const ENDED_UPLOAD_KEPT_MS: number = DAY_MS;
/** AWS: the free retrieval allowance of the FreeTier strategy, bytes in a calendar month. */
export const FREE_TIER_BYTES: number = 10 * 1024 * 1024 * 1024;
/** The window of the BytesPerHour strategy. */
export const RETRIEVAL_WINDOW_MS: number = HOUR_MS;

/** Deleted before so many days, an archive is billed for them all the same. */
export const MINIMUM_DAYS = 90;

/** A download that began while the job's output was kept has this long to end. */
export const READ_OUT_MS: number = HOUR_MS;
/** How often an open engine looks for expired jobs and uploads. */
export const SWEEP_EVERY_MS: number = HOUR_MS;

/** How late a notice may be: no job takes less than a minute. */
export const NOTICE_WAIT_MS: number = MINUTE_MS;
