/*
 * What is written and read of qcow2, big-endian. A file is clusters: a header, a table of refcount
 * blocks, these (u16 for each cluster of the file), a table L1 with the places of tables L2, and in
 * those the places of the disk's clusters.
 *
 *   header   magic "QFI\xfb" u32, version u32, backing file u64 u32, cluster bits u32,
 *            disk size u64, encryption u32, entries of L1 u32, L1 u64, refcount table u64, its
 *            clusters u32, snapshots u32 u64, features u64 × 3 (incompatible, compatible,
 *            autoclear), refcount order u32, header bytes u32
 *
 * See qemu's docs/interop/qcow2.txt.
 */
export const QCOW2_MAGIC = 0x514649fb;
/** qemu-img's own choice: 64 KiB. */
export const CLUSTER_BITS = 16;
export const CLUSTER_BYTES: number = 2 ** CLUSTER_BITS;
/** Entries of a table L2: 512 MiB of the disk. */
export const TABLE_ENTRIES: number = CLUSTER_BYTES / 8;
/** Refcounts of one block: 2 GiB of the file. */
export const REFCOUNTS: number = CLUSTER_BYTES / 2;
/** Only one table or snapshot has the cluster, so it may be changed in place. */
export const COPIED_HIGH = 0x8000_0000;

export const HEADER_BYTES = 104;
const VERSION = 3;
const REFCOUNT_ORDER = 4;

export interface Qcow2Places {
  readonly diskBytes: number;
  readonly tableEntries: number;
  /** Offsets and sizes are in clusters. */
  readonly tableAt: number;
  readonly refcountTableAt: number;
  readonly refcountTableClusters: number;
}

export function encodeHeader(places: Qcow2Places): Uint8Array {
  const bytes = new Uint8Array(CLUSTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, QCOW2_MAGIC);
  view.setUint32(4, VERSION);
  view.setUint32(20, CLUSTER_BITS);
  setU64(view, 24, places.diskBytes);
  view.setUint32(36, places.tableEntries);
  setU64(view, 40, places.tableAt * CLUSTER_BYTES);
  setU64(view, 48, places.refcountTableAt * CLUSTER_BYTES);
  view.setUint32(56, places.refcountTableClusters);
  view.setUint32(96, REFCOUNT_ORDER);
  view.setUint32(100, HEADER_BYTES);
  return bytes;
}

/** A number up to 2^53. */
export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value % 2 ** 32);
}
