/*
 * The records of a lineage's stream. Little-endian:
 *
 *   blocks:    kind u8 = 1, 0 u8, extents u16, head u32,
 *              extents × { first f64, count u32, mark u32 },
 *              then the units of the extents with mark DATA, one behind the other
 *   snapshot:  kind u8 = 2, 0 u8, 0 u16, head u32, snapshot u32
 *   clone:     kind u8 = 3, 0 u8, 0 u16, head u32, snapshot u32
 *
 * Replayed in order they make the map again. A snapshot is a record so that it lies behind exactly
 * the writes that it contains; its name and tags follow in a transaction, and a snapshot (or clone)
 * whose transaction did not survive is dropped when the lineage opens.
 */
import { HOLE, UNIT_BYTES, ZERO } from "./constants.ts";
import { volumeError } from "./errors.ts";

/** Blocks of one extent: 8 TiB, below the field's 32 bits. */
export const EXTENT_BLOCKS_MAX: number = 2 ** 31;

/** An extent that has its bytes in the record; otherwise the mark that its blocks get. */
export const DATA = 2;

export interface Extent {
  readonly first: number;
  readonly count: number;
  /** HOLE, ZERO or DATA. */
  readonly mark: number;
}

export type LineageRecord =
  | {
      readonly kind: "blocks";
      readonly head: number;
      readonly extents: readonly Extent[];
      /** Where the units begin within the body. */
      readonly unitsAt: number;
    }
  | { readonly kind: "snapshot" | "clone"; readonly head: number; readonly snapshot: number };

const KIND_BLOCKS = 1;
const KIND_SNAPSHOT = 2;
const KIND_CLONE = 3;
const HEAD_BYTES = 8;
const EXTENT_BYTES = 16;

/** Bytes in front of the units of a record of that many extents. */
export function blocksHeaderBytes(extents: number): number {
  return HEAD_BYTES + extents * EXTENT_BYTES;
}

/** The header of a record of blocks, `spare` bytes longer for what the caller puts behind it. */
export function encodeBlocksHeader(
  head: number,
  extents: readonly Extent[],
  spare: number,
): Uint8Array {
  const out = new Uint8Array(blocksHeaderBytes(extents.length) + spare);
  const view = new DataView(out.buffer);
  view.setUint8(0, KIND_BLOCKS);
  view.setUint16(2, extents.length, true);
  view.setUint32(4, head, true);
  let at = HEAD_BYTES;
  for (const extent of extents) {
    view.setFloat64(at, extent.first, true);
    view.setUint32(at + 8, extent.count, true);
    view.setUint32(at + 12, extent.mark, true);
    at += EXTENT_BYTES;
  }
  return out;
}

export function encodeVersionRecord(
  kind: "snapshot" | "clone",
  head: number,
  snapshot: number,
): Uint8Array {
  const out = new Uint8Array(HEAD_BYTES + 4);
  const view = new DataView(out.buffer);
  view.setUint8(0, kind === "snapshot" ? KIND_SNAPSHOT : KIND_CLONE);
  view.setUint32(4, head, true);
  view.setUint32(8, snapshot, true);
  return out;
}

/** @throws FIRN_VOLUME_MAP_DAMAGED when the body is no record of this format. */
export function decodeRecord(body: Uint8Array): LineageRecord {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < HEAD_BYTES) throw damaged();
  const kind = view.getUint8(0);
  const head = view.getUint32(4, true);
  if (kind === KIND_SNAPSHOT || kind === KIND_CLONE) {
    if (body.length < HEAD_BYTES + 4) throw damaged();
    const snapshot = view.getUint32(8, true);
    return { kind: kind === KIND_SNAPSHOT ? "snapshot" : "clone", head, snapshot };
  }
  if (kind !== KIND_BLOCKS) throw damaged();
  const count = view.getUint16(2, true);
  const unitsAt = blocksHeaderBytes(count);
  if (body.length < unitsAt) throw damaged();
  const extents: Extent[] = [];
  let units = 0;
  for (let at = HEAD_BYTES; at < unitsAt; at += EXTENT_BYTES) {
    const extent = {
      first: view.getFloat64(at, true),
      count: view.getUint32(at + 8, true),
      mark: view.getUint32(at + 12, true),
    };
    if (extent.mark !== DATA && extent.mark !== HOLE && extent.mark !== ZERO) throw damaged();
    if (extent.mark === DATA) units += extent.count;
    extents.push(extent);
  }
  if (body.length !== unitsAt + units * UNIT_BYTES) throw damaged();
  return { kind: "blocks", head, extents, unitsAt };
}

function damaged(): Error {
  return volumeError("FIRN_VOLUME_MAP_DAMAGED", "a record of a volume's stream cannot be decoded");
}
