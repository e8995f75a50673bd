/** Reads and writes of one volume, or reads of one snapshot, at any alignment. */
import { BlockReader, isGone, type BlockSource } from "./block-reader.ts";
import {
  BLOCK_BYTES,
  EXTENTS_MAX,
  FIRST_POINTER,
  HOLE,
  IO_BYTES_MAX,
  READ_CACHED_BYTES_MAX,
  READ_ATTEMPTS_MAX,
  READ_RUNS_MAX,
  READ_SYNC_BYTES_MAX,
  RECORD_BLOCKS_MAX,
  ZERO,
} from "./constants.ts";
import { BlockWriter } from "./block-writer.ts";
import { volumeError } from "./errors.ts";
import type { Throttled } from "./volume-throttle.ts";
import {
  scanChanges,
  scanExtents,
  type ChangedExtent,
  type VolumeExtent,
} from "./volume-extents.ts";
import type { Version } from "./version-tree.ts";
import type { Lineage } from "./lineage.ts";

export interface VolumeHandle extends BlockSource {
  readonly sizeBytes: number;
  /** Shared by all handles of the volume; absent when nothing holds it to its type. */
  readonly throttle?: Throttled | undefined;
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
  readonly #writer: BlockWriter;
  readonly #throttle: Throttled | undefined;
  readonly #release: () => Promise<void>;
  #sizeBytes: number;
  #state: "open" | "detached" | "deleted" | "closed" = "open";

  /** Made by `Volumes.openVolume` and `openSnapshot`. */
  constructor(handle: VolumeHandle) {
    this.id = handle.id;
    this.readOnly = handle.version.kind === "snapshot";
    this.#reader = new BlockReader(handle);
    this.#lineage = handle.lineage;
    this.#version = handle.version;
    this.#writer = new BlockWriter(handle, this.#reader, {
      isOpen: () => this.#state === "open",
      check: () => this.#checkOpen(),
    });
    this.#throttle = handle.throttle;
    this.#release = () => handle.release();
    this.#sizeBytes = handle.sizeBytes;
  }

  /** Bytes; another number when the volume is modified. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Fills `into` from `offset` on, at once, or returns false when that would need the disk: it was
   * read before and is cached, but for at most 64 KiB that the page cache most likely has.
   * Then use `readInto`. Each block is verified.
   * @throws FIRN_VOLUME_RANGE, FIRN_BLOCK_CORRUPT.
   */
  readIntoSync(offset: number, into: Uint8Array): boolean {
    this.#check(offset, into.length);
    if (into.length > READ_CACHED_BYTES_MAX || this.#throttle !== undefined) return false;
    const reader = this.#reader;
    let fetchable = READ_SYNC_BYTES_MAX;
    for (let done = 0; done < into.length;) {
      const piece = reader.piece(offset + done, into.length - done);
      if (piece.missing !== 0) return false;
      const target = done === 0 ? into : into.subarray(done);
      if (piece.value < FIRST_POINTER) {
        target.fill(0, 0, piece.bytes);
        done += piece.bytes;
        continue;
      }
      const copied = reader.copyCached(piece, target);
      done += copied;
      if (copied > 0) continue;
      const run = reader.uncached(piece);
      fetchable -= run.bytes;
      if (fetchable < 0 || !reader.tryFetchSync(run, target.subarray(0, run.bytes))) return false;
      done += run.bytes;
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
    this.#check(offset, into.length);
    await this.#throttled(offset, into.length);
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
        if (piece.value < FIRST_POINTER) {
          target.fill(0);
          done += piece.bytes;
          continue;
        }
        const copied = this.#reader.copyCached(piece, target);
        done += copied;
        if (copied > 0) continue;
        const run = this.#reader.uncached(piece);
        pending.push(this.#reader.fetch(run, target.subarray(0, run.bytes)));
        done += run.bytes;
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
    return this.#throttle === undefined && this.#writer.writeSync(offset, bytes);
  }

  /** Writes up to 32 MiB; each 4 MiB are one record: whole or not at all there after a crash. */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#checkWrite(offset, bytes.length);
    await this.#throttled(offset, bytes.length);
    let done = 0;
    while (done < bytes.length) {
      const at = offset + done;
      const length = RECORD_BLOCKS_MAX * BLOCK_BYTES - (at % BLOCK_BYTES);
      await this.#writer.write(at, bytes.subarray(done, done + length));
      done += length;
    }
  }

  /**
   * Makes the whole blocks within the range holes; parts of blocks at its ends stay as they are
   * (trimming is advice). Buffered, as a write.
   */
  async trim(offset: number, length: number): Promise<void> {
    this.#checkWrite(offset, length, Number.MAX_SAFE_INTEGER);
    await this.#writer.fill(offset, length, HOLE);
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
    await this.#writer.fill(firstWhole, lastWhole - firstWhole, options.noHole ? ZERO : HOLE);
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
    const found = await scanExtents(this.#reader, this.#lineage.table, { offset, length, limit });
    this.#lineage.settle();
    return found;
  }

  /**
   * Which bytes from `offset` on read otherwise than in a snapshot of the same lineage, neighbours
   * joined. May describe less than asked for, never nothing. O(what has changed).
   * @throws FIRN_SNAPSHOT_LINEAGE.
   */
  async changedSince(
    snapshot: Volume,
    range: {
      readonly offset: number;
      readonly length: number;
      readonly limit?: number | undefined;
    },
  ): Promise<ChangedExtent[]> {
    const { offset, length } = range;
    this.#check(offset, length, Number.MAX_SAFE_INTEGER);
    snapshot.#checkOpen();
    if (snapshot.#lineage !== this.#lineage) {
      const text = `${snapshot.id} and ${this.id} have no volume in common that both come from.`;
      throw volumeError("FIRN_SNAPSHOT_LINEAGE", text, { detail: { volume: this.id } });
    }
    const limit = Math.min(range.limit ?? EXTENTS_MAX, EXTENTS_MAX);
    const versions = { before: snapshot.#version, after: this.#version };
    const found = await scanChanges(this.#lineage, versions, { offset, length, limit });
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

  /** The volume has another size. Called by the engine. */
  resizedTo(sizeBytes: number): void {
    this.#sizeBytes = sizeBytes;
  }

  /**
   * The volume or snapshot has been deleted, or its lease has begun or ended since the handle was
   * opened: further calls fail. Called by the engine.
   */
  end(reason: "deleted" | "detached"): void {
    if (this.#state === "open") this.#state = reason;
  }

  /** Waits until the volume's type lets an operation of this size begin. */
  async #throttled(offset: number, length: number): Promise<void> {
    if (this.#throttle === undefined) return;
    await this.#throttle.take(offset, length);
    this.#checkOpen();
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
    const code = this.#state === "detached" ? "FIRN_VOLUME_FENCED" : "FIRN_VOLUME_CLOSED";
    throw volumeError(code, `${this.id} has been ${this.#state}`, { detail: { volume: this.id } });
  }
}
