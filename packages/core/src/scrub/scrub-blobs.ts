import { BLOB_UNIT_BYTES } from "../constants.ts";
import { FirnError } from "../errors.ts";
import { asBuffer } from "../log/bytes.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { CareProblem } from "../status-api.ts";
import type { BlobId } from "../store-api.ts";
import { CHUNK_TABLE_BYTES } from "../store/blob-record.ts";
import type { Extent } from "../store/blob-record.ts";
import { findBadUnit } from "../store/verify-chunk.ts";
import type { ExtentBlob, ScrubContext } from "./scrub-context.ts";

export interface BlobScrubOptions {
  /** Segments whose bytes are known to be sound: nothing in them is read again. */
  readonly covered: ReadonlySet<number>;
  readonly after?: BlobId | undefined;
  /** Called behind each blob. */
  readonly onBlob: (id: BlobId) => Promise<void>;
}

/** Verifies every unit of every blob that lies in segments without parity. */
export async function* scrubBlobs(
  context: ScrubContext,
  options: BlobScrubOptions,
): AsyncGenerator<CareProblem> {
  for await (const blob of context.blobs(options.after)) {
    const problem = await context.pinned(() => scrubBlob(context, blob, options.covered));
    const counts = blob.past === true || (await context.hasBlob(blob.id));
    if (problem !== undefined && counts) yield problem;
    await options.onBlob(blob.id);
  }
}

/** The first thing that is wrong with a blob. */
async function scrubBlob(
  context: ScrubContext,
  { id, extents, past = false }: ExtentBlob,
  covered: ReadonlySet<number>,
): Promise<CareProblem | undefined> {
  let unit = 0;
  for (const extent of extents) {
    const entry = context.extentFiles.find(extent.chunk);
    if (entry === undefined || !covered.has(entry.id)) {
      await context.pace.take(extent.bytes);
      const fault = await chunkFault(context, { id, extent, unit, past });
      if (fault !== undefined) return problemOf(context, { id, extent, fault, entry });
      await context.pace.slice();
    }
    unit += Math.ceil(extent.bytes / BLOB_UNIT_BYTES);
  }
  return undefined;
}

async function chunkFault(
  context: ScrubContext,
  chunk: Pick<ExtentBlob, "id" | "past"> & { readonly extent: Extent; readonly unit: number },
): Promise<string | undefined> {
  const { id, extent, unit, past } = chunk;
  try {
    const length = CHUNK_TABLE_BYTES + extent.bytes;
    const bytes = asBuffer(await context.extentFiles.read(extent.chunk, length));
    const table = bytes.subarray(0, CHUNK_TABLE_BYTES);
    const data = bytes.subarray(CHUNK_TABLE_BYTES);
    const bad = findBadUnit({ table, data, from: 0, blob: id, firstUnit: unit }, context.identity);
    if (bad !== undefined) {
      const start = (unit + bad) * BLOB_UNIT_BYTES;
      return `bytes ${start} to ${start + BLOB_UNIT_BYTES} of it have changed`;
    }
    const unused = table.subarray(Math.ceil(extent.bytes / BLOB_UNIT_BYTES) * 8);
    if (unused.some((byte) => byte !== 0)) return "a byte that means nothing has changed";
    return undefined;
  } catch (error) {
    // Retention has let it go meanwhile.
    if (past && error instanceof FirnError && error.code === "FIRN_POSITION_GONE") return undefined;
    return `it cannot be read (${(error as Error).message})`;
  }
}

function problemOf(
  { extentFiles }: ScrubContext,
  bad: {
    readonly id: BlobId;
    readonly extent: Extent;
    readonly fault: string;
    readonly entry: SegmentEntry | undefined;
  },
): CareProblem {
  const { id, extent, fault, entry } = bad;
  const advice =
    "there is no parity to repair it from; restore it from a backup, or write it again";
  const problem = { what: `blob ${id} is damaged: ${fault}; ${advice}`, owners: [`blob ${id}`] };
  if (entry === undefined) return problem;
  const place = entry.packed === undefined ? { offset: extent.chunk - entry.base } : {};
  return { ...problem, file: extentFiles.path(entry), segment: entry.id, ...place };
}
