import { TREE_LEAF_BYTES } from "./constants.ts";
import { invalid } from "./errors.ts";

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * RetrievalByteRange of a job over an archive of `size` bytes: "first-last", whole MiB, or up to
 * the archive's last byte. Without text, the whole archive.
 * @throws FIRN_ARCHIVE_PARAMETER_INVALID when it is malformed, unaligned or out of bounds.
 */
export function parseRetrievalRange(text: string | undefined, size: number): ByteRange {
  if (text === undefined) return { start: 0, end: size };
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  if (match === null) throw invalid(`Invalid RetrievalByteRange: ${clip(text)}`);
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  if (start >= end || end > size) {
    throw invalid(`Invalid RetrievalByteRange: ${text} is not within the archive's ${size} bytes`);
  }
  const aligned = start % TREE_LEAF_BYTES === 0 && (end % TREE_LEAF_BYTES === 0 || end === size);
  if (!aligned) throw invalid(`Invalid RetrievalByteRange: ${text} is not megabyte aligned`);
  return { start, end };
}

/** "first-last", as jobs and parts spell a range. */
export function formatRange(range: ByteRange): string {
  return `${range.start}-${range.end - 1}`;
}

/**
 * Range of GetJobOutput over an output of `size` bytes: "bytes=first-last", "bytes=first-" or
 * "bytes=-count"; a last byte beyond the output means its end. Without text, the whole output.
 * @throws FIRN_ARCHIVE_PARAMETER_INVALID when it is malformed or begins behind the output.
 */
export function parseOutputRange(text: string | undefined, size: number): ByteRange {
  if (text === undefined || text === "") return { start: 0, end: size };
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text);
  if (match === null || (match[1] === "" && match[2] === "")) {
    throw invalid(`Invalid Range: ${clip(text)}`);
  }
  const suffix = match[1] === "";
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === "" ? size : Math.min(size, Number(match[2]) + 1);
  if (start >= end)
    throw invalid(`Invalid Range: ${text} is not within the output's ${size} bytes`);
  return { start, end };
}

/**
 * Content-Range of a part: "bytes first-last/*", beginning at a multiple of the part size and no
 * longer than it.
 * @throws FIRN_ARCHIVE_PARAMETER_INVALID otherwise.
 */
export function parsePartRange(text: string, partSize: number): ByteRange {
  const match = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/\*)?$/.exec(text);
  if (match === null) throw invalid(`Invalid Content-Range: ${clip(text)}`);
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  if (start >= end) throw invalid(`Invalid Content-Range: ${text}`);
  if (start % partSize !== 0 || end - start > partSize) {
    throw invalid(`Content-Range: ${text} is not aligned with the part size of ${partSize} bytes`);
  }
  return { start, end };
}

function clip(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
