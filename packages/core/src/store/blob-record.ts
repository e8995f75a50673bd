/**
 * What the store keeps per blob, under its id: `u8 kind, u64 bytes`, then the bytes themselves (up
 * to 64 KiB) or its extents (`u64 chunk, u32 bytes` each). The number of references lies beside it,
 * under the id and one more byte, when it is not one: a copy must not write 64 KiB again.
 *
 * A chunk is a table of checksums, one for each unit of 64 KiB that it may hold, and then the
 * bytes.
 *
 * Of a sealed blob the bytes are a sealed message, or each unit is one of exactly 64 KiB: whoever
 * verifies or moves chunks sees no difference. Before the extents stands a seal over the record.
 */
import { BLOB_UNIT_BYTES, EXTENT_WRITE_BYTES } from "../constants.ts";
import { coreError } from "../errors.ts";
import { asBuffer, readU53, writeU53 } from "../log/bytes.ts";
import type { ChunkId } from "../log/chunk-store.ts";
import { SEAL_BYTES } from "../seal/sealer.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type { BlobId } from "../store-api.ts";

const KIND_INLINE = 0;
const KIND_EXTENTS = 1;
const KIND_SEALED_INLINE = 2;
const KIND_SEALED_EXTENTS = 3;
const HEAD_BYTES = 9;
const EXTENT_BYTES = 12;

/** Data bytes of a full chunk. */
export const CHUNK_DATA_BYTES: number = EXTENT_WRITE_BYTES;
export const CHUNK_UNITS: number = EXTENT_WRITE_BYTES / BLOB_UNIT_BYTES;
/** The table of checksums before the data. */
export const CHUNK_TABLE_BYTES: number = CHUNK_UNITS * 8;

export interface Extent {
  readonly chunk: ChunkId;
  /** Data bytes as they are stored, without the table. */
  readonly bytes: number;
}

export type BlobRecord =
  | {
      /** The blob's own length. */
      readonly bytes: number;
      readonly inline: Uint8Array;
      readonly extents?: undefined;
      readonly sealed?: boolean | undefined;
    }
  | {
      readonly bytes: number;
      readonly inline?: undefined;
      readonly extents: readonly Extent[];
      readonly sealed?: boolean | undefined;
    };

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

/** The record of a blob whose extents, or whose bytes, are sealed already. */
export function encodeSealedRecord(
  id: BlobId,
  record: BlobRecord,
  sealing: StoreSealing,
): Uint8Array {
  const plain = encodeBlobRecord(record);
  if (record.inline !== undefined) {
    plain[0] = KIND_SEALED_INLINE;
    return plain;
  }
  plain[0] = KIND_SEALED_EXTENTS;
  const [head, extents] = [plain.subarray(0, HEAD_BYTES), plain.subarray(HEAD_BYTES)];
  return Buffer.concat([head, sealing.sealRecord(id, plain), extents]);
}

/**
 * That a sealed record of extents is the one that was written for this blob.
 * @throws FIRN_SEAL_BROKEN, FIRN_ENCRYPTION_KEY_REQUIRED.
 */
export function verifySealedRecord(id: BlobId, value: Uint8Array, sealing: StoreSealing): void {
  const extentsAt = HEAD_BYTES + SEAL_BYTES;
  const record = Buffer.concat([value.subarray(0, HEAD_BYTES), value.subarray(extentsAt)]);
  sealing.verifyRecord(id, record, value.subarray(HEAD_BYTES, extentsAt));
}

/** Whether a record of that length may be one of extents: its bytes alone say. */
export function mayListExtents(recordBytes: number): boolean {
  return (recordBytes - HEAD_BYTES) % EXTENT_BYTES === 0;
}

export function decodeBlobRecord(value: Uint8Array): BlobRecord {
  const from = asBuffer(value);
  const bytes = readU53(from, 1);
  const kind = from[0];
  const sealed = kind === KIND_SEALED_INLINE || kind === KIND_SEALED_EXTENTS;
  if (kind === KIND_INLINE || kind === KIND_SEALED_INLINE) {
    return { bytes, inline: from.subarray(HEAD_BYTES), sealed };
  }
  const extents: Extent[] = [];
  for (let at = HEAD_BYTES + (sealed ? SEAL_BYTES : 0); at < from.length; at += EXTENT_BYTES) {
    extents.push({ chunk: readU53(from, at), bytes: from.readUInt32LE(at + 8) });
  }
  return { bytes, extents, sealed };
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
