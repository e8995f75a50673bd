/**
 * Where things lie in a parity file. A sealed segment's bytes are cut into 16 ranges of equal
 * length, one behind the other; each range has blocks of 64 KiB. A row is one block of each range
 * and of each of the 4 parity ranges: it survives the loss of any 4 of its 20 blocks, so a segment
 * survives that of any 4 ranges, of one stretch of a quarter of its bytes, of scattered sectors.
 * docs/formats/parity.md draws the file.
 */
import { FOLDER_FILES_MAX, PARITY_BLOCK_BYTES } from "../constants.ts";
import { ALL_RANGES, DATA_RANGES, PARITY_RANGES } from "./parity-code.ts";

export const PARITY_HEADER_BYTES = 64;
export const CHECK_BYTES = 8;
/** Ranges begin at multiples of it: what the code takes at a time, and a cache line. */
const RANGE_ALIGN_BYTES = 64;

export interface ParityLayout {
  /** Bytes of the segment that are covered. */
  readonly dataBytes: number;
  readonly rangeBytes: number;
  /** Blocks of one range. */
  readonly rows: number;
  /** Header, block checks and their check: at the front, and once more at the end. */
  readonly headBytes: number;
  readonly fileBytes: number;
}

export function parityLayout(dataBytes: number): ParityLayout {
  const steps = Math.ceil(dataBytes / DATA_RANGES / RANGE_ALIGN_BYTES);
  const rangeBytes = Math.max(1, steps) * RANGE_ALIGN_BYTES;
  const rows = Math.ceil(rangeBytes / PARITY_BLOCK_BYTES);
  const headBytes = PARITY_HEADER_BYTES + (ALL_RANGES * rows + 1) * CHECK_BYTES;
  const fileBytes = 2 * headBytes + PARITY_RANGES * rangeBytes;
  return { dataBytes, rangeBytes, rows, headBytes, fileBytes };
}

/** Bytes of each block of a row: less than 64 KiB in the last one. */
export function rowBytes({ rangeBytes }: ParityLayout, row: number): number {
  return Math.min(PARITY_BLOCK_BYTES, rangeBytes - row * PARITY_BLOCK_BYTES);
}

/** Where a block begins, in the segment or (parity ranges) in the parity file. */
export function blockOffset(layout: ParityLayout, range: number, row: number): number {
  const inRange = row * PARITY_BLOCK_BYTES;
  if (range < DATA_RANGES) return range * layout.rangeBytes + inRange;
  return layout.headBytes + (range - DATA_RANGES) * layout.rangeBytes + inRange;
}

/** The block's place among the checks. */
export function blockNumber({ rows }: ParityLayout, range: number, row: number): number {
  return range * rows + row;
}

/** Where parity files lie: another directory may be shared, so there the store names a folder. */
export function parityDirectoryOf(place: {
  readonly directory: string;
  readonly storeId: string;
  readonly elsewhere: string | undefined;
}): string {
  const { directory, storeId, elsewhere } = place;
  return elsewhere === undefined ? `${directory}/parity` : `${elsewhere}/${storeId}`;
}

/** `0000/0000000001` below the directory of parity files. */
export function parityPath(directory: string, segmentId: number): string {
  const folder = String(Math.floor(segmentId / FOLDER_FILES_MAX)).padStart(4, "0");
  return `${directory}/${folder}/${String(segmentId).padStart(10, "0")}`;
}
