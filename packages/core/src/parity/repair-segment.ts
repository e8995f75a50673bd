import type { BadBlock, Pace, RangeFiles } from "./parity-blocks.ts";
import { findBadBlocks, readBlock } from "./parity-blocks.ts";
import { ALL_RANGES, DATA_RANGES, PARITY_RANGES, ParityCode } from "./parity-code.ts";
import type { ParityHead } from "./parity-head.ts";
import { blockOffset, rowBytes } from "./parity-layout.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";

/** One step of copying a segment. */
const COPY_BYTES: number = 1024 * 1024;
const DATA: readonly number[] = Array.from({ length: DATA_RANGES }, (_, range) => range);

export interface SegmentRepair {
  readonly fileSystem: FileSystem;
  /** The segment's path: a new file takes its place. */
  readonly path: string;
  readonly files: RangeFiles;
  readonly head: ParityHead;
  readonly pace: Pace;
  /** Asked right before the new file takes its place: false when the segment is no longer live. */
  readonly isLive: () => boolean;
}

export interface RepairOutcome {
  /** Blocks of the segment that were made again. */
  readonly repaired: readonly BadBlock[];
  /** Blocks of the segment in rows that have lost more than four. */
  readonly lost: readonly BadBlock[];
}

/**
 * Makes the bad blocks of a segment again from what is left of its row, into a file beside it that
 * takes its place once it has been synced and verified. Rows that have lost more than four blocks
 * stay as they are.
 */
export async function repairSegment(
  repair: SegmentRepair,
  bad: readonly BadBlock[],
): Promise<RepairOutcome> {
  const rows = new Map<number, number[]>();
  for (const { range, row } of bad) rows.set(row, [...(rows.get(row) ?? []), range]);
  const isLost = ({ row }: BadBlock): boolean => (rows.get(row)?.length ?? 0) > PARITY_RANGES;
  const inSegment = bad.filter(({ range }) => range < DATA_RANGES);
  const lost = inSegment.filter(isLost);
  const repaired = inSegment.filter((block) => !isLost(block));
  if (repaired.length === 0) return { repaired, lost };
  const { fileSystem, path } = repair;
  const beside = `${path}.repair`;
  await fileSystem.remove(beside);
  const file = await fileSystem.open(beside, { create: true });
  let verified = false;
  try {
    await copySegment(repair, file);
    const code = new ParityCode();
    for (const [row, ranges] of rows) {
      if (ranges.length <= PARITY_RANGES) await repairRow(repair, file, { row, ranges, code });
    }
    await file.sync();
    verified = await isRepaired(repair, file, lost);
  } catch (error) {
    // A full disk gets its room back at once.
    await fileSystem.remove(beside);
    throw error;
  } finally {
    await file.close();
  }
  if (!verified || !repair.isLive()) {
    await fileSystem.remove(beside);
    return { repaired: [], lost: inSegment };
  }
  await fileSystem.rename(beside, path);
  await fileSystem.syncDirectory(path.slice(0, path.lastIndexOf("/")));
  return { repaired, lost };
}

async function copySegment({ files, head, pace }: SegmentRepair, to: FileHandle): Promise<void> {
  const { dataBytes } = head.layout;
  const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
  for (let at = 0; at < dataBytes; at += COPY_BYTES) {
    const part = buffer.subarray(0, Math.min(COPY_BYTES, dataBytes - at));
    await pace.take(2 * part.length);
    const count = await files.segment?.read(part, at).catch(() => 0);
    part.fill(0, count ?? 0);
    await to.write([part], at);
    await pace.slice();
  }
}

async function repairRow(
  { files, head, pace }: SegmentRepair,
  to: FileHandle,
  bad: { readonly row: number; readonly ranges: readonly number[]; readonly code: ParityCode },
): Promise<void> {
  const { layout } = head;
  const { row, ranges, code } = bad;
  const bytes = rowBytes(layout, row);
  await pace.take(ALL_RANGES * bytes);
  for (const [range, block] of code.blocks.entries()) {
    await readBlock(files, layout, { range, row }, block.subarray(0, bytes));
  }
  code.repair(ranges, bytes);
  await pace.slice();
  for (const range of ranges.filter((one) => one < DATA_RANGES)) {
    const offset = blockOffset(layout, range, row);
    const length = Math.max(0, Math.min(bytes, layout.dataBytes - offset));
    await to.write([(code.blocks[range] as Uint8Array).subarray(0, length)], offset);
  }
}

/** Reads the new file once more: nothing takes the segment's place that does not verify. */
async function isRepaired(
  { head, pace }: SegmentRepair,
  file: FileHandle,
  lost: readonly BadBlock[],
): Promise<boolean> {
  const files = { segment: file, parity: undefined };
  const bad = await findBadBlocks(files, head, { ranges: DATA, pace });
  return bad.every(({ range, row }) => lost.some((one) => one.range === range && one.row === row));
}
