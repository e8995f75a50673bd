/** How the bytes of a volume are stored. */
import type { BlockReader } from "./block-reader.ts";
import { EXTENT_SCAN_BLOCKS_MAX, HOLE, ZERO } from "./constants.ts";
import type { NodeTable } from "./node-table.ts";

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

function kindOf(value: number): VolumeExtent["kind"] {
  if (value === HOLE) return "hole";
  return value === ZERO ? "zero" : "data";
}
