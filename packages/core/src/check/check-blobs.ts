import { BLOB_UNIT_BYTES } from "../constants.ts";
import { asBuffer } from "../log/bytes.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { isPacked, packedFault, saltOf } from "../log/packed-file.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { BlobId } from "../store-api.ts";
import { CHUNK_TABLE_BYTES } from "../store/blob-record.ts";
import type { Extent } from "../store/blob-record.ts";
import { findBadUnit } from "../store/verify-chunk.ts";
import type { BlobCensus } from "./blob-census.ts";
import { headerMatches } from "./check-context.ts";
import type { CheckContext } from "./check-context.ts";

/** Verifies the headers of the extent segments and every unit of every blob; returns data bytes. */
export async function checkBlobs(context: CheckContext, census: BlobCensus): Promise<number> {
  await checkHeaders(context);
  let total = 0;
  for (const [id, extents] of census.entries()) {
    let unit = 0;
    for (const extent of extents) {
      await checkExtent(context, { id, extent, unit });
      unit += Math.ceil(extent.bytes / BLOB_UNIT_BYTES);
      total += extent.bytes;
      context.onRead?.(extent.bytes, `${context.directory}/extents`);
    }
  }
  return total;
}

async function checkHeaders({ extentFiles, ...context }: CheckContext): Promise<void> {
  for (const entry of extentFiles.entries) {
    const file = extentFiles.path(entry);
    try {
      const what = await extentFiles.with(entry, (handle) => faultOf(context, entry, handle));
      if (what !== undefined) context.problems.push({ what, file, segment: entry.id, offset: 0 });
    } catch (error) {
      const what = `an extent segment cannot be read (${(error as Error).message})`;
      context.problems.push({ what, file, segment: entry.id });
    }
  }
}

/** What is wrong with an extent segment, its chunks aside. */
async function faultOf(
  context: Pick<CheckContext, "identity" | "storeId">,
  entry: SegmentEntry,
  handle: FileHandle,
): Promise<string | undefined> {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  await handle.read(header, 0);
  if (!headerMatches(context, entry, header)) {
    return "an extent segment's header is not the one that the manifest names";
  }
  const { hasher } = context.identity;
  if (!isPacked(entry)) return undefined;
  const fault = await packedFault(handle, entry, { hasher, salt: saltOf(entry) });
  return fault === undefined ? undefined : `an extent segment is damaged: ${fault}`;
}

async function checkExtent(
  context: CheckContext,
  place: { readonly id: BlobId; readonly extent: Extent; readonly unit: number },
): Promise<void> {
  const { id, extent } = place;
  let problem: string | undefined;
  try {
    const length = CHUNK_TABLE_BYTES + extent.bytes;
    const bytes = asBuffer(await context.extentFiles.read(extent.chunk, length));
    const parts = {
      table: bytes.subarray(0, CHUNK_TABLE_BYTES),
      data: bytes.subarray(CHUNK_TABLE_BYTES),
    };
    const chunk = { ...parts, from: 0, blob: id, firstUnit: place.unit };
    const bad = findBadUnit(chunk, context.identity);
    if (bad !== undefined) problem = `unit ${place.unit + bad}`;
  } catch (error) {
    problem = (error as Error).message;
  }
  if (problem === undefined) return;
  const what = `blob ${id} fails its checksum in chunk ${extent.chunk} (${problem})`;
  context.problems.push({ what });
}
