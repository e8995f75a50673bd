/**
 * The parts of a packed segment's file behind its data: the blocks of the piece table, its root,
 * and (of commit segments) the filter of the keys that it has values of.
 *
 *     file   := header data block* root filter?          header as of every segment
 *     filter := u64 check, the bits                      index/runs/bloom-filter.ts
 */
import { coreError } from "../errors.ts";
import { BloomFilter } from "../index/runs/bloom-filter.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { PackedExtent, SegmentEntry } from "./manifest.ts";
import { PIECE_BLOCK_BYTES, PieceRoot, decodePieces, rootBytes } from "./piece-table.ts";
import type { PieceSeal } from "./piece-table.ts";

export const FILTER_HEAD_BYTES = 8;

export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** A sealed segment that holds only what is left of its address range. */
export interface PackedEntry extends SegmentEntry {
  readonly sealedBytes: number;
  readonly packed: PackedExtent;
}

export function isPacked(entry: SegmentEntry): entry is PackedEntry {
  return entry.packed !== undefined;
}

export function blockRange({ packed }: PackedEntry, block: number): FileRange {
  return { offset: packed.dataBytes + block * PIECE_BLOCK_BYTES, length: PIECE_BLOCK_BYTES };
}

export function rootRange({ packed }: PackedEntry): FileRange {
  const offset = packed.dataBytes + packed.blocks * PIECE_BLOCK_BYTES;
  return { offset, length: rootBytes(packed.blocks) };
}

/** Of no length where there is no filter. */
export function filterRange(entry: PackedEntry): FileRange {
  const root = rootRange(entry);
  const offset = root.offset + root.length;
  return { offset, length: entry.sealedBytes - offset };
}

export function encodeFilter(filter: BloomFilter, { hasher, salt }: PieceSeal): Buffer {
  const into = Buffer.alloc(FILTER_HEAD_BYTES + filter.bytes.length);
  into.set(filter.bytes, FILTER_HEAD_BYTES);
  into.writeBigUInt64LE(hasher.hash(filter.bytes, salt), 0);
  return into;
}

/** `undefined` when any byte is wrong. */
export function decodeFilter(bytes: Buffer, { hasher, salt }: PieceSeal): BloomFilter | undefined {
  if (bytes.length <= FILTER_HEAD_BYTES) return undefined;
  const bits = bytes.subarray(FILTER_HEAD_BYTES);
  return hasher.hash(bits, salt) === bytes.readBigUInt64LE(0) ? BloomFilter.from(bits) : undefined;
}

export function saltOf(entry: SegmentEntry): bigint {
  return BigInt(`0x${entry.salt}`);
}

/** In words, what is wrong behind the data; `undefined` when all of it verifies. */
export async function packedFault(
  handle: FileHandle,
  entry: PackedEntry,
  seal: PieceSeal,
): Promise<string | undefined> {
  const read = async ({ offset, length }: FileRange): Promise<Buffer> => {
    const into = Buffer.alloc(length);
    await handle.read(into, offset);
    return into;
  };
  for (let block = 0; block < entry.packed.blocks; block++) {
    const bytes = await read(blockRange(entry, block));
    if (decodePieces(bytes, seal) === undefined) return "its piece table fails its checksum";
  }
  if (PieceRoot.decode(await read(rootRange(entry)), seal) === undefined) {
    return "the root of its piece table fails its checksum";
  }
  const filter = filterRange(entry);
  if (filter.length > 0 && decodeFilter(await read(filter), seal) === undefined) {
    return "its key filter fails its checksum";
  }
  return undefined;
}

/** Bytes of a piece table do not verify: nothing of the segment can be found. */
export function tableCorrupt(file: string, { offset }: FileRange): Error {
  const message = `a piece table fails its checksum at offset ${offset} of ${file}`;
  return coreError("FIRN_RECORD_CORRUPT", message, { detail: { file, offset } });
}
