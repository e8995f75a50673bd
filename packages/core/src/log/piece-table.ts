/**
 * Where the pieces of a packed segment lie. A packed segment keeps the address range of what it
 * replaces and holds only what was live, so a position inside it is looked up: pieces, sorted by
 * their logical offset (relative to the segment's base), each with the place of its bytes in the
 * file. What no piece covers is gone.
 *
 *     table := block* root
 *     block := u64 check, u32 pieces, u32 zero, then up to 255 times
 *              u64 logical offset, u32 physical offset, u32 length          4096 bytes, zero-padded
 *     root  := u64 check, u32 blocks, u32 pieces, then u64 first logical offset of each block
 *
 * Checks are xxhash64 over what follows them (of a block, all of it), seeded with the segment's
 * salt. A look-up needs the root (8 bytes for each 255 pieces) and one block, so that memory stays
 * small however many segments there are.
 */
import type { Hasher } from "../hasher.ts";
import { asBuffer, readU53, writeU53 } from "./bytes.ts";

/** One read of a page: what a look-up costs at the most. */
export const PIECE_BLOCK_BYTES = 4096;

const BLOCK_HEAD_BYTES = 16;
const PIECE_BYTES = 16;
const ROOT_HEAD_BYTES = 16;
const BLOCK_PIECES = (PIECE_BLOCK_BYTES - BLOCK_HEAD_BYTES) / PIECE_BYTES;

export interface Piece {
  /** Offset in the address range, relative to its base (53 bits). */
  readonly logical: number;
  /** Offset in the file (32 bits). */
  readonly physical: number;
  readonly length: number;
}

export interface PieceSeal {
  readonly hasher: Hasher;
  readonly salt: bigint;
}

/** Collects pieces in the order of both offsets; those that touch in both become one. */
export class PieceTableBuilder {
  readonly #pieces: Piece[] = [];

  get count(): number {
    return this.#pieces.length;
  }

  add(piece: Piece): void {
    if (piece.length === 0) return;
    const last = this.#pieces.at(-1);
    const follows =
      last !== undefined &&
      last.logical + last.length === piece.logical &&
      last.physical + last.length === piece.physical;
    if (follows) this.#pieces[this.#pieces.length - 1] = joined(last, piece);
    else this.#pieces.push(piece);
  }

  /** The blocks, one behind the other, and the root that follows them. */
  encode(seal: PieceSeal): { readonly blocks: Buffer; readonly root: Buffer } {
    const count = Math.ceil(this.#pieces.length / BLOCK_PIECES);
    const blocks = Buffer.alloc(count * PIECE_BLOCK_BYTES);
    const root = Buffer.alloc(rootBytes(count));
    root.writeUInt32LE(count, 8);
    root.writeUInt32LE(this.#pieces.length, 12);
    for (let at = 0; at < count; at++) {
      const pieces = this.#pieces.slice(at * BLOCK_PIECES, (at + 1) * BLOCK_PIECES);
      const block = blocks.subarray(at * PIECE_BLOCK_BYTES, (at + 1) * PIECE_BLOCK_BYTES);
      encodeBlock(block, pieces, seal);
      writeU53(root, (pieces[0] as Piece).logical, ROOT_HEAD_BYTES + at * 8);
    }
    root.writeBigUInt64LE(seal.hasher.hash(root.subarray(8), seal.salt), 0);
    return { blocks, root };
  }
}

/** Bytes of the root over so many blocks. */
export function rootBytes(blocks: number): number {
  return ROOT_HEAD_BYTES + blocks * 8;
}

/** The verified root: which block may hold a logical offset. */
export class PieceRoot {
  readonly blocks: number;
  readonly pieces: number;
  readonly #firsts: Float64Array;

  private constructor(bytes: Buffer) {
    this.blocks = bytes.readUInt32LE(8);
    this.pieces = bytes.readUInt32LE(12);
    this.#firsts = new Float64Array(this.blocks);
    for (let at = 0; at < this.blocks; at++) {
      this.#firsts[at] = readU53(bytes, ROOT_HEAD_BYTES + at * 8);
    }
  }

  /** `undefined` when any byte is wrong. */
  static decode(from: Uint8Array, seal: PieceSeal): PieceRoot | undefined {
    const bytes = asBuffer(from);
    if (bytes.length < ROOT_HEAD_BYTES) return undefined;
    if (rootBytes(bytes.readUInt32LE(8)) !== bytes.length) return undefined;
    const check = seal.hasher.hash(bytes.subarray(8), seal.salt);
    return check === bytes.readBigUInt64LE(0) ? new PieceRoot(bytes) : undefined;
  }

  /** What it takes in memory. */
  get byteLength(): number {
    return this.#firsts.byteLength;
  }

  /** The only block that may hold the offset. */
  blockOf(logical: number): number | undefined {
    const at = countAtMost(this.blocks, (index) => (this.#firsts[index] as number) <= logical);
    return at === 0 ? undefined : at - 1;
  }
}

/** One verified block. */
export class PieceBlock {
  readonly #bytes: Buffer;
  readonly #count: number;

  private constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.#count = count;
  }

  /** `undefined` when any byte is wrong. The bytes are kept, not copied. */
  static decode(from: Uint8Array, seal: PieceSeal): PieceBlock | undefined {
    const bytes = asBuffer(from);
    if (bytes.length !== PIECE_BLOCK_BYTES) return undefined;
    const check = seal.hasher.hash(bytes.subarray(8), seal.salt);
    if (check !== bytes.readBigUInt64LE(0)) return undefined;
    return new PieceBlock(bytes, bytes.readUInt32LE(8));
  }

  get pieces(): Piece[] {
    return Array.from({ length: this.#count }, (_, at) => this.#piece(at));
  }

  /** Where `length` bytes at a logical offset lie in the file; `undefined`: they are gone. */
  lookup(logical: number, length: number): number | undefined {
    const at = countAtMost(this.#count, (index) => this.#logical(index) <= logical);
    if (at === 0) return undefined;
    const piece = this.#piece(at - 1);
    const inside = logical - piece.logical;
    return inside + length <= piece.length ? piece.physical + inside : undefined;
  }

  #logical(at: number): number {
    return readU53(this.#bytes, BLOCK_HEAD_BYTES + at * PIECE_BYTES);
  }

  #piece(at: number): Piece {
    const offset = BLOCK_HEAD_BYTES + at * PIECE_BYTES;
    return {
      logical: this.#logical(at),
      physical: this.#bytes.readUInt32LE(offset + 8),
      length: this.#bytes.readUInt32LE(offset + 12),
    };
  }
}

/** All pieces of a table whose blocks lie one behind the other; `undefined`: bad bytes. */
export function decodePieces(blocks: Uint8Array, seal: PieceSeal): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (let at = 0; at < blocks.length; at += PIECE_BLOCK_BYTES) {
    const block = PieceBlock.decode(blocks.subarray(at, at + PIECE_BLOCK_BYTES), seal);
    if (block === undefined) return undefined;
    pieces.push(...block.pieces);
  }
  return pieces;
}

function encodeBlock(into: Buffer, pieces: readonly Piece[], seal: PieceSeal): void {
  into.writeUInt32LE(pieces.length, 8);
  for (const [at, piece] of pieces.entries()) {
    const offset = BLOCK_HEAD_BYTES + at * PIECE_BYTES;
    writeU53(into, piece.logical, offset);
    into.writeUInt32LE(piece.physical, offset + 8);
    into.writeUInt32LE(piece.length, offset + 12);
  }
  into.writeBigUInt64LE(seal.hasher.hash(into.subarray(8), seal.salt), 0);
}

function joined(first: Piece, second: Piece): Piece {
  return { ...first, length: first.length + second.length };
}

/** How many of the first indexes satisfy the condition, which holds up to some index. */
function countAtMost(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
