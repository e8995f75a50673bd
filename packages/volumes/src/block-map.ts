/*
 * The map of a lineage: which block of which version lies where in the log.
 *
 * A radix tree of four levels (64 × 512 × 512 × 1024 slots of 4 KiB) per version, its nodes shared
 * between versions. A snapshot keeps the root; the first write below an old node copies that node
 * and its parents, 4 to 8 KiB each. All changes are synchronous and need their path in memory:
 * callers ask `missing` first and load what it names. (Awaiting in the middle of a change was
 * tried on paper: a snapshot could then fall between two halves of a write.)
 */
import { FIRST_POINTER, HOLE, NODE_SLOTS, ROOT_LEVEL, SLOT_BLOCKS } from "./constants.ts";
import { UNIT_BYTES } from "./constants.ts";
import type { MapNode } from "./map-node.ts";
import type { NodeTable } from "./node-table.ts";

/** What the map changes of a version: see version-tree.ts. */
export interface Rooted {
  /** Id of the root node, or a mark. */
  root: number;
  /** Nodes from this id on belong to this version alone. */
  ownFrom: number;
}

/** A run of blocks of one kind, or the id of a node that must be loaded first. */
export interface Run {
  /** HOLE, ZERO, or the position of the first block's unit; the next ones follow at once. */
  value: number;
  count: number;
  /** Id of a node to load, otherwise 0; then the other fields mean nothing. */
  missing: number;
}

/** A subtree that left a version whole: its own nodes are to be freed in the background. */
export interface DroppedTree {
  readonly id: number;
  readonly level: number;
  readonly ownFrom: number;
  /** A tree that shares nodes with it, whose nodes stay; or a mark. */
  readonly keep: number;
}

export class BlockMap {
  readonly #table: NodeTable;
  /** Filled by `fill`, emptied by the lineage's reaper. */
  readonly dropped: DroppedTree[] = [];

  constructor(table: NodeTable) {
    this.#table = table;
  }

  /** The longest run from `block` on within its leaf, at most `max` blocks. O(levels + run). */
  run(version: Rooted, block: number, max: number): Run {
    let id = version.root;
    let level = ROOT_LEVEL + 1;
    let node: MapNode | undefined;
    while (id >= FIRST_POINTER && level > 0) {
      level--;
      node = this.#table.get(id);
      if (node === undefined) return { value: HOLE, count: 0, missing: id };
      id = node.get(slotOf(level, block));
    }
    if (level > 0) return { value: id, count: Math.min(max, blocksLeft(level, block)), missing: 0 };
    return { value: id, count: (node as MapNode).runLength(slotOf(0, block), max), missing: 0 };
  }

  /**
   * The longest run from `block` on over which two versions read the same, or over which they do
   * not, within one subtree: `value` is 0 or 1. O(levels + run): what they share is one step.
   */
  compare(before: Rooted, after: Rooted, range: { block: number; max: number }): Run {
    const { block, max } = range;
    let [one, two] = [before.root, after.root];
    for (let level = ROOT_LEVEL; ; level--) {
      if (sameContent(one, two)) {
        return { value: 0, count: Math.min(max, blocksLeft(level + 1, block)), missing: 0 };
      }
      const left = this.#sideOf(one);
      const right = this.#sideOf(two);
      if (left === undefined) return { value: 0, count: 0, missing: one };
      if (right === undefined) return { value: 0, count: 0, missing: two };
      const slot = slotOf(level, block);
      if (level === 0) return comparedRun(left, right, { slot, max });
      one = valueOf(left, slot);
      two = valueOf(right, slot);
    }
  }

  /** A node, or a mark that stands for a whole subtree; `undefined` when it must be loaded. */
  #sideOf(id: number): Side | undefined {
    return id < FIRST_POINTER ? id : this.#table.get(id);
  }

  /**
   * The id of a node that a change of these blocks needs in memory, or 0. `edges` asks for the
   * paths of the first and the last block only, which is what `fill` needs.
   */
  missing(version: Rooted, first: number, options: { count: number; edges: boolean }): number {
    const last = first + options.count - 1;
    const leafBlocks = SLOT_BLOCKS[1] as number;
    let block = first;
    for (;;) {
      const missing = this.run(version, block, 1).missing;
      if (missing !== 0 || block === last) return missing;
      block = options.edges ? last : Math.min(last, block - (block % leafBlocks) + leafBlocks);
    }
  }

  /** Maps `count` blocks to units that lie one behind the other from `position` on. */
  assign(version: Rooted, first: number, options: { count: number; position: number }): void {
    const end = first + options.count;
    let position = options.position;
    let block = first;
    while (block < end) {
      const leaf = this.#ownLeaf(version, block);
      const slot = slotOf(0, block);
      const count = Math.min(leaf.slotCount - slot, end - block);
      leaf.assign(slot, slot + count, position);
      this.#table.resized(leaf);
      block += count;
      position += count * UNIT_BYTES;
    }
  }

  /** Marks blocks as HOLE or ZERO. O(levels × slots), whatever the range's length. */
  fill(version: Rooted, first: number, options: { count: number; mark: number }): void {
    const range = { version, first, end: first + options.count, mark: options.mark };
    version.root = this.#fillTree(version.root, { level: ROOT_LEVEL, base: 0 }, range);
  }

  #fillTree(id: number, at: { level: number; base: number }, range: FillRange): number {
    const { level, base } = at;
    const step = SLOT_BLOCKS[level] as number;
    const span = step * (NODE_SLOTS[level] as number);
    if (range.first <= base && base + span <= range.end) {
      this.#drop(id, level, range.version);
      return range.mark;
    }
    if (id === range.mark) return id;
    const node = this.#own(id, level, range.version);
    const from = Math.max(0, Math.floor((range.first - base) / step));
    const to = Math.min(node.slotCount, Math.ceil((range.end - base) / step));
    if (level === 0) node.assign(from, to, range.mark);
    for (let slot = from; level > 0 && slot < to; slot++) {
      const below = { level: level - 1, base: base + slot * step };
      const child = node.get(slot);
      const filled = this.#fillTree(child, below, range);
      if (filled !== child) node.set(slot, filled);
    }
    this.#table.resized(node);
    return node.id;
  }

  #drop(id: number, level: number, version: Rooted): void {
    if (id < version.ownFrom || id < FIRST_POINTER) return;
    this.dropped.push({ id, level, ownFrom: version.ownFrom, keep: HOLE });
  }

  #ownLeaf(version: Rooted, block: number): MapNode {
    let node = this.#own(version.root, ROOT_LEVEL, version);
    version.root = node.id;
    for (let level = ROOT_LEVEL; level > 0; level--) {
      const slot = slotOf(level, block);
      const id = node.get(slot);
      const child = this.#own(id, level - 1, version);
      if (child.id !== id) {
        node.set(slot, child.id);
        this.#table.resized(node);
      }
      node = child;
    }
    return node;
  }

  /**
   * The node itself when it may change in place, otherwise a copy; of a mark, a node full of it.
   * A node that belongs to a checkpoint is replaced even when no other version shares it.
   */
  #own(id: number, level: number, version: Rooted): MapNode {
    if (id < FIRST_POINTER) return this.#table.create(level, id);
    const node = this.#table.get(id);
    if (node === undefined) throw new Error(`map node ${id} was not loaded before a change`);
    const alone = id >= version.ownFrom;
    if (alone && id >= this.#table.frozenBelow) return node;
    const copy = this.#table.copy(node);
    if (alone) this.#table.free(id);
    return copy;
  }
}

interface FillRange {
  readonly version: Rooted;
  readonly first: number;
  readonly end: number;
  readonly mark: number;
}

/** Slot of a node at `level` under which `block` lies. */
export function slotOf(level: number, block: number): number {
  return Math.floor(block / (SLOT_BLOCKS[level] as number)) % (NODE_SLOTS[level] as number);
}

/** Blocks from `block` to the end of the subtree below its slot at `level`. */
function blocksLeft(level: number, block: number): number {
  if (level > ROOT_LEVEL) return Number.MAX_SAFE_INTEGER;
  const span = SLOT_BLOCKS[level] as number;
  return span - (block % span);
}

/** A hole and an explicit zero read the same; otherwise one place in the log is one content. */
export function sameContent(before: number, after: number): boolean {
  return before === after || (before < FIRST_POINTER && after < FIRST_POINTER);
}

/** A subtree: its node, or the mark that all of it is. */
type Side = MapNode | number;

function valueOf(side: Side, slot: number): number {
  return typeof side === "number" ? side : side.get(slot);
}

function comparedRun(left: Side, right: Side, range: { slot: number; max: number }): Run {
  const { slot, max } = range;
  const end = Math.min(NODE_SLOTS[0] as number, slot + max);
  const isSame = (at: number): boolean => sameContent(valueOf(left, at), valueOf(right, at));
  const same = isSame(slot);
  let next = slot + 1;
  while (next < end && isSame(next) === same) next++;
  return { value: same ? 0 : 1, count: next - slot, missing: 0 };
}
