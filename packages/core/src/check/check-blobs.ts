import { BLOB_UNIT_BYTES } from "../constants.ts";
import { asBuffer } from "../log/bytes.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { BlobId } from "../store-api.ts";
import { CHUNK_TABLE_BYTES, unitSeed } from "../store/blob-record.ts";
import type { Extent } from "../store/blob-record.ts";
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
    }
  }
  return total;
}

async function checkHeaders({ extentFiles, ...context }: CheckContext): Promise<void> {
  for (const entry of extentFiles.entries) {
    const file = extentFiles.path(entry);
    try {
      const bytes = await extentFiles.read(entry.base, SEGMENT_HEADER_BYTES);
      if (headerMatches(context, entry, bytes)) continue;
      const what = "an extent segment's header is not the one that the manifest names";
      context.problems.push({ what, file, segment: entry.id, offset: 0 });
    } catch (error) {
      const what = `an extent segment cannot be read (${(error as Error).message})`;
      context.problems.push({ what, file, segment: entry.id });
    }
  }
}

async function checkExtent(
  context: CheckContext,
  place: { readonly id: BlobId; readonly extent: Extent; readonly unit: number },
): Promise<void> {
  const { id, extent } = place;
  const { hasher, seed } = context.identity;
  let problem: string | undefined;
  try {
    const length = CHUNK_TABLE_BYTES + extent.bytes;
    const bytes = asBuffer(await context.extentFiles.read(extent.chunk, length));
    const data = bytes.subarray(CHUNK_TABLE_BYTES);
    for (let at = 0, unit = 0; at < data.length; at += BLOB_UNIT_BYTES, unit++) {
      const own = data.subarray(at, at + BLOB_UNIT_BYTES);
      const check = hasher.hash(own, unitSeed(seed, id, place.unit + unit));
      if (check !== bytes.readBigUInt64LE(unit * 8)) problem = `unit ${place.unit + unit}`;
    }
  } catch (error) {
    problem = (error as Error).message;
  }
  if (problem === undefined) return;
  const what = `blob ${id} fails its checksum in chunk ${extent.chunk} (${problem})`;
  context.problems.push({ what });
}
