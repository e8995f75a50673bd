/** Writes blocks of one head: whole ones as they are, the rest of others fetched first. */
import type { Reservation } from "@firn/core";
import { blocksOf, isGone, type BlockReader, type BlockSource } from "./block-reader.ts";
import { BLOCK_BYTES, FIRST_POINTER } from "./constants.ts";
import { blocksRoom, SMALL_ROOM, type Lineage } from "./lineage.ts";
import type { Version } from "./version-tree.ts";

/** Whether its handle may still write: asked again after each wait, right before a change. */
export interface WriteGate {
  isOpen(): boolean;
  /** @throws when it is not. */
  check(): void;
}

export class BlockWriter {
  readonly #reader: BlockReader;
  readonly #lineage: Lineage;
  readonly #version: Version;
  readonly #gate: WriteGate;

  constructor(source: BlockSource, reader: BlockReader, gate: WriteGate) {
    this.#reader = reader;
    this.#lineage = source.lineage;
    this.#version = source.version;
    this.#gate = gate;
  }

  /** Writes at once, or returns false and has done nothing. */
  writeSync(offset: number, bytes: Uint8Array): boolean {
    const room = this.#lineage.tryRoom(blocksRoom(blocksOf(offset, bytes.length).count));
    if (room === undefined) return false;
    const written = this.#tryWrite(offset, bytes, { room, edges: noEdges });
    if (!written) room.release();
    return written;
  }

  /** Writes what makes one record. */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { first, count } = blocksOf(offset, bytes.length);
    for (;;) {
      await this.#lineage.prepare(this.#version, first, { count, edges: false });
      const edges = await this.#fetchEdges(offset, bytes.length);
      const room = await this.#lineage.room(blocksRoom(count));
      if (this.#gate.isOpen() && this.#tryWrite(offset, bytes, { room, edges })) return;
      room.release();
      this.#gate.check();
    }
  }

  /** Uses up the room, or returns false and has done nothing. */
  #tryWrite(offset: number, bytes: Uint8Array, means: WriteMeans): boolean {
    const { map } = this.#lineage;
    const { first, count } = blocksOf(offset, bytes.length);
    if (map.missing(this.#version, first, { count, edges: false }) !== 0) return false;
    let blocks = bytes;
    if (bytes.length !== count * BLOCK_BYTES) {
      blocks = new Uint8Array(count * BLOCK_BYTES);
      for (const edge of edgesOf(offset, bytes.length)) {
        const into = blocks.subarray((edge - first) * BLOCK_BYTES);
        if (!this.#copyEdge(edge, means.edges, into)) return false;
      }
      blocks.set(bytes, offset - first * BLOCK_BYTES);
    }
    this.#lineage.writeBlocks(means.room, this.#version, { first, bytes: blocks });
    this.#lineage.settle();
    return true;
  }

  /**
   * The rest of a block that is written in part. What was fetched is taken only while the map
   * still points where it was fetched from, so two such writes never lose each other's bytes.
   */
  #copyEdge(block: number, edges: ReadonlyMap<number, Uint8Array>, into: Uint8Array): boolean {
    const piece = this.#reader.piece(block * BLOCK_BYTES, BLOCK_BYTES);
    if (piece.value < FIRST_POINTER) return true;
    const fetched = edges.get(piece.value);
    if (fetched === undefined) {
      return this.#reader.tryFetchSync(piece, into.subarray(0, BLOCK_BYTES));
    }
    into.set(fetched);
    return true;
  }

  async #fetchEdges(offset: number, length: number): Promise<Map<number, Uint8Array>> {
    const edges = new Map<number, Uint8Array>();
    for (const block of edgesOf(offset, length)) {
      const piece = this.#reader.piece(block * BLOCK_BYTES, BLOCK_BYTES);
      if (piece.missing !== 0 || piece.value < FIRST_POINTER) continue;
      const bytes = new Uint8Array(BLOCK_BYTES);
      try {
        await this.#reader.fetch(piece, bytes);
      } catch (error) {
        // Overwritten meanwhile: the caller meets another piece there, and comes again.
        if (isGone(error)) continue;
        throw error;
      }
      edges.set(piece.value, bytes);
    }
    return edges;
  }

  /** Marks the whole blocks within the range. */
  async fill(offset: number, length: number, mark: number): Promise<void> {
    const first = Math.ceil(offset / BLOCK_BYTES);
    // A volume ends with a whole block, so its last block is covered when its last byte is.
    const count = Math.floor((offset + length) / BLOCK_BYTES) - first;
    if (count <= 0) return;
    const lineage = this.#lineage;
    const range = { count, edges: true };
    for (;;) {
      await lineage.prepare(this.#version, first, range);
      const room = await lineage.room(SMALL_ROOM);
      const loaded = lineage.map.missing(this.#version, first, range) === 0;
      if (loaded && this.#gate.isOpen()) {
        lineage.fillBlocks(room, this.#version, { first, count, mark });
        lineage.settle();
        return;
      }
      room.release();
      this.#gate.check();
    }
  }
}

/** What a write uses: room in the log, and blocks fetched before, by their position. */
interface WriteMeans {
  readonly room: Reservation;
  readonly edges: ReadonlyMap<number, Uint8Array>;
}

const noEdges: ReadonlyMap<number, Uint8Array> = new Map();

/** Numbers of the blocks that a range covers in part: none, one or two. */
function edgesOf(offset: number, length: number): number[] {
  const { first, count } = blocksOf(offset, length);
  const last = first + count - 1;
  const edges: number[] = [];
  if (offset % BLOCK_BYTES !== 0) edges.push(first);
  if ((offset + length) % BLOCK_BYTES !== 0 && edges[0] !== last) edges.push(last);
  return edges;
}
