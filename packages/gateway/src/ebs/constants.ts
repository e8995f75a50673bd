/** Every limit of the EBS direct APIs that the engine does not have itself. */

/** A block, and room for a wrong one to be told so in the service's words. */
export const BODY_BYTES_MAX: number = 1024 * 1024;
/** Blocks of a page when nobody asks: as many as may be asked for. */
export const PAGE_BLOCKS_MAX = 10_000;
export const PAGE_BLOCKS_MIN = 100;
/** Block tokens hold for seven days, page tokens for an hour (EBS). */
export const BLOCK_TOKEN_MS: number = 7 * 24 * 3_600_000;
export const PAGE_TOKEN_MS = 3_600_000;
/** Bytes of a snapshot's block (EBS). */
export const BLOCK_SIZE: number = 512 * 1024;
