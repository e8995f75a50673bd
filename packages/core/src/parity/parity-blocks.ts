import type { FileHandle } from "../platform/file-system.ts";
import { PARITY_BLOCK_BYTES } from "../constants.ts";
import { DATA_RANGES } from "./parity-code.ts";
import type { ParityHead } from "./parity-head.ts";
import { blockOffset, rowBytes } from "./parity-layout.ts";
import type { ParityLayout } from "./parity-layout.ts";

/** The two files that hold a segment's 20 ranges; `undefined`: the file is not there. */
export interface RangeFiles {
  readonly segment: FileHandle | undefined;
  readonly parity: FileHandle | undefined;
}

/** What reading in the background waits for, so that it never stands in anybody's way. */
export interface Pace {
  /** Before so many bytes of the disk are read or written. */
  take(bytes: number): Promise<void>;
  /** Between two small steps of work. */
  slice(): Promise<void>;
}

/** A block that is not what it was. */
export interface BadBlock {
  readonly range: number;
  readonly row: number;
}

/**
 * Fills `into` with a block; what lies behind the segment's last byte counts as zeros. False when
 * the disk cannot read it: then it holds zeros.
 */
export async function readBlock(
  files: RangeFiles,
  layout: ParityLayout,
  block: BadBlock,
  into: Uint8Array,
): Promise<boolean> {
  const { range, row } = block;
  const offset = blockOffset(layout, range, row);
  const isData = range < DATA_RANGES;
  const file = isData ? files.segment : files.parity;
  const there = isData
    ? Math.max(0, Math.min(into.length, layout.dataBytes - offset))
    : into.length;
  into.fill(0, there);
  try {
    const count = there === 0 ? 0 : await file?.read(into.subarray(0, there), offset);
    into.fill(0, count ?? 0, there);
    return count !== undefined;
  } catch {
    into.fill(0);
    return false;
  }
}

/** Verifies the blocks of these ranges, in the order in which they lie on the disk. */
export async function findBadBlocks(
  files: RangeFiles,
  head: ParityHead,
  reading: { readonly ranges: readonly number[]; readonly pace: Pace },
): Promise<BadBlock[]> {
  const { layout } = head;
  const buffer = Buffer.allocUnsafeSlow(PARITY_BLOCK_BYTES);
  const bad: BadBlock[] = [];
  for (const range of reading.ranges) {
    for (let row = 0; row < layout.rows; row++) {
      const bytes = buffer.subarray(0, rowBytes(layout, row));
      await reading.pace.take(bytes.length);
      const read = await readBlock(files, layout, { range, row }, bytes);
      if (!read || !head.verifies(range, row, bytes)) bad.push({ range, row });
      await reading.pace.slice();
    }
  }
  return bad;
}
