/**
 * What the store keeps per blob, under its id: `u8 kind, u64 bytes`, then the bytes themselves (up
 * to 64 KiB) or its extents (`u64 chunk, u32 bytes` each). The number of references lies beside it,
 * under the id and one more byte, when it is not one: a copy must not write 64 KiB again.
 *
 * A chunk is a table of checksums, one for each unit of 64 KiB that it may hold, and then the
 * bytes.
 */
import { BLOB_UNIT_BYTES, EXTENT_WRITE_BYTES } from "../constants.ts";
import { coreError } from "../errors.ts";
import { asBuffer, readU53, writeU53 } from "../log/bytes.ts";
import type { ChunkId } from "../log/chunk-store.ts";
import type { BlobId } from "../store-api.ts";

const KIND_INLINE = 0;
const KIND_EXTENTS = 1;
const HEAD_BYTES = 9;
const EXTENT_BYTES = 12;

/** Data bytes of a full chunk. */
export const CHUNK_DATA_BYTES: number = EXTENT_WRITE_BYTES;
export const CHUNK_UNITS: number = EXTENT_WRITE_BYTES / BLOB_UNIT_BYTES;
/** The table of checksums before the data. */
export const CHUNK_TABLE_BYTES: number = CHUNK_UNITS * 8;

export interface Extent {
  readonly chunk: ChunkId;
  /** Data bytes, without the table. */
  readonly bytes: number;
}

export type BlobRecord =
  | { readonly bytes: number; readonly inline: Uint8Array; readonly extents?: undefined }
  | { readonly bytes: number; readonly inline?: undefined; readonly extents: readonly Extent[] };

export function encodeBlobRecord(record: BlobRecord): Uint8Array {
  const { bytes, inline, extents } = record;
  const bodyBytes = inline === undefined ? extents.length * EXTENT_BYTES : inline.length;
  const into = Buffer.allocUnsafe(HEAD_BYTES + bodyBytes);
  into[0] = inline === undefined ? KIND_EXTENTS : KIND_INLINE;
  writeU53(into, bytes, 1);
  if (inline !== undefined) into.set(inline, HEAD_BYTES);
  for (const [at, extent] of (extents ?? []).entries()) {
    writeU53(into, extent.chunk, HEAD_BYTES + at * EXTENT_BYTES);
    into.writeUInt32LE(extent.bytes, HEAD_BYTES + at * EXTENT_BYTES + 8);
  }
  return into;
}

/** Whether a record of that length may be one of extents: its bytes alone say. */
export function mayListExtents(recordBytes: number): boolean {
  return (recordBytes - HEAD_BYTES) % EXTENT_BYTES === 0;
}

export function decodeBlobRecord(value: Uint8Array): BlobRecord {
  const from = asBuffer(value);
  const bytes = readU53(from, 1);
  if (from[0] === KIND_INLINE) return { bytes, inline: from.subarray(HEAD_BYTES) };
  const extents: Extent[] = [];
  for (let at = HEAD_BYTES; at < from.length; at += EXTENT_BYTES) {
    extents.push({ chunk: readU53(from, at), bytes: from.readUInt32LE(at + 8) });
  }
  return { bytes, extents };
}

export function blobKey(id: BlobId): Uint8Array {
  return Buffer.from(id, "hex");
}

export function blobReferencesKey(id: BlobId): Uint8Array {
  return Buffer.from(`${id}01`, "hex");
}

export function blobNotFound(id: BlobId): Error {
  return coreError("FIRN_BLOB_NOT_FOUND", `there is no blob ${id}`, { detail: { blob: id } });
}

/** What a unit's checksum is seeded with: store, blob and place inside the blob. */
export function unitSeed(storeSeed: bigint, id: BlobId, unit: number): bigint {
  return BigInt.asUintN(64, storeSeed + BigInt(`0x${id}`) + BigInt(unit));
}
