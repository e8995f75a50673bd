/** How the bytes of a volume are stored. */
import { blocksOf, type BlockReader } from "./block-reader.ts";
import { BLOCK_BYTES, CHANGE_STEPS_MAX, EXTENT_SCAN_BLOCKS_MAX, HOLE, ZERO } from "./constants.ts";
import type { Lineage } from "./lineage.ts";
import type { NodeTable } from "./node-table.ts";
import type { Version } from "./version-tree.ts";

/** A run of bytes and how it is stored: `zero` counts as allocated, `hole` takes no room. */
export interface VolumeExtent {
  /** Bytes. */
  readonly length: number;
  readonly kind: "data" | "zero" | "hole";
}

export interface ExtentScan {
  readonly offset: number;
  readonly length: number;
  /** Extents at the most. */
  readonly limit: number;
}

/** Neighbours of one kind joined; may describe less than asked for, never nothing. */
export async function scanExtents(
  reader: BlockReader,
  table: NodeTable,
  scan: ExtentScan,
): Promise<VolumeExtent[]> {
  const { offset, length, limit } = scan;
  const found: { length: number; kind: VolumeExtent["kind"] }[] = [];
  let scanned = 0;
  let done = 0;
  while (done < length && scanned < EXTENT_SCAN_BLOCKS_MAX) {
    const piece = reader.piece(offset + done, length - done);
    if (piece.missing !== 0) {
      await table.load(piece.missing);
      continue;
    }
    const kind = kindOf(piece.value);
    const last = found.at(-1);
    if (last?.kind === kind) last.length += piece.bytes;
    else if (found.length === limit) break;
    else found.push({ length: piece.bytes, kind });
    done += piece.bytes;
    scanned += kind === "data" ? piece.blocks : 1;
  }
  return found;
}

/** A run of bytes that reads as it did in a snapshot, or otherwise. */
export interface ChangedExtent {
  /** Bytes. */
  readonly length: number;
  readonly changed: boolean;
}

/** Neighbours of one kind joined; may describe less than asked for, never nothing. */
export async function scanChanges(
  lineage: Lineage,
  versions: { readonly before: Version; readonly after: Version },
  scan: ExtentScan,
): Promise<ChangedExtent[]> {
  const { offset, length, limit } = scan;
  const { before, after } = versions;
  const found: { length: number; changed: boolean }[] = [];
  let steps = 0;
  let done = 0;
  while (done < length && steps++ < CHANGE_STEPS_MAX) {
    const { first: block, count: max } = blocksOf(offset + done, length - done);
    const run = lineage.map.compare(before, after, { block, max });
    if (run.missing !== 0) {
      await lineage.table.load(run.missing);
      continue;
    }
    const changed = run.value === 1;
    const last = found.at(-1);
    if (last?.changed !== changed && found.length === limit) break;
    const end = Math.min((block + run.count) * BLOCK_BYTES, offset + length);
    const bytes = end - offset - done;
    if (last?.changed === changed) last.length += bytes;
    else found.push({ length: bytes, changed });
    done += bytes;
  }
  return found;
}

function kindOf(value: number): VolumeExtent["kind"] {
  if (value === HOLE) return "hole";
  return value === ZERO ? "zero" : "data";
}
