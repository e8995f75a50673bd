/** Reads the disk of a qcow2 file, version 2 or 3, as qemu-img and others write it. */
import { inflateRawSync } from "node:zlib";
import { SNAPSHOT_BLOCK_BYTES } from "../constants.ts";
import { volumeError } from "../errors.ts";
import { HEADER_BYTES, QCOW2_MAGIC } from "./qcow2-format.ts";

/** Reads bytes of the file; fewer than asked for where it ends. */
export type ReadFile = (start: number, length: number) => Promise<Uint8Array>;

/** 512 KiB of the disk that the file has anything of. */
export interface DiskBlock {
  readonly blockIndex: number;
  readonly bytes: Uint8Array;
}

interface Header {
  readonly clusterBits: number;
  readonly diskBytes: number;
  readonly tableEntries: number;
  readonly tableAt: number;
}

/** A piece of the disk that lies in one cluster. */
interface Cluster {
  /** Of the block. */
  readonly at: number;
  readonly entry: Entry;
  /** Bytes of the cluster in front of the piece. */
  readonly skip: number;
  readonly length: number;
}

interface Entry {
  readonly high: number;
  readonly low: number;
}

/** 512 bytes to 2 MiB, as the format has it. */
const CLUSTER_BITS_MIN = 9;
const CLUSTER_BITS_MAX = 21;
/** qemu's own limit for a table L1: 32 MiB. */
const TABLE_ENTRIES_MAX: number = 4 * 1024 * 1024;
const COMPRESSED = 0x4000_0000;
const READS_AS_ZEROES = 1;
const SECTOR_BYTES = 512;
/** Tables L2 kept at hand: neighbours in the disk are in one. */
const TABLES_MAX = 16;

export class Qcow2File {
  readonly #read: ReadFile;
  readonly #header: Header;
  readonly #top: DataView;
  readonly #tables = new Map<number, DataView>();

  private constructor(read: ReadFile, header: Header, top: DataView) {
    this.#read = read;
    this.#header = header;
    this.#top = top;
  }

  static isOne(begin: Uint8Array): boolean {
    return begin.length >= 4 && viewOf(begin).getUint32(0) === QCOW2_MAGIC;
  }

  /** @throws FIRN_SNAPSHOT_EXPORT for a file that is damaged, or more than a disk of its own. */
  static async open(read: ReadFile): Promise<Qcow2File> {
    const header = parseHeader(await read(0, HEADER_BYTES));
    const { tableAt, tableEntries } = header;
    const top = await read(tableAt, tableEntries * 8);
    if (top.length < tableEntries * 8) throw damaged("its first table is cut off");
    return new Qcow2File(read, header, viewOf(top));
  }

  get diskBytes(): number {
    return this.#header.diskBytes;
  }

  /** In the disk's order; what is in no cluster is left out. */
  async *blocks(): AsyncGenerator<DiskBlock> {
    const count = Math.ceil(this.diskBytes / SNAPSHOT_BLOCK_BYTES);
    for (let blockIndex = 0; blockIndex < count; blockIndex++) {
      const start = blockIndex * SNAPSHOT_BLOCK_BYTES;
      const clusters = await this.#clusters(
        start,
        Math.min(this.diskBytes, start + SNAPSHOT_BLOCK_BYTES),
      );
      if (clusters.length === 0) continue;
      const bytes = new Uint8Array(SNAPSHOT_BLOCK_BYTES);
      for (const cluster of clusters) bytes.set(await this.#bytesOf(cluster), cluster.at);
      yield { blockIndex, bytes };
    }
  }

  /** The pieces of a block that are in some cluster; neighbours of the file are one. */
  async #clusters(start: number, end: number): Promise<Cluster[]> {
    const { clusterBits } = this.#header;
    const clusterBytes = 2 ** clusterBits;
    const found: Cluster[] = [];
    for (let at = start; at < end;) {
      const number = Math.floor(at / clusterBytes);
      const skip = at - number * clusterBytes;
      const length = Math.min(clusterBytes - skip, end - at);
      const entry = await this.#entry(number);
      const last = found.at(-1);
      if (entry !== undefined && last !== undefined && follows(last, entry, at - start)) {
        found[found.length - 1] = { ...last, length: last.length + length };
      } else if (entry !== undefined) found.push({ at: at - start, entry, skip, length });
      at += length;
    }
    return found;
  }

  /** `undefined` for what reads as zeroes. */
  async #entry(cluster: number): Promise<Entry | undefined> {
    const perTable = 2 ** (this.#header.clusterBits - 3);
    const index = Math.floor(cluster / perTable);
    if (index >= this.#header.tableEntries) return undefined;
    const tableAt = placeOf(entryOf(this.#top, index));
    if (tableAt === 0) return undefined;
    const entry = entryOf(await this.#table(tableAt), cluster % perTable);
    if ((entry.high & COMPRESSED) !== 0) return entry;
    if ((entry.low & READS_AS_ZEROES) !== 0 || placeOf(entry) === 0) return undefined;
    return entry;
  }

  async #table(at: number): Promise<DataView> {
    const known = this.#tables.get(at);
    if (known !== undefined) return known;
    const bytes = await this.#read(at, 2 ** this.#header.clusterBits);
    if (bytes.length < 2 ** this.#header.clusterBits) throw damaged("a table of it is cut off");
    const [oldest] = this.#tables.keys();
    if (this.#tables.size === TABLES_MAX && oldest !== undefined) this.#tables.delete(oldest);
    const table = viewOf(bytes);
    this.#tables.set(at, table);
    return table;
  }

  async #bytesOf({ entry, skip, length }: Cluster): Promise<Uint8Array> {
    if ((entry.high & COMPRESSED) !== 0) {
      return (await this.#inflated(entry)).subarray(skip, skip + length);
    }
    const bytes = await this.#read(placeOf(entry) + skip, length);
    // The last cluster of a file may be shorter than a whole one, never missing.
    if (bytes.length === 0) throw damaged("clusters of it are cut off");
    return bytes;
  }

  /** Compressed clusters are raw deflate, in whole sectors but for their first byte. */
  async #inflated({ high, low }: Entry): Promise<Uint8Array> {
    const { clusterBits } = this.#header;
    // Above the bits of the place, some of which are in `high`, sectors are counted.
    const placesHigh = 2 ** (62 - (clusterBits - 8) - 32);
    const descriptor = high & 0x3fff_ffff;
    const sectors = Math.floor(descriptor / placesHigh) + 1;
    const at = (descriptor % placesHigh) * 2 ** 32 + low;
    const length = sectors * SECTOR_BYTES - (at % SECTOR_BYTES);
    const bytes = await this.#read(at, length);
    const maxOutputLength = 2 ** clusterBits;
    try {
      const out = inflateRawSync(bytes, { maxOutputLength });
      if (out.length === maxOutputLength) return out;
    } catch (cause) {
      throw damaged("a compressed cluster cannot be read", cause);
    }
    throw damaged("a compressed cluster is too short");
  }
}

function follows(last: Cluster, entry: Entry, at: number): boolean {
  if (((last.entry.high | entry.high) & COMPRESSED) !== 0) return false;
  const isNext = last.at + last.length === at;
  return isNext && placeOf(last.entry) + last.skip + last.length === placeOf(entry);
}

function parseHeader(bytes: Uint8Array): Header {
  if (bytes.length < 72) throw damaged("its header is cut off");
  const view = viewOf(bytes);
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) throw refused(`its version is ${version}`);
  if (view.getUint32(8) !== 0 || view.getUint32(12) !== 0) {
    throw refused("it has a backing file; make it whole first, with qemu-img convert");
  }
  if (view.getUint32(32) !== 0) throw refused("it is encrypted");
  if (version === 3) checkFeatures(view);
  const clusterBits = view.getUint32(20);
  const header = {
    clusterBits,
    diskBytes: u64(view, 24),
    tableEntries: view.getUint32(36),
    tableAt: u64(view, 40),
  };
  const isOne = clusterBits >= CLUSTER_BITS_MIN && clusterBits <= CLUSTER_BITS_MAX;
  if (!isOne || header.tableEntries > TABLE_ENTRIES_MAX) throw damaged("its header is wrong");
  return header;
}

/** Incompatible ones: 1 dirty, 2 corrupt, 4 data elsewhere, 8 other compression, 16 subclusters. */
function checkFeatures(view: DataView): void {
  const [high, low] = [view.getUint32(72), view.getUint32(76)];
  // Refcounts that may be stale are not looked at.
  if (high === 0 && (low & ~1) === 0) return;
  throw refused("it uses what cannot be read here: qemu-img convert makes a plain one of it");
}

function placeOf({ high, low }: Entry): number {
  return (high & 0x00ff_ffff) * 2 ** 32 + ((low & 0xffff_fe00) >>> 0);
}

function entryOf(table: DataView, index: number): Entry {
  return { high: table.getUint32(index * 8), low: table.getUint32(index * 8 + 4) };
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refused(why: string): Error {
  return volumeError("FIRN_SNAPSHOT_EXPORT", `The qcow2 file cannot be taken: ${why}.`);
}

function damaged(why: string, cause?: unknown): Error {
  return volumeError("FIRN_SNAPSHOT_EXPORT", `The qcow2 file is damaged: ${why}.`, { cause });
}
