/*
 * A piece of an exported snapshot, one object: up to 16 blocks of 512 KiB out of one window of 16.
 *
 *     "FSN1", count u32le, count × { index u32le, SHA-256 32 bytes }, count × 524,288 bytes
 */
import { createHash } from "node:crypto";
import { PIECE_BLOCKS, SNAPSHOT_BLOCK_BYTES } from "./constants.ts";
import { volumeError } from "./errors.ts";

const MAGIC = "FSN1";
const HEAD_BYTES = 8;
const ENTRY_BYTES = 36;
const SHA256_BYTES = 32;

export interface PieceBlock {
  readonly blockIndex: number;
  readonly bytes: Uint8Array;
}

/** How long a piece of so many blocks is. */
export function pieceBytes(count: number): number {
  return HEAD_BYTES + count * (ENTRY_BYTES + SNAPSHOT_BLOCK_BYTES);
}

export const PIECE_BYTES_MAX: number = pieceBytes(PIECE_BLOCKS);

export function encodePiece(blocks: readonly PieceBlock[]): Uint8Array {
  const out = Buffer.alloc(pieceBytes(blocks.length));
  out.write(MAGIC, 0, "latin1");
  out.writeUInt32LE(blocks.length, 4);
  let entryAt = HEAD_BYTES;
  let dataAt = HEAD_BYTES + blocks.length * ENTRY_BYTES;
  for (const { blockIndex, bytes } of blocks) {
    out.writeUInt32LE(blockIndex, entryAt);
    out.set(createHash("sha256").update(bytes).digest(), entryAt + 4);
    out.set(bytes, dataAt);
    entryAt += ENTRY_BYTES;
    dataAt += SNAPSHOT_BLOCK_BYTES;
  }
  return out;
}

/** The blocks of a piece, with the SHA-256s that they must have. @throws FIRN_SNAPSHOT_EXPORT. */
export function decodePiece(piece: Buffer): (PieceBlock & { readonly sha256: Uint8Array })[] {
  const count = piece.length < HEAD_BYTES ? -1 : piece.readUInt32LE(4);
  const whole = count >= 0 && count <= PIECE_BLOCKS && piece.length === pieceBytes(count);
  if (!whole || piece.toString("latin1", 0, 4) !== MAGIC) {
    throw volumeError("FIRN_SNAPSHOT_EXPORT", "An object of the export is no piece of a snapshot.");
  }
  return Array.from({ length: count }, (_, at) => {
    const entryAt = HEAD_BYTES + at * ENTRY_BYTES;
    const dataAt = HEAD_BYTES + count * ENTRY_BYTES + at * SNAPSHOT_BLOCK_BYTES;
    return {
      blockIndex: piece.readUInt32LE(entryAt),
      sha256: piece.subarray(entryAt + 4, entryAt + 4 + SHA256_BYTES),
      bytes: piece.subarray(dataAt, dataAt + SNAPSHOT_BLOCK_BYTES),
    };
  });
}
