/*
 * What compaction may take away of a lineage's old records: every block that no version maps.
 *
 * The answer comes from the newest durable checkpoint, not from the map in memory. After a crash
 * the map is that image, changed by what survives of the records behind it. So a position that
 * the image does not have, of a record that the image covers, is never mapped again: not by
 * replay, not by a snapshot or clone made later (their nodes are the image's, or copies of them
 * with newer positions), not by an older image (the newer one is durable). The map in memory would
 * be wrong in both directions: it no longer has what was overwritten by records that a crash may
 * still take.
 *
 * Records behind the image are what an opening replays: all of them stay, whole. So do those of a
 * volume that keeps a history, from its oldest anchor on: what a moment between two anchors shows
 * may be in no map. The image says from which LSN on, so that the same crash takes both back.
 */
import { FirnError } from "@firn/core";
import type { ByteRange, KeySpaceId, Store, StreamOwner, StreamRecord } from "@firn/core";
import { parseCheckpoint, readCheckpointBytes, type CheckpointRoot } from "./checkpoint.ts";
import { FIRST_POINTER, IMAGES_MAX, NODE_SLOTS, ROOT_LEVEL, UNIT_BYTES } from "./constants.ts";
import { slotOf } from "./block-map.ts";
import type { MapNode } from "./map-node.ts";
import { NodeTable, type NodeBudget } from "./node-table.ts";
import { DATA, decodeRecord, type Extent } from "./stream-record.ts";

interface Image {
  readonly bytes: Uint8Array;
  readonly root: CheckpointRoot;
  /** Ids of the roots of all versions that somebody may read. */
  readonly roots: readonly number[];
  /** From which LSN on the records of a head stay whole. */
  readonly wholeFrom: ReadonlyMap<number, number>;
}

interface Space {
  readonly table: NodeTable;
  image: Image | undefined;
}

export class StreamLiveness implements StreamOwner {
  readonly #store: Store;
  readonly #budget: NodeBudget;
  /** In the order of last use. */
  readonly #spaces = new Map<KeySpaceId, Space>();

  constructor(store: Store, budget: NodeBudget) {
    this.#store = store;
    this.#budget = budget;
  }

  /**
   * Which bytes of a record's body some volume, snapshot or clone may still read; `all` when that
   * cannot be told yet. What is dead once stays so. O(versions) lookups for each leaf it touches.
   */
  async liveness(space: KeySpaceId, record: StreamRecord): Promise<readonly ByteRange[] | "all"> {
    const known = this.#space(space);
    try {
      const image = await this.#image(space, known);
      if (image === undefined || record.lsn > image.root.covered) return "all";
      // Nothing is left of it but its place in the stream.
      if (record.body[0] === 0) return [];
      return await liveRanges(known.table, image, record);
    } catch (error) {
      // A node that a newer image has just let go of, or damage: what cannot be told stays.
      if (error instanceof FirnError && error.code === "FIRN_VOLUME_MAP_DAMAGED") return "all";
      throw error;
    } finally {
      known.table.trim();
    }
  }

  #space(space: KeySpaceId): Space {
    const known = this.#spaces.get(space) ?? {
      table: new NodeTable(this.#store, { space, budget: this.#budget, nextId: FIRST_POINTER }),
      image: undefined,
    };
    this.#spaces.delete(space);
    this.#spaces.set(space, known);
    for (const [oldest, { table }] of this.#spaces) {
      if (this.#spaces.size <= IMAGES_MAX) break;
      table.clear();
      this.#spaces.delete(oldest);
    }
    return known;
  }

  /** The newest durable image; parsed again only when it has changed. Nodes never change. */
  async #image(space: KeySpaceId, known: Space): Promise<Image | undefined> {
    const bytes = await readCheckpointBytes(this.#store, space);
    if (bytes === undefined) return undefined;
    const { image } = known;
    if (image !== undefined && Buffer.compare(image.bytes, bytes) === 0) return image;
    const root = parseCheckpoint(bytes);
    // A hidden version is one that was deleted and only still links its children to its parent.
    const rows = root.versions.filter(([, , , , , hidden]) => hidden !== 1);
    const roots = [...new Set(rows.map(([, , , id]) => id))];
    known.image = { bytes, root, roots, wholeFrom: new Map(root.wholeFrom) };
    return known.image;
  }
}

async function liveRanges(
  table: NodeTable,
  { roots, wholeFrom }: Image,
  record: StreamRecord,
): Promise<readonly ByteRange[] | "all"> {
  const decoded = decodeRecord(record.body);
  // Snapshots and clones are in the image.
  if (decoded.kind !== "blocks") return [];
  const from = wholeFrom.get(decoded.head);
  if (from !== undefined && record.lsn >= from) return "all";
  const { unitsAt } = decoded;
  const ranges: ByteRange[] = [];
  let at = unitsAt;
  for (const extent of decoded.extents) {
    if (extent.mark !== DATA) continue;
    const live = await liveUnits(table, roots, { extent, position: record.position + at });
    if (live === undefined) return "all";
    for (const { start, end } of live) {
      ranges.push({ start: at + start * UNIT_BYTES, end: at + end * UNIT_BYTES });
    }
    at += extent.count * UNIT_BYTES;
  }
  // With its header a thinned record can be asked about again.
  return ranges.length === 0 ? [] : joined([{ start: 0, end: unitsAt }, ...ranges]);
}

/** Runs of units of an extent that some version maps; `undefined` when a node is gone. */
async function liveUnits(
  table: NodeTable,
  roots: readonly number[],
  { extent, position }: { readonly extent: Extent; readonly position: number },
): Promise<ByteRange[] | undefined> {
  const live: ByteRange[] = [];
  const leafSlots = NODE_SLOTS[0] as number;
  for (let unit = 0; unit < extent.count;) {
    const block = extent.first + unit;
    const slot = slotOf(0, block);
    const count = Math.min(extent.count - unit, leafSlots - slot);
    const leaves = await leavesOf(table, roots, block);
    if (leaves === undefined) return undefined;
    for (let i = 0; i < count; i++) {
      const mapped = position + (unit + i) * UNIT_BYTES;
      if (!leaves.some((leaf) => leaf.get(slot + i) === mapped)) continue;
      live.push({ start: unit + i, end: unit + i + 1 });
    }
    unit += count;
  }
  return joined(live);
}

/** The different leaves that map a block, over all versions. */
async function leavesOf(
  table: NodeTable,
  roots: readonly number[],
  block: number,
): Promise<MapNode[] | undefined> {
  let ids: Iterable<number> = roots;
  for (let level = ROOT_LEVEL; level > 0; level--) {
    const below = new Set<number>();
    for (const id of ids) {
      if (id < FIRST_POINTER) continue;
      if (!(await table.tryLoad(id))) return undefined;
      below.add((await table.load(id)).get(slotOf(level, block)));
    }
    ids = below;
  }
  const leaves: MapNode[] = [];
  for (const id of ids) {
    if (id < FIRST_POINTER) continue;
    if (!(await table.tryLoad(id))) return undefined;
    leaves.push(await table.load(id));
  }
  return leaves;
}

/** Neighbouring ranges as one. */
function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const out: ByteRange[] = [];
  for (const range of ranges) {
    const last = out.at(-1);
    if (last?.end === range.start) out[out.length - 1] = { start: last.start, end: range.end };
    else out.push(range);
  }
  return out;
}
