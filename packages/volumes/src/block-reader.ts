/** Fetches and verifies the stored blocks of one version of a lineage. */
import { FirnError, ReadPace, type Store } from "@firn/core";
import type { BlockCache } from "./block-cache.ts";
import { BLOCK_BYTES, CHECKSUM_BYTES, READ_SYNC_SLOW_MS, UNIT_BYTES } from "./constants.ts";
import { volumeError } from "./errors.ts";
import type { Lineage } from "./lineage.ts";
import type { Version } from "./version-tree.ts";

export interface BlockSource {
  readonly store: Store;
  /** Of all volumes together. */
  readonly cache: BlockCache;
  readonly lineage: Lineage;
  readonly version: Version;
  /** Volume or snapshot id, for messages. */
  readonly id: string;
  /** Called when a block fails its checksum. */
  readonly onDamage?: (() => void) | undefined;
}

/** A piece of a read that lies in one run of blocks. */
export interface Piece {
  /** HOLE, ZERO, or the position of the first block's unit. */
  readonly value: number;
  readonly first: number;
  readonly blocks: number;
  /** Bytes of the first block that lie in front of the piece. */
  readonly skip: number;
  readonly bytes: number;
  /** Id of a map node to load first, otherwise 0; then the other fields mean nothing. */
  readonly missing: number;
}

export class BlockReader {
  readonly #source: BlockSource;
  readonly #pace: ReadPace;

  constructor(source: BlockSource) {
    this.#source = source;
    this.#pace = new ReadPace(source.store.clock, READ_SYNC_SLOW_MS);
  }

  /** The part of a read at `offset` that lies in one run of blocks. */
  piece(offset: number, length: number): Piece {
    const { lineage, version } = this.#source;
    const { first, count } = blocksOf(offset, length);
    const run = lineage.map.run(version, first, count);
    const skip = offset - first * BLOCK_BYTES;
    const bytes = Math.min(run.count * BLOCK_BYTES - skip, length);
    return { value: run.value, missing: run.missing, first, blocks: run.count, skip, bytes };
  }

  /**
   * @throws FIRN_BLOCK_CORRUPT, FIRN_POSITION_GONE; `target` may then hold some of the blocks in
   * front.
   */
  async fetch(piece: Piece, target: Uint8Array): Promise<void> {
    const { stream } = this.#source.lineage;
    this.#copy(await stream.read(piece.value, piece.blocks * UNIT_BYTES), piece, target);
  }

  /**
   * The part at the front of a piece whose blocks were all read before and are still at hand is
   * copied; returns its bytes.
   */
  copyCached(piece: Piece, target: Uint8Array): number {
    const { cache, lineage } = this.#source;
    const block = { space: lineage.space, number: piece.first, position: piece.value };
    const into = { at: 0, skip: piece.skip };
    for (let left = piece.blocks; left > 0; left--) {
      if (!cache.copy(block, target, into)) break;
      into.at += BLOCK_BYTES - into.skip;
      into.skip = 0;
      block.number++;
      block.position += UNIT_BYTES;
    }
    return Math.min(into.at, piece.bytes);
  }

  /** The part at the front of a piece whose blocks are not at hand: its first one is not. */
  uncached(piece: Piece): Piece {
    const { cache } = this.#source;
    let blocks = 1;
    while (blocks < piece.blocks && !cache.has(piece.value + blocks * UNIT_BYTES)) blocks++;
    const bytes = Math.min(blocks * BLOCK_BYTES - piece.skip, piece.bytes);
    return { ...piece, blocks, bytes };
  }

  /**
   * As `fetch`, at once; false when that would hold up everybody, because reads meet the disk, or
   * when the bytes have just moved out of reach: then `fetch` is to be used.
   */
  tryFetchSync(piece: Piece, target: Uint8Array): boolean {
    if (!this.#pace.isQuick()) return false;
    const { stream } = this.#source.lineage;
    const bytes = piece.blocks * UNIT_BYTES;
    let units: Uint8Array;
    try {
      units = this.#pace.timed(() => stream.readSync(piece.value, bytes));
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
    this.#copy(units, piece, target);
    return true;
  }

  #copy(units: Uint8Array, piece: Piece, target: Uint8Array): void {
    const { cache, lineage } = this.#source;
    const cached = { space: lineage.space, number: piece.first, position: piece.value };
    let skip = piece.skip;
    let done = 0;
    for (let block = 0; block < piece.blocks; block++) {
      const at = block * UNIT_BYTES;
      const bytes = lineage.seal.open(units, at, cached);
      if (bytes === undefined) throw this.#corrupt(piece, block);
      cache.put(cached, bytes);
      cached.number++;
      cached.position += UNIT_BYTES;
      const length = Math.min(BLOCK_BYTES - skip, target.length - done);
      target.set(length === BLOCK_BYTES ? bytes : bytes.subarray(skip, skip + length), done);
      done += length;
      skip = 0;
    }
  }

  #corrupt(piece: Piece, block: number): Error {
    const { id, onDamage } = this.#source;
    onDamage?.();
    const number = piece.first + block;
    const position = piece.value + block * UNIT_BYTES + CHECKSUM_BYTES;
    return volumeError("FIRN_BLOCK_CORRUPT", `block ${number} of ${id} fails its checksum`, {
      detail: { volume: id, block: number, position },
    });
  }
}

/** Whether a read met a place that compaction has taken away: nothing maps it any more. */
export function isGone(error: unknown): boolean {
  return error instanceof FirnError && error.code === "FIRN_POSITION_GONE";
}

/** The blocks that a range of bytes touches. */
export function blocksOf(offset: number, length: number): { first: number; count: number } {
  const first = Math.floor(offset / BLOCK_BYTES);
  return { first, count: Math.ceil((offset + length) / BLOCK_BYTES) - first };
}
