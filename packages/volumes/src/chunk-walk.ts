/** Walks over maps in the steps of EBS's direct APIs: chunks of 512 KiB, 128 blocks. */
import {
  BLOCK_BYTES,
  HOLE,
  NODE_SLOTS,
  ROOT_LEVEL,
  SLOT_BLOCKS,
  SNAPSHOT_BLOCK_BYTES,
} from "./constants.ts";
import { sameContent } from "./block-map.ts";
import { slotsOf } from "./map-walk.ts";
import type { NodeTable } from "./node-table.ts";

/** A 512 KiB step of a snapshot, and which of the two trees has anything there. */
export interface Chunk {
  readonly index: number;
  readonly before: boolean;
  readonly after: boolean;
}

export interface ChunkWalk {
  /** Id of a root, or a mark; `undefined` lists what `after` has. */
  readonly before: number | undefined;
  readonly after: number;
  /** Index of the first chunk to look at. */
  readonly from: number;
}

const CHUNK_BLOCKS: number = SNAPSHOT_BLOCK_BYTES / BLOCK_BYTES;

/**
 * Chunks that read differently in two frozen trees of one lineage, or that one has, ascending.
 * Subtrees that both share are skipped: O(changed leaves). A leaf has whole chunks only.
 */
export async function* walkChunks(table: NodeTable, walk: ChunkWalk): AsyncGenerator<Chunk> {
  const { before, after, from } = walk;
  const found = { table, fromBlock: from * CHUNK_BLOCKS };
  yield* below(found, { before, after }, { level: ROOT_LEVEL, base: 0 });
}

interface Scan {
  readonly table: NodeTable;
  readonly fromBlock: number;
}

interface Pair {
  readonly before: number | undefined;
  readonly after: number;
}

async function* below(
  scan: Scan,
  pair: Pair,
  place: { level: number; base: number },
): AsyncGenerator<Chunk> {
  if (isAlike(pair)) return;
  const { level, base } = place;
  const { table, fromBlock } = scan;
  const before = pair.before === undefined ? undefined : await slotsOf(table, pair.before, level);
  const after = await slotsOf(table, pair.after, level);
  if (level === 0) {
    const first = Math.max(0, Math.floor((fromBlock - base) / CHUNK_BLOCKS));
    yield* leafChunks(before, after, { base, first });
    return;
  }
  const step = SLOT_BLOCKS[level] as number;
  const first = Math.max(0, Math.floor((fromBlock - base) / step));
  for (let slot = first; slot < (NODE_SLOTS[level] as number); slot++) {
    const children = { before: before?.[slot], after: after[slot] as number };
    yield* below(scan, children, { level: level - 1, base: base + slot * step });
  }
}

/** Nothing below can be of interest. */
function isAlike({ before, after }: Pair): boolean {
  return before === undefined ? after === HOLE : sameContent(before, after);
}

function* leafChunks(
  before: Float64Array | undefined,
  after: Float64Array,
  { base, first }: { base: number; first: number },
): Generator<Chunk> {
  for (let slot = first * CHUNK_BLOCKS; slot < after.length; slot += CHUNK_BLOCKS) {
    const end = slot + CHUNK_BLOCKS;
    const inAfter = isThere(after, slot, end);
    const inBefore = before !== undefined && isThere(before, slot, end);
    const wanted = before === undefined ? inAfter : isChanged(before, after, { slot, end });
    if (!wanted) continue;
    yield { index: (base + slot) / CHUNK_BLOCKS, before: inBefore, after: inAfter };
  }
}

function isThere(slots: Float64Array, from: number, end: number): boolean {
  for (let slot = from; slot < end; slot++) if (slots[slot] !== HOLE) return true;
  return false;
}

function isChanged(
  before: Float64Array,
  after: Float64Array,
  range: { slot: number; end: number },
): boolean {
  for (let { slot } = range; slot < range.end; slot++) {
    if (!sameContent(before[slot] as number, after[slot] as number)) return true;
  }
  return false;
}
