import { coreError } from "../errors.ts";
import { align8, asBuffer } from "../log/bytes.ts";
import type { LogHome } from "../log/log-home.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { PackedEntry } from "../log/packed-file.ts";
import { PackedWriter } from "../log/packed-writer.ts";
import type { SegmentFiles } from "../log/segment-files.ts";
import { CHUNK_TABLE_BYTES } from "./blob-record.ts";
import type { LiveChunk } from "./live-extents.ts";
import type { SpaceBudget } from "./space-budget.ts";
import { findBadUnit } from "./verify-chunk.ts";

export interface ExtentPackerHome {
  readonly home: LogHome;
  readonly files: SegmentFiles;
  readonly budget: SpaceBudget;
}

/**
 * Copies the live chunks of neighbouring extent segments into one file of the same address range,
 * each verified on the way: a chunk keeps its id. The entry is durable and not in the manifest.
 * @throws FIRN_RECORD_CORRUPT with segment, blob and chunk, or what the disk says; no file is left.
 */
export async function packExtents(
  { home, files, budget }: ExtentPackerHome,
  group: readonly SegmentEntry[],
  chunks: readonly LiveChunk[],
): Promise<PackedEntry> {
  const [first, last] = [group[0], group.at(-1)] as [SegmentEntry, SegmentEntry];
  const capacity = last.base + last.capacity - first.base;
  const range = { kind: "extent", base: first.base, capacity } as const;
  const writer = await PackedWriter.create(home, files, range);
  try {
    for (const live of chunks) {
      await budget.take(2 * live.bytes);
      const bytes = asBuffer(await files.read(live.chunk, live.bytes));
      verify(bytes, live, home);
      const padding = Buffer.alloc(align8(bytes.length) - bytes.length);
      const piece = { position: live.chunk, offset: 0, length: bytes.length };
      await writer.append([bytes, padding], [piece]);
      await budget.slice();
    }
    return await writer.finish({ firstLsn: 0, lastLsn: 0 });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function verify(bytes: Buffer, { chunk, blob, firstUnit }: LiveChunk, { identity }: LogHome): void {
  const table = bytes.subarray(0, CHUNK_TABLE_BYTES);
  const data = bytes.subarray(CHUNK_TABLE_BYTES);
  const unit = findBadUnit({ table, data, from: 0, blob, firstUnit }, identity);
  if (unit === undefined) return;
  const message = `blob ${blob} fails its checksum in chunk ${chunk}; its segment stays as it is`;
  throw coreError("FIRN_RECORD_CORRUPT", message, { detail: { blob, chunk, unit } });
}
