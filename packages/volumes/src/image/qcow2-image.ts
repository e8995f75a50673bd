/**
 * A snapshot as a qcow2 file: header, refcounts, L1, the tables L2 that have anything, and the
 * clusters with data in the disk's order. Nothing of it is kept but how many clusters each table
 * has, so that any part of the file is made when it is asked for.
 */
import type { Volume } from "../volume.ts";
import type { ImageSource } from "./image-source.ts";
import {
  CLUSTER_BYTES,
  COPIED_HIGH,
  encodeHeader,
  REFCOUNTS,
  setU64,
  TABLE_ENTRIES,
} from "./qcow2-format.ts";

/** A table L2 that has clusters. */
interface Table {
  /** Which entry of L1 it is. */
  readonly index: number;
  /** Clusters with data in front of its own, of the whole disk. */
  readonly before: number;
}

const TABLE_BYTES: number = TABLE_ENTRIES * CLUSTER_BYTES;

export class Qcow2Image implements ImageSource {
  readonly #volume: Volume;
  readonly #tables: readonly Table[];
  /** Clusters of the file in front of each region. */
  readonly #refcountsAt: number;
  readonly #tableAt: number;
  readonly #tablesAt: number;
  readonly #dataAt: number;
  readonly #clusters: number;

  private constructor(volume: Volume, tables: readonly Table[], dataClusters: number) {
    this.#volume = volume;
    this.#tables = tables;
    const tableClusters = Math.ceil((this.#tableEntries * 8) / CLUSTER_BYTES);
    const rest = 1 + tableClusters + tables.length + dataClusters;
    // The refcounts count themselves, too.
    let [blocks, tableOfBlocks] = [0, 0];
    for (let all = -1; all !== rest + blocks + tableOfBlocks;) {
      all = rest + blocks + tableOfBlocks;
      blocks = Math.ceil(all / REFCOUNTS);
      tableOfBlocks = Math.ceil((blocks * 8) / CLUSTER_BYTES);
    }
    this.#refcountsAt = 1 + tableOfBlocks;
    this.#tableAt = this.#refcountsAt + blocks;
    this.#tablesAt = this.#tableAt + tableClusters;
    this.#dataAt = this.#tablesAt + tables.length;
    this.#clusters = this.#dataAt + dataClusters;
  }

  /** Looks once through the map. */
  static async of(volume: Volume): Promise<Qcow2Image> {
    const tables: Table[] = [];
    let clusters = 0;
    for await (const cluster of dataClusters(volume, 0)) {
      const index = Math.floor(cluster / TABLE_ENTRIES);
      if (tables.at(-1)?.index !== index) tables.push({ index, before: clusters });
      clusters++;
    }
    return new Qcow2Image(volume, tables, clusters);
  }

  get bytes(): number {
    return this.#clusters * CLUSTER_BYTES;
  }

  get #tableEntries(): number {
    return Math.ceil(this.#volume.sizeBytes / TABLE_BYTES);
  }

  async *pieces(start: number, end: number): AsyncGenerator<Uint8Array> {
    let cluster = Math.floor(start / CLUSTER_BYTES);
    let skip = start - cluster * CLUSTER_BYTES;
    const last = Math.ceil(end / CLUSTER_BYTES);
    const left = (): number => end - cluster * CLUSTER_BYTES;
    for (; cluster < Math.min(last, this.#dataAt); cluster++) {
      yield (await this.#meta(cluster)).subarray(skip, left());
      skip = 0;
    }
    if (cluster >= last) return;
    for await (const bytes of this.#data(cluster - this.#dataAt)) {
      yield bytes.subarray(skip, left());
      skip = 0;
      if (++cluster === last) return;
    }
  }

  /** A cluster in front of the data. */
  #meta(cluster: number): Uint8Array | Promise<Uint8Array> {
    if (cluster === 0) return this.#header();
    if (cluster < this.#refcountsAt) {
      const blocks = this.#tableAt - this.#refcountsAt;
      const first = (cluster - 1) * TABLE_ENTRIES;
      return places(Math.min(TABLE_ENTRIES, blocks - first), this.#refcountsAt + first, 0);
    }
    if (cluster < this.#tableAt) return this.#refcounts(cluster - this.#refcountsAt);
    if (cluster < this.#tablesAt) return this.#topTable(cluster - this.#tableAt);
    return this.#table(this.#tables[cluster - this.#tablesAt] as Table);
  }

  #header(): Uint8Array {
    return encodeHeader({
      diskBytes: this.#volume.sizeBytes,
      tableEntries: this.#tableEntries,
      tableAt: this.#tableAt,
      refcountTableAt: 1,
      refcountTableClusters: this.#refcountsAt - 1,
    });
  }

  #refcounts(block: number): Uint8Array {
    const bytes = new Uint8Array(CLUSTER_BYTES);
    const view = new DataView(bytes.buffer);
    const count = Math.min(REFCOUNTS, this.#clusters - block * REFCOUNTS);
    for (let i = 0; i < count; i++) view.setUint16(i * 2, 1);
    return bytes;
  }

  /** One cluster of L1. */
  #topTable(part: number): Uint8Array {
    const bytes = new Uint8Array(CLUSTER_BYTES);
    const view = new DataView(bytes.buffer);
    for (const [number, { index }] of this.#tables.entries()) {
      const entry = index - part * TABLE_ENTRIES;
      if (entry >= 0 && entry < TABLE_ENTRIES) setPlace(view, entry, this.#tablesAt + number);
    }
    return bytes;
  }

  async #table({ index, before }: Table): Promise<Uint8Array> {
    const bytes = new Uint8Array(CLUSTER_BYTES);
    const view = new DataView(bytes.buffer);
    const first = index * TABLE_ENTRIES;
    let place = this.#dataAt + before;
    for await (const cluster of dataClusters(this.#volume, first)) {
      if (cluster >= first + TABLE_ENTRIES) break;
      setPlace(view, cluster - first, place++);
    }
    return bytes;
  }

  /** The clusters with data from that one of them on. */
  async *#data(from: number): AsyncGenerator<Uint8Array> {
    const table = this.#tables.findLast(({ before }) => before <= from);
    if (table === undefined) return;
    let skip = from - table.before;
    for await (const cluster of dataClusters(this.#volume, table.index * TABLE_ENTRIES)) {
      if (skip-- > 0) continue;
      yield await this.#volume.read(cluster * CLUSTER_BYTES, CLUSTER_BYTES);
    }
  }
}

/** Numbers of the disk's clusters with data, ascending, from `first` on. */
async function* dataClusters(volume: Volume, first: number): AsyncGenerator<number> {
  const end = volume.sizeBytes;
  let next = first;
  for (let at = first * CLUSTER_BYTES; at < end;) {
    for (const { length, kind } of await volume.extents(at, end - at)) {
      at += length;
      if (kind !== "data") continue;
      next = Math.max(next, Math.floor((at - length) / CLUSTER_BYTES));
      for (const behind = Math.ceil(at / CLUSTER_BYTES); next < behind; next++) yield next;
    }
  }
}

/** A cluster with so many entries, the places of neighbours. */
function places(count: number, first: number, high: number): Uint8Array {
  const bytes = new Uint8Array(CLUSTER_BYTES);
  const view = new DataView(bytes.buffer);
  for (let entry = 0; entry < count; entry++) setPlace(view, entry, first + entry, high);
  return bytes;
}

function setPlace(view: DataView, entry: number, cluster: number, high = COPIED_HIGH): void {
  setU64(view, entry * 8, cluster * CLUSTER_BYTES);
  view.setUint32(entry * 8, (view.getUint32(entry * 8) | high) >>> 0);
}
