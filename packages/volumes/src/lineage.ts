/*
 * A lineage: a volume made from nothing and all its snapshots and clones, and theirs. They share
 * one key space, one stream, one set of map nodes and one checkpoint; the key space goes when the
 * last of them is deleted. A change is: make sure that the map's path is in memory, append the
 * record (which fixes its place in the order), change the map; the last two without awaiting.
 */
import type { Appended, KeySpaceId, Lsn, RecordStream, Reservation, Store } from "@firn/core";
import { BlockMap } from "./block-map.ts";
import { BlockSeal, isZeroBlock } from "./block-unit.ts";
import { readCheckpoint, strayNodes, writeCheckpoint } from "./checkpoint.ts";
import {
  BLOCK_BYTES,
  CHECKPOINT_WRITE_BYTES,
  CHECKSUM_BYTES,
  HOLE,
  UNIT_BYTES,
} from "./constants.ts";
import { volumeError } from "./errors.ts";
import { reapTree } from "./map-walk.ts";
import type { Members } from "./members.ts";
import { FIRST_NODE_ID, NodeTable, type NodeBudget } from "./node-table.ts";
import {
  blocksHeaderBytes,
  DATA,
  decodeRecord,
  encodeBlocksHeader,
  encodeVersionRecord,
  EXTENT_BLOCKS_MAX,
  type Extent,
} from "./stream-record.ts";
import { VersionTree, type Version } from "./version-tree.ts";

export interface LineageOptions {
  readonly space: KeySpaceId;
  /** Random 32 bits of the lineage, part of each block's checksum. */
  readonly salt: number;
  readonly budget: NodeBudget;
  /** The versions that volumes and snapshots of the catalog stand for, and their anchors. */
  readonly members: Members;
}

/** Whole blocks to be written from `first` on. */
export interface BlockBytes {
  readonly first: number;
  readonly bytes: Uint8Array;
}

export class Lineage {
  readonly space: KeySpaceId;
  readonly stream: RecordStream;
  readonly seal: BlockSeal;
  readonly table: NodeTable;
  readonly map: BlockMap;
  readonly versions: VersionTree = new VersionTree();
  readonly #store: Store;
  readonly #budget: NodeBudget;
  /** Heads that keep a history: the LSN from which on compaction takes nothing of their records. */
  readonly #wholeFrom = new Map<number, Lsn>();
  #forgotten = false;
  #lastLsn = 0;
  #uncovered = 0;
  #checkpointing: Promise<void> | undefined;

  private constructor(store: Store, options: LineageOptions, nextId: number) {
    const { space, budget } = options;
    this.#store = store;
    this.#budget = budget;
    this.space = space;
    this.stream = store.stream(space);
    this.seal = new BlockSeal({ store, stream: this.stream, salt: options.salt });
    this.table = new NodeTable(store, { space, budget, nextId });
    this.map = new BlockMap(this.table);
    for (const anchored of options.members.values()) {
      if (anchored === undefined) continue;
      const known = this.#wholeFrom.get(anchored.head) ?? anchored.lsn;
      this.#wholeFrom.set(anchored.head, Math.min(known, anchored.lsn));
    }
  }

  /** The newest checkpoint and what the stream holds behind it; versions without a name go. */
  static async open(store: Store, options: LineageOptions): Promise<Lineage> {
    const root = await readCheckpoint(store, options.space);
    const nextId = root?.nextId ?? FIRST_NODE_ID;
    const strays = await strayNodes(store, options.space, nextId);
    // Ids are never given out twice, so that a stray can be deleted at any later time.
    const lineage = new Lineage(store, options, (strays.at(-1) ?? nextId - 1) + 1);
    if (root !== undefined) lineage.versions.restore(root.versions, root.nextNumber);
    lineage.table.returnChanges({ nodes: [], freed: [...(root?.freed ?? []), ...strays] });
    await lineage.#replayFrom(root?.covered ?? 0);
    for (const number of options.members.keys()) {
      if (lineage.versions.get(number) === undefined) lineage.versions.addBlank(number);
    }
    const numbers = Array.from(lineage.versions.all(), (version) => version.number);
    for (const number of numbers) if (!options.members.has(number)) lineage.remove(number);
    return lineage;
  }

  /** Room in the log for one record, or `undefined`: then await `room`. */
  tryRoom(bytes: number): Reservation | undefined {
    return this.#mapFull() ? undefined : this.stream.tryReserve(bytes);
  }

  /** Waits while the map's memory or the log's queue is full. @throws FIRN_DISK_FULL, … */
  async room(bytes: number): Promise<Reservation> {
    if (this.#mapFull()) await this.checkpoint();
    return this.stream.reserve(bytes);
  }

  /** Appends whole blocks and maps them. The bytes are copied. Room: see `blocksRoom`. */
  writeBlocks(room: Reservation, head: Version, source: BlockBytes): void {
    const extents = splitAtZeroes(source);
    let units = 0;
    for (const extent of extents) if (extent.mark === DATA) units += extent.count;
    const header = encodeBlocksHeader(head.number, extents, units * CHECKSUM_BYTES);
    const parts = this.#sealedParts(header, extents, source);
    const appended = this.#append(room, parts, units * BLOCK_BYTES + header.length);
    this.apply(head, extents, appended.position + blocksHeaderBytes(extents.length));
  }

  /** Marks blocks as HOLE or ZERO: a record of a few bytes, whatever their number. */
  fillBlocks(room: Reservation, head: Version, fill: Extent): void {
    const extents: Extent[] = [];
    for (let done = 0; done < fill.count; done += EXTENT_BLOCKS_MAX) {
      const count = Math.min(EXTENT_BLOCKS_MAX, fill.count - done);
      extents.push({ first: fill.first + done, count, mark: fill.mark });
    }
    const header = encodeBlocksHeader(head.number, extents, 0);
    this.#append(room, [header], header.length);
    this.apply(head, extents, 0);
  }

  /** Freezes a head behind all of its writes up to now. Not durable before the next commit. */
  snapshot(room: Reservation, head: Version): Version {
    const number = this.versions.nextNumber;
    this.#append(room, [encodeVersionRecord("snapshot", head.number, number)], 0);
    return this.versions.addSnapshot(number, head, this.table.nextId);
  }

  /**
   * As `snapshot`, and from it on the head's records stay whole. Returns the LSN of its record; it
   * is a member, or has to be taken back with `remove` and `keepWhole`.
   */
  anchor(room: Reservation, head: Version): { readonly version: number; readonly lsn: Lsn } {
    const version = this.snapshot(room, head).number;
    const lsn = this.#lastLsn;
    if (!this.#wholeFrom.has(head.number)) this.#wholeFrom.set(head.number, lsn);
    return { version, lsn };
  }

  /** Compaction may take what lies before that LSN of a head's records; without one, as ever. */
  keepWhole(head: number, from: Lsn | undefined): void {
    if (from === undefined) this.#wholeFrom.delete(head);
    else this.#wholeFrom.set(head, from);
    this.#uncovered += RECORD_BYTES_MIN;
  }

  /**
   * A version that begins as the snapshot is, and is none of the stream: to be changed by `apply`
   * until a checkpoint has it.
   */
  derive(snapshot: Version): Version {
    const { nextNumber } = this.versions;
    return this.versions.addDerived(nextNumber, snapshot, this.table.nextId);
  }

  /** A new head that starts as the snapshot. Not durable before the next commit. */
  clone(room: Reservation, snapshot: Version): Version {
    const number = this.versions.nextNumber;
    this.#append(room, [encodeVersionRecord("clone", number, snapshot.number)], 0);
    return this.versions.addClone(number, snapshot, this.table.nextId);
  }

  /** Takes a version out; the log lets go of what only it held with the next checkpoint. */
  remove(number: number): void {
    this.versions.remove(number);
    this.#wholeFrom.delete(number);
    this.#uncovered += RECORD_BYTES_MIN;
  }

  /** Loads map nodes until a change of these blocks has its paths in memory. */
  async prepare(
    version: Version,
    first: number,
    options: { count: number; edges: boolean },
  ): Promise<void> {
    for (;;) {
      const missing = this.map.missing(version, first, options);
      if (missing === 0) return;
      await this.table.load(missing);
    }
  }

  /** Between the records of a replay: waits while the map's memory is full. */
  async makeRoom(): Promise<void> {
    this.table.trim();
    if (this.#mapFull()) await this.checkpoint();
  }

  /** Maps what a record has; `unitsAt` is the position of its units. The paths are in memory. */
  apply(head: Version, extents: readonly Extent[], unitsAt: number): void {
    let position = unitsAt;
    for (const { first, count, mark } of extents) {
      if (mark !== DATA) {
        this.map.fill(head, first, { count, mark });
        continue;
      }
      this.map.assign(head, first, { count, position });
      position += count * UNIT_BYTES;
    }
  }

  /** Stores the map as of now; waits for one that is under way first. */
  async checkpoint(): Promise<void> {
    while (this.#checkpointing !== undefined) await this.#checkpointing.catch(() => undefined);
    this.#checkpointing = this.#checkpoint().finally(() => {
      this.#checkpointing = undefined;
    });
    await this.#checkpointing;
  }

  /** Stores the map when anything has changed since it was stored last. */
  async save(): Promise<void> {
    while (this.#checkpointing !== undefined) await this.#checkpointing.catch(() => undefined);
    if (this.#uncovered > 0 && !this.#forgotten) await this.checkpoint();
  }

  /** Forgets the map; the lineage must not be used any more, and `save` stores nothing. */
  forget(): void {
    this.#forgotten = true;
    this.table.clear();
  }

  /** Between operations: keeps memory within its budget, starts a checkpoint when one is due. */
  settle(): void {
    this.table.trim();
    if (this.#checkpointing !== undefined || this.#forgotten) return;
    if (this.#uncovered < CHECKPOINT_WRITE_BYTES && !this.#mapFilling()) return;
    // A failure is not lost: the store has failed for all, or the next checkpoint meets it again.
    this.checkpoint().catch(() => undefined);
  }

  async #checkpoint(): Promise<void> {
    await this.#reap();
    const uncovered = this.#uncovered;
    const { space, table, versions } = this;
    const lastLsn = this.#lastLsn;
    const wholeFrom = [...this.#wholeFrom];
    this.#uncovered = 0;
    try {
      await writeCheckpoint({ store: this.#store, space, table, versions, wholeFrom, lastLsn });
    } catch (error) {
      this.#uncovered += uncovered;
      throw error;
    }
    this.table.trim();
  }

  async #reap(): Promise<void> {
    const { dropped } = this.map;
    for (let tree = dropped[0]; tree !== undefined; tree = dropped[0]) {
      await reapTree(this.table, tree);
      dropped.shift();
    }
    for (let tree = this.versions.nextDying(); tree !== undefined;) {
      await reapTree(this.table, tree);
      this.versions.dyingReaped();
      tree = this.versions.nextDying();
    }
  }

  #mapFilling(): boolean {
    return this.table.unstoredBytes > this.#budget.limitBytes / 2;
  }

  #mapFull(): boolean {
    return this.table.unstoredBytes > this.#budget.limitBytes;
  }

  #append(room: Reservation, parts: readonly Uint8Array[], bytes: number): Appended {
    const appended = this.stream.append(room, parts);
    this.#lastLsn = appended.lsn;
    this.#uncovered += Math.max(bytes, RECORD_BYTES_MIN);
    return appended;
  }

  #sealedParts(header: Uint8Array, extents: readonly Extent[], source: BlockBytes): Uint8Array[] {
    const { bytes } = source;
    const view = new DataView(header.buffer);
    const parts: Uint8Array[] = [];
    let sumAt = blocksHeaderBytes(extents.length);
    let partFrom = 0;
    for (const { first, count, mark } of extents) {
      if (mark !== DATA) continue;
      for (let number = first; number < first + count; number++) {
        const at = (number - source.first) * BLOCK_BYTES;
        const block = bytes.subarray(at, at + BLOCK_BYTES);
        const sealed = this.seal.seal(block, number, { view, at: sumAt });
        sumAt += CHECKSUM_BYTES;
        parts.push(header.subarray(partFrom, sumAt), sealed);
        partFrom = sumAt;
      }
    }
    if (parts.length === 0) parts.push(header);
    return parts;
  }

  async #replayFrom(covered: number): Promise<void> {
    this.#lastLsn = covered;
    // Other engines may have written gigabytes since: without a newer record of ours, none is read.
    if ((await this.stream.lastLsn()) <= covered) return;
    for await (const record of this.stream.replay(covered + 1)) {
      await this.#replay(record);
      this.#lastLsn = record.lsn;
      this.#uncovered += Math.max(record.body.length, RECORD_BYTES_MIN);
      this.table.trim();
    }
  }

  async #replay(record: { position: number; body: Uint8Array }): Promise<void> {
    const decoded = decodeRecord(record.body);
    if (decoded.kind === "blocks") {
      const head = this.versions.get(decoded.head) ?? this.versions.addBlank(decoded.head);
      for (const { first, count, mark } of decoded.extents) {
        await this.prepare(head, first, { count, edges: mark !== DATA });
      }
      this.apply(head, decoded.extents, record.position + decoded.unitsAt);
      return;
    }
    const { head: headNumber, snapshot: snapshotNumber } = decoded;
    const nextId = this.table.nextId;
    if (decoded.kind === "snapshot") {
      const head = this.versions.get(headNumber) ?? this.versions.addBlank(headNumber);
      this.versions.addSnapshot(snapshotNumber, head, nextId);
      return;
    }
    const snapshot = this.versions.get(snapshotNumber);
    if (snapshot === undefined) {
      throw volumeError("FIRN_VOLUME_MAP_DAMAGED", `snapshot ${snapshotNumber} is missing`);
    }
    this.versions.addClone(headNumber, snapshot, nextId);
  }
}

/** Room for a record that writes that many blocks, each of them an extent at the worst. */
export function blocksRoom(count: number): number {
  return blocksHeaderBytes(count) + count * UNIT_BYTES;
}

/** Room for a record of fills or of versions. */
export const SMALL_ROOM: number = blocksHeaderBytes(16);

/** What a record counts as towards the next checkpoint, so that many tiny ones lead to it too. */
const RECORD_BYTES_MIN = 256;

/** Runs of blocks with content and runs of zeroes, in order. */
function splitAtZeroes(source: BlockBytes): Extent[] {
  const { first, bytes } = source;
  const extents: Extent[] = [];
  const blocks = bytes.length / BLOCK_BYTES;
  let start = 0;
  let mark = markOf(bytes, 0);
  for (let block = 1; block <= blocks; block++) {
    const next = block === blocks ? -1 : markOf(bytes, block);
    if (next === mark) continue;
    extents.push({ first: first + start, count: block - start, mark });
    start = block;
    mark = next;
  }
  return extents;
}

function markOf(bytes: Uint8Array, block: number): number {
  return isZeroBlock(bytes, block * BLOCK_BYTES) ? HOLE : DATA;
}
