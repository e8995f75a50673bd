/** Reads and writes of one volume, or reads of one snapshot, at any alignment. */
import type { Reservation } from "@firn/core";
import { BlockReader, blocksOf, isGone, type BlockSource } from "./block-reader.ts";
import {
  BLOCK_BYTES,
  EXTENT_SCAN_BLOCKS_MAX,
  EXTENTS_MAX,
  FIRST_POINTER,
  HOLE,
  IO_BYTES_MAX,
  READ_ATTEMPTS_MAX,
  READ_RUNS_MAX,
  READ_SYNC_BYTES_MAX,
  RECORD_BLOCKS_MAX,
  ZERO,
} from "./constants.ts";
import { volumeError } from "./errors.ts";
import { blocksRoom, SMALL_ROOM, type Lineage } from "./lineage.ts";
import type { Version } from "./version-tree.ts";

/** A run of bytes and how it is stored: `zero` counts as allocated, `hole` takes no room. */
export interface VolumeExtent {
  /** Bytes. */
  readonly length: number;
  readonly kind: "data" | "zero" | "hole";
}

export interface VolumeHandle extends BlockSource {
  readonly sizeBytes: number;
  /** Gives the lineage back; called once. */
  release(): Promise<void>;
}

/**
 * Writes are `buffered`: ordered, seen by every handle of the volume at once, durable after the
 * next `flush`, and after a crash lost only as a suffix of all writes to the volume. Calls that
 * overlap in time and in bytes may take effect in either order. Any offset and length is valid;
 * whole blocks of 4 KiB are fastest, parts of a block read the rest of it first.
 */
export class Volume {
  readonly id: string;
  /** A snapshot's bytes never change. */
  readonly readOnly: boolean;
  readonly #reader: BlockReader;
  readonly #lineage: Lineage;
  readonly #version: Version;
  readonly #release: () => Promise<void>;
  #sizeBytes: number;
  #state: "open" | "deleted" | "closed" = "open";

  /** Made by `Volumes.openVolume` and `openSnapshot`. */
  constructor(handle: VolumeHandle) {
    this.id = handle.id;
    this.readOnly = handle.version.kind === "snapshot";
    this.#reader = new BlockReader(handle);
    this.#lineage = handle.lineage;
    this.#version = handle.version;
    this.#release = () => handle.release();
    this.#sizeBytes = handle.sizeBytes;
  }

  /** Bytes; grows when the volume is modified. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Fills `into` from `offset` on, at once, or returns false when that would need the disk or is
   * longer than 64 KiB; then use `readInto`. Each block is verified.
   * @throws FIRN_VOLUME_RANGE, FIRN_BLOCK_CORRUPT.
   */
  readIntoSync(offset: number, into: Uint8Array): boolean {
    this.#check(offset, into.length);
    if (into.length > READ_SYNC_BYTES_MAX || !this.#reader.mayReadSync()) return false;
    let done = 0;
    while (done < into.length) {
      const piece = this.#reader.piece(offset + done, into.length - done);
      if (piece.missing !== 0) return false;
      const target = into.subarray(done, done + piece.bytes);
      if (piece.value < FIRST_POINTER) target.fill(0);
      else if (!this.#reader.tryFetchSync(piece, target)) return false;
      done += piece.bytes;
    }
    this.#lineage.settle();
    return true;
  }

  /** As `readIntoSync`, into an array of its own; `undefined` when it would need the disk. */
  readSync(offset: number, length: number): Uint8Array | undefined {
    const into = new Uint8Array(length);
    return this.readIntoSync(offset, into) ? into : undefined;
  }

  /** Fills `into` from `offset` on; up to 32 MiB. @throws FIRN_VOLUME_RANGE, FIRN_BLOCK_CORRUPT. */
  async readInto(offset: number, into: Uint8Array): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#check(offset, into.length);
      try {
        await this.#readOnce(offset, into);
        break;
      } catch (error) {
        // Overwritten and compacted away between the look-up and the read: the map knows better.
        if (!isGone(error) || attempt === READ_ATTEMPTS_MAX) throw error;
      }
    }
    this.#lineage.settle();
  }

  async #readOnce(offset: number, into: Uint8Array): Promise<void> {
    const pending: Promise<void>[] = [];
    let done = 0;
    try {
      while (done < into.length) {
        const piece = this.#reader.piece(offset + done, into.length - done);
        if (piece.missing !== 0) {
          await this.#lineage.table.load(piece.missing);
          continue;
        }
        const target = into.subarray(done, done + piece.bytes);
        if (piece.value < FIRST_POINTER) target.fill(0);
        else pending.push(this.#reader.fetch(piece, target));
        done += piece.bytes;
        if (pending.length >= READ_RUNS_MAX) await Promise.all(pending.splice(0));
      }
    } finally {
      // All of them have ended before the caller may use `into` again.
      await Promise.allSettled(pending);
    }
    await Promise.all(pending);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#check(offset, length);
    const into = new Uint8Array(length);
    if (!this.readIntoSync(offset, into)) await this.readInto(offset, into);
    return into;
  }

  /**
   * Writes at once, or returns false and has done nothing: when the log's queue is full, the map's
   * part is not in memory, or the rest of a block would have to come from the disk. Up to 4 MiB.
   * @throws FIRN_VOLUME_RANGE, FIRN_VOLUME_READ_ONLY, FIRN_STORE_FAILED, FIRN_DISK_FULL.
   */
  writeSync(offset: number, bytes: Uint8Array): boolean {
    this.#checkWrite(offset, bytes.length);
    if (bytes.length > (RECORD_BLOCKS_MAX - 1) * BLOCK_BYTES) return false;
    if (bytes.length === 0) return true;
    const room = this.#lineage.tryRoom(blocksRoom(blocksOf(offset, bytes.length).count));
    if (room === undefined) return false;
    const written = this.#tryWrite(offset, bytes, { room, edges: noEdges });
    if (!written) room.release();
    return written;
  }

  /** Writes up to 32 MiB; each 4 MiB are one record: whole or not at all there after a crash. */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#checkWrite(offset, bytes.length);
    let done = 0;
    while (done < bytes.length) {
      const at = offset + done;
      const length = RECORD_BLOCKS_MAX * BLOCK_BYTES - (at % BLOCK_BYTES);
      await this.#writePiece(at, bytes.subarray(done, done + length));
      done += length;
    }
  }

  /**
   * Makes the whole blocks within the range holes; parts of blocks at its ends stay as they are
   * (trimming is advice). Buffered, as a write.
   */
  async trim(offset: number, length: number): Promise<void> {
    this.#checkWrite(offset, length, Number.MAX_SAFE_INTEGER);
    await this.#fill(offset, length, HOLE);
  }

  /** The range reads as zeroes; with `noHole` it counts as allocated. Buffered, as a write. */
  async writeZeroes(
    offset: number,
    length: number,
    options: { readonly noHole?: boolean | undefined } = {},
  ): Promise<void> {
    this.#checkWrite(offset, length, Number.MAX_SAFE_INTEGER);
    const end = offset + length;
    const firstWhole = Math.min(end, Math.ceil(offset / BLOCK_BYTES) * BLOCK_BYTES);
    const lastWhole = Math.max(firstWhole, Math.floor(end / BLOCK_BYTES) * BLOCK_BYTES);
    if (firstWhole > offset) await this.write(offset, new Uint8Array(firstWhole - offset));
    await this.#fill(firstWhole, lastWhole - firstWhole, options.noHole ? ZERO : HOLE);
    if (end > lastWhole) await this.write(lastWhole, new Uint8Array(end - lastWhole));
  }

  /**
   * Resolves when all writes that any handle of the volume had completed before are durable. Once
   * a sync has failed, every later flush fails. @throws FIRN_STORE_FAILED.
   */
  async flush(): Promise<void> {
    this.#checkOpen();
    await this.#lineage.stream.barrier();
  }

  /**
   * How the bytes from `offset` on are stored, neighbours of one kind joined. May describe less
   * than asked for, never nothing: at most `limit` extents (default 4096) and 4 GiB in pieces.
   */
  async extents(
    offset: number,
    length: number,
    options: { readonly limit?: number | undefined } = {},
  ): Promise<VolumeExtent[]> {
    this.#check(offset, length, Number.MAX_SAFE_INTEGER);
    const limit = Math.min(options.limit ?? EXTENTS_MAX, EXTENTS_MAX);
    const found: { length: number; kind: VolumeExtent["kind"] }[] = [];
    let scanned = 0;
    let done = 0;
    while (done < length && scanned < EXTENT_SCAN_BLOCKS_MAX) {
      const piece = this.#reader.piece(offset + done, length - done);
      if (piece.missing !== 0) {
        await this.#lineage.table.load(piece.missing);
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
    this.#lineage.settle();
    return found;
  }

  /** Further calls fail. Writes that were not flushed stay buffered. Idempotent. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The volume has been grown. Called by the engine. */
  grownTo(sizeBytes: number): void {
    this.#sizeBytes = sizeBytes;
  }

  /** The volume or snapshot has been deleted: further calls fail. Called by the engine. */
  markDeleted(): void {
    if (this.#state === "open") this.#state = "deleted";
  }

  async #writePiece(offset: number, bytes: Uint8Array): Promise<void> {
    const { first, count } = blocksOf(offset, bytes.length);
    for (;;) {
      await this.#lineage.prepare(this.#version, first, { count, edges: false });
      const edges = await this.#fetchEdges(offset, bytes.length);
      const room = await this.#lineage.room(blocksRoom(count));
      if (this.#state === "open" && this.#tryWrite(offset, bytes, { room, edges })) return;
      room.release();
      this.#checkOpen();
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
      const target = into.subarray(0, BLOCK_BYTES);
      return this.#reader.mayReadSync() && this.#reader.tryFetchSync(piece, target);
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

  async #fill(offset: number, length: number, mark: number): Promise<void> {
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
      if (loaded && this.#state === "open") {
        lineage.fillBlocks(room, this.#version, { first, count, mark });
        lineage.settle();
        return;
      }
      room.release();
      this.#checkOpen();
    }
  }

  #check(offset: number, length: number, most: number = IO_BYTES_MAX): void {
    this.#checkOpen();
    const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    if (!valid || offset < 0 || length < 0 || length > most || offset + length > this.#sizeBytes) {
      throw volumeError(
        "FIRN_VOLUME_RANGE",
        `${length} bytes at ${offset} are not within the ${this.#sizeBytes} bytes of ${this.id}`,
        { detail: { volume: this.id, offset, length, sizeBytes: this.#sizeBytes } },
      );
    }
  }

  #checkWrite(offset: number, length: number, most?: number): void {
    this.#check(offset, length, most);
    if (!this.readOnly) return;
    throw volumeError("FIRN_VOLUME_READ_ONLY", `${this.id} is a snapshot: it is read-only`);
  }

  #checkOpen(): void {
    if (this.#state === "open") return;
    throw volumeError("FIRN_VOLUME_CLOSED", `${this.id} has been ${this.#state}`);
  }
}

/** What a write uses: room in the log, and blocks fetched before, by their position. */
interface WriteMeans {
  readonly room: Reservation;
  readonly edges: ReadonlyMap<number, Uint8Array>;
}

const noEdges: ReadonlyMap<number, Uint8Array> = new Map();

function kindOf(value: number): VolumeExtent["kind"] {
  if (value === HOLE) return "hole";
  return value === ZERO ? "zero" : "data";
}

/** Numbers of the blocks that a range covers in part: none, one or two. */
function edgesOf(offset: number, length: number): number[] {
  const { first, count } = blocksOf(offset, length);
  const last = first + count - 1;
  const edges: number[] = [];
  if (offset % BLOCK_BYTES !== 0) edges.push(first);
  if ((offset + length) % BLOCK_BYTES !== 0 && edges[0] !== last) edges.push(last);
  return edges;
}
