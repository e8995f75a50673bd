import type { BloomFilter } from "../index/runs/bloom-filter.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { Lsn, Position } from "../store-api.ts";
import { SEGMENT_HEADER_BYTES, encodeSegmentHeader } from "./frame.ts";
import type { LogHome } from "./log-home.ts";
import type { SegmentEntry, SegmentKind } from "./manifest.ts";
import { encodeFilter } from "./packed-file.ts";
import type { PackedEntry } from "./packed-file.ts";
import type { EncodedPiece } from "./packed-record.ts";
import { PIECE_BLOCK_BYTES, PieceTableBuilder } from "./piece-table.ts";
import type { PieceSeal } from "./piece-table.ts";
import type { SegmentFiles } from "./segment-files.ts";

/** The address range that a packed segment stands for. */
export interface PackedRange {
  readonly kind: SegmentKind;
  readonly base: Position;
  readonly capacity: number;
}

export interface PackedEnd {
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  /** The keys that the file has values of; extent segments have none. */
  readonly filter?: BloomFilter | undefined;
}

/**
 * Writes a packed segment's file. Nobody knows of it before the manifest names the entry that
 * `finish` returns; until then it may be abandoned, and a crash leaves a file that the next open
 * removes.
 */
export class PackedWriter {
  /** With what frames and tables of this file are sealed. */
  readonly seal: PieceSeal;
  readonly #home: LogHome;
  readonly #files: SegmentFiles;
  readonly #entry: SegmentEntry;
  readonly #handle: FileHandle;
  readonly #pieces = new PieceTableBuilder();
  #offset = SEGMENT_HEADER_BYTES;

  private constructor(
    place: { readonly home: LogHome; readonly files: SegmentFiles },
    entry: SegmentEntry,
    handle: FileHandle,
  ) {
    this.#home = place.home;
    this.#files = place.files;
    this.#entry = entry;
    this.#handle = handle;
    this.seal = { hasher: place.home.identity.hasher, salt: BigInt(`0x${entry.salt}`) };
  }

  /** @throws what the disk says (ENOSPC, …), and leaves nothing behind. */
  static async create(
    home: LogHome,
    files: SegmentFiles,
    range: PackedRange,
  ): Promise<PackedWriter> {
    const { fileSystem, random, manifest, storeId, identity } = home;
    const salt = Buffer.from(random.bytes(8)).toString("hex");
    const entry: SegmentEntry = { id: manifest.takeSegmentId(), salt, ...range };
    const path = files.path(entry);
    const folder = folderOf(path);
    await fileSystem.makeDirectory(folder);
    await fileSystem.syncDirectory(folderOf(folder));
    const handle = await fileSystem.open(path, { create: true });
    const writer = new PackedWriter({ home, files }, entry, handle);
    const { id: segmentId, base } = entry;
    const header = { salt: writer.seal.salt, storeId, segmentId, base };
    try {
      await handle.write([encodeSegmentHeader(header, identity.hasher)], 0);
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return writer;
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#offset;
  }

  /**
   * Writes the parts one behind the other, a multiple of 8 bytes together.
   * @param pieces what of them is read by position: offsets count from the first part's first byte.
   */
  async append(parts: readonly Uint8Array[], pieces: Iterable<EncodedPiece>): Promise<void> {
    await this.#handle.write(parts, this.#offset);
    for (const { position, offset, length } of pieces) {
      const logical = position - this.#entry.base;
      this.#pieces.add({ logical, physical: this.#offset + offset, length });
    }
    for (const part of parts) this.#offset += part.length;
  }

  /** Tables, sync, directory: the file is durable and closed when this resolves. */
  async finish(end: PackedEnd): Promise<PackedEntry> {
    const { blocks, root } = this.#pieces.encode(this.seal);
    const filter = end.filter === undefined ? [] : [encodeFilter(end.filter, this.seal)];
    const parts = [blocks, root, ...filter];
    await this.#handle.write(parts, this.#offset);
    await this.#handle.sync();
    await this.#handle.close();
    await this.#home.fileSystem.syncDirectory(folderOf(this.#files.path(this.#entry)));
    const { firstLsn, lastLsn } = end;
    const packed = {
      firstLsn,
      lastLsn,
      dataBytes: this.#offset,
      blocks: blocks.length / PIECE_BLOCK_BYTES,
    };
    const sealedBytes = parts.reduce((sum, part) => sum + part.length, this.#offset);
    return { ...this.#entry, sealedBytes, packed };
  }

  /** Removes the file; what that meets is left to the next open. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await this.#home.fileSystem.remove(this.#files.path(this.#entry)).catch(() => undefined);
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
