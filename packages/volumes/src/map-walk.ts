/** Walks over whole trees of a map, which load what they need and leave out what is shared. */
import { FIRST_POINTER, HOLE, NODE_SLOTS, ROOT_LEVEL, SLOT_BLOCKS } from "./constants.ts";
import { sameContent, type DroppedTree } from "./block-map.ts";
import type { NodeTable } from "./node-table.ts";

export interface BlockRange {
  readonly first: number;
  readonly count: number;
}

interface Place {
  readonly level: number;
  readonly base: number;
}

/**
 * Blocks that read differently in two frozen trees of one lineage, ascending, neighbours joined
 * (within a leaf). Subtrees that both share are skipped: O(changed leaves), not O(volume).
 */
export async function* changedBlocks(
  table: NodeTable,
  before: number,
  after: number,
): AsyncGenerator<BlockRange> {
  yield* changedBelow(table, { before, after }, { level: ROOT_LEVEL, base: 0 });
}

async function* changedBelow(
  table: NodeTable,
  ids: { before: number; after: number },
  place: Place,
): AsyncGenerator<BlockRange> {
  if (sameContent(ids.before, ids.after)) return;
  const before = await slotsOf(table, ids.before, place.level);
  const after = await slotsOf(table, ids.after, place.level);
  if (place.level === 0) {
    yield* changedSlots(before, after, place.base);
    return;
  }
  const step = SLOT_BLOCKS[place.level] as number;
  for (let slot = 0; slot < before.length; slot++) {
    const children = { before: before[slot] as number, after: after[slot] as number };
    if (sameContent(children.before, children.after)) continue;
    yield* changedBelow(table, children, {
      level: place.level - 1,
      base: place.base + slot * step,
    });
  }
}

function* changedSlots(
  before: Float64Array,
  after: Float64Array,
  base: number,
): Generator<BlockRange> {
  let slot = 0;
  while (slot < before.length) {
    if (sameContent(before[slot] as number, after[slot] as number)) {
      slot++;
      continue;
    }
    const first = slot;
    do slot++;
    while (slot < before.length && !sameContent(before[slot] as number, after[slot] as number));
    yield { first: base + first, count: slot - first };
  }
}

/** A node's slots; of a mark, slots full of it. */
export async function slotsOf(table: NodeTable, id: number, level: number): Promise<Float64Array> {
  if (id >= FIRST_POINTER) return (await table.load(id)).toSlots();
  return new Float64Array(NODE_SLOTS[level] as number).fill(id);
}

/**
 * Frees a tree's own nodes that `keep` does not share. `keep` may go on changing meanwhile: it
 * replaces nodes and never takes up one that it has let go of, so what it lacks stays unshared.
 */
export async function reapTree(table: NodeTable, tree: DroppedTree): Promise<void> {
  const { id, level, ownFrom, keep } = tree;
  if (id < FIRST_POINTER || id < ownFrom || id === keep) return;
  if (level > 0) {
    if (!(await table.tryLoad(id))) return;
    const slots = (await table.load(id)).toSlots();
    const kept = keep < FIRST_POINTER ? undefined : (await table.load(keep)).toSlots();
    for (let slot = 0; slot < slots.length; slot++) {
      const child = slots[slot] as number;
      const childKeep = kept?.[slot] ?? HOLE;
      if (child < FIRST_POINTER || child < ownFrom || child === childKeep) continue;
      // Leaves hold no ids: they are freed without being read.
      if (level === 1) table.free(child);
      else await reapTree(table, { id: child, level: level - 1, ownFrom, keep: childKeep });
    }
  }
  table.free(id);
}
