/** Every limit of the object store, with its unit and its reason. */

/** One key, UTF-8 bytes: S3's limit. */
export const KEY_BYTES_MAX = 1024;
/** User metadata of one object, UTF-8 bytes of all names and values: S3's limit. */
export const METADATA_BYTES_MAX = 2048;
/** Standard headers kept with an object (Cache-Control, …), bytes: S3 takes 8 KiB of headers. */
export const CONTENT_HEADERS_BYTES_MAX = 8192;
/** One upload or one part, bytes: S3's limit for both. */
export const PUT_BYTES_MAX: number = 5 * 1024 ** 3;
/** Parts of one object, and the highest part number: S3's limit. */
export const PARTS_MAX = 10_000;
/** Every part but the last, bytes: S3's limit, checked when the upload is completed. */
export const PART_BYTES_MIN: number = 5 * 1024 ** 2;
/** Keys of one DeleteObjects: S3's limit. */
export const DELETE_KEYS_MAX = 1000;
/** Entries of one page of a list, and the default: S3's limit. */
export const LIST_KEYS_MAX = 1000;
/** Buckets of one account: S3's default quota. */
export const BUCKETS_MAX = 10_000;
/** Buckets of one page of ListBuckets: S3's limit. */
export const LIST_BUCKETS_MAX = 10_000;

/**
 * Parts named in the object's own record. A listing reads these records, so that a longer list of
 * parts (up to 28 bytes each) is kept under a key of its own.
 */
export const PARTS_INLINE_MAX = 2;
/**
 * Records of objects live in the index up to this many bytes: with a usual content type and a
 * checksum they need 200 to 300, and a page of a listing is then no reads of the log.
 */
export const INDEXED_RECORD_BYTES = 512;
/**
 * Entries fetched behind a skipped common prefix; doubled while none is met. Small, because most
 * of what a larger page would hold lies under the next common prefix.
 */
export const SKIP_PAGE_ENTRIES = 4;
/**
 * A body of known length up to this many bytes is gathered and hashed in one call (1.6 to 2.3
 * times the speed of a streaming hash), and travels in the batch that commits it.
 */
export const GATHER_BYTES_MAX: number = 64 * 1024;
/** Reading starts again with the newest version when the one it found was replaced meanwhile. */
export const READ_ATTEMPTS_MAX = 8;
/** Bytes of a bucket's policy: S3's limit. */
export const POLICY_BYTES_MAX: number = 20 * 1024;
/** Routing rules of a website: S3's limit. */
export const ROUTING_RULES_MAX = 50;
/** Characters of an object's own redirect: S3's limit. */
export const WEBSITE_REDIRECT_CHARS_MAX = 2048;
/** Plain bytes of a unit of the classes that are packed: a short range unpacks one or two. */
export const PACKED_UNIT_BYTES: number = 256 * 1024;
/** Below so many bytes there is no room to be spared that anybody would notice. */
export const PACK_BYTES_MIN = 1024;
/** Lines of access logs in memory, bytes: beyond it they are kept at once. */
export const ACCESS_LINES_BYTES_MAX: number = 1024 * 1024;
/** Lines of access logs wait so long for others, in ms of the store's time: one commit for all. */
export const ACCESS_LOG_NOTE_MS = 1000;
/** How often access logs are delivered, in ms of the store's time. S3 takes up to hours. */
export const ACCESS_LOG_DELIVERY_MS: number = 5 * 60_000;
/** About the largest object of access logs, bytes: it is made in memory. */
export const ACCESS_LOG_BYTES_MAX: number = 8 * 1024 * 1024;
/** Inventory configurations of a bucket: S3's limit. */
export const INVENTORIES_MAX = 1000;
/** Configurations of one page: S3's limit. */
export const INVENTORIES_PAGE = 100;
/** Lines of one file of an inventory: some 50 MB compressed. */
export const INVENTORY_FILE_LINES = 1_000_000;
/** Lines are compressed in pieces of about so many characters. */
export const INVENTORY_CHUNK_BYTES: number = 64 * 1024;
/** Grants of an access control list: S3's limit. */
export const GRANTS_MAX = 100;
/** Rules of a bucket's CORS configuration: S3's limit. */
export const CORS_RULES_MAX = 100;
