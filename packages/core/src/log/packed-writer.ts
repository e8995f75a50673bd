import type { BloomFilter } from "../index/runs/bloom-filter.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { Lsn, Position } from "../store-api.ts";
import { SEGMENT_HEADER_BYTES, encodeSegmentHeader } from "./frame.ts";
import type { LogHome } from "./log-home.ts";
import type { SegmentEntry, SegmentKind } from "./manifest.ts";
import { encodeFilter, saltOf } from "./packed-file.ts";
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

/** A packed segment's file before it is written; plain data. */
export interface PackedFile {
  readonly entry: SegmentEntry;
  readonly path: string;
}

/** What writing one needs of the store. */
export type PackedHome = Pick<LogHome, "fileSystem" | "identity" | "storeId">;

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
  readonly #home: PackedHome;
  readonly #file: PackedFile;
  readonly #handle: FileHandle;
  readonly #pieces = new PieceTableBuilder();
  #offset = SEGMENT_HEADER_BYTES;

  private constructor(home: PackedHome, file: PackedFile, handle: FileHandle) {
    this.#home = home;
    this.#file = file;
    this.#handle = handle;
    this.seal = { hasher: home.identity.hasher, salt: saltOf(file.entry) };
  }

  /** @throws what the disk says (ENOSPC, …), and leaves nothing behind. */
  static create(home: LogHome, files: SegmentFiles, range: PackedRange): Promise<PackedWriter> {
    return PackedWriter.open(home, packedFile(home, files, range));
  }

  /** As `create`, of a file that has its number: in another thread, perhaps. */
  static async open(home: PackedHome, file: PackedFile): Promise<PackedWriter> {
    const { fileSystem, storeId, identity } = home;
    const { path, entry } = file;
    const folder = folderOf(path);
    await fileSystem.makeDirectory(folder);
    await fileSystem.syncDirectory(folderOf(folder));
    const handle = await fileSystem.open(path, { create: true });
    const writer = new PackedWriter(home, file, handle);
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
      const logical = position - this.#file.entry.base;
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
    await this.#home.fileSystem.syncDirectory(folderOf(this.#file.path));
    const { firstLsn, lastLsn } = end;
    const packed = {
      firstLsn,
      lastLsn,
      dataBytes: this.#offset,
      blocks: blocks.length / PIECE_BLOCK_BYTES,
    };
    const sealedBytes = parts.reduce((sum, part) => sum + part.length, this.#offset);
    return { ...this.#file.entry, sealedBytes, packed };
  }

  /** Removes the file; what that meets is left to the next open. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await this.#home.fileSystem.remove(this.#file.path).catch(() => undefined);
  }
}

/** Where a packed segment of that range will lie; it gets its number and its salt. */
export function packedFile(home: LogHome, files: SegmentFiles, range: PackedRange): PackedFile {
  const salt = Buffer.from(home.random.bytes(8)).toString("hex");
  const entry: SegmentEntry = { id: home.manifest.takeSegmentId(), salt, ...range };
  return { entry, path: files.path(entry) };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
