/*
 * Blocks that were read and verified, so that reading them again takes one copy: no system call,
 * no checksum, no object.
 *
 * A set of sixteen places for each part of the key space, each place 4 KiB of a slab. (Of eight,
 * one block in fifty found no place in a cache that was half full.) Keys are positions: what lies
 * at one never changes, so nothing is ever invalidated. The block's number and key space are
 * compared too, so that a map which points at another block's place is found out here as it would
 * be by the checksum. (A `Map` from position to slab was tried first: 72 bytes and an allocation
 * for each block, and most of a read was spent in it.)
 *
 * What is read once is not kept: copying it here would cost more than it saves, and one pass over
 * a large volume would drive out what is used all the time. A block is taken with its second read,
 * which a fingerprint of the first one tells, and stays for another round when it is read again.
 */
import { AskedBefore } from "@firn/core";
import { BLOCK_BYTES } from "./constants.ts";

const WAYS = 16;
/** Memory is taken in pieces of this, one after the other: a few blocks take one piece. */
const SLAB_BYTES: number = 128 * 1024;
const SLAB_BLOCKS: number = SLAB_BYTES / BLOCK_BYTES;
/** More than one, so that a first read is still known when a whole cache of others came between. */
const SEEN_PER_PLACE = 4;
/** Multiplier of a multiplicative hash: 2^32 divided by the golden ratio, odd. */
const SPREAD = 0x9e37_79b1;

/** Whose block it is, and which. */
export interface CachedBlock {
  readonly space: number;
  number: number;
  position: number;
}

interface Tables {
  readonly positions: Float64Array;
  readonly numbers: Float64Array;
  readonly spaces: Uint32Array;
  /** 1: read again since the hand last passed. */
  readonly used: Uint8Array;
  /** Where each set looks for a place next. */
  readonly hands: Uint8Array;
  /** Where in the slabs a place has its bytes, plus one; 0 for one that was never used. */
  readonly slots: Uint32Array;
  /** Blocks that were read and not kept. */
  readonly seen: AskedBefore;
  readonly slabs: Uint8Array[];
  slotsUsed: number;
}

export class BlockCache {
  readonly #places: number;
  readonly #sets: number;
  /** Made with the first block: an engine that is opened and reads nothing takes no memory. */
  #tables: Tables | undefined;

  /** `limitBytes` is rounded down to whole 128 KiB; below that nothing is kept. */
  constructor(limitBytes: number) {
    this.#places = Math.floor(limitBytes / SLAB_BYTES) * SLAB_BLOCKS;
    this.#sets = this.#places / WAYS;
  }

  /** Copies the block to `at` of `target`, as much as fits there from its byte `skip` on. */
  copy(
    block: CachedBlock,
    target: Uint8Array,
    { at, skip }: { at: number; skip: number },
  ): boolean {
    const tables = this.#tables;
    if (tables === undefined) return false;
    const { positions, numbers, spaces } = tables;
    const first = this.#setOf(mixedOf(block.position)) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (positions[place] !== block.position) continue;
      if (numbers[place] !== block.number || spaces[place] !== block.space) return false;
      tables.used[place] = 1;
      const slot = (tables.slots[place] as number) - 1;
      const from = (slot % SLAB_BLOCKS) * BLOCK_BYTES + skip;
      const length = Math.min(BLOCK_BYTES - skip, target.length - at);
      const slab = tables.slabs[Math.floor(slot / SLAB_BLOCKS)] as Uint8Array;
      target.set(slab.subarray(from, from + length), at);
      return true;
    }
    return false;
  }

  /** Whether a block is kept that was read from there. */
  has(position: number): boolean {
    const tables = this.#tables;
    if (tables === undefined) return false;
    const first = this.#setOf(mixedOf(position)) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (tables.positions[place] === position) return true;
    }
    return false;
  }

  /** Keeps a block that was verified, from its second read on; `bytes` are copied. */
  put(block: CachedBlock, bytes: Uint8Array): void {
    if (this.#sets === 0) return;
    const tables = (this.#tables ??= makeTables(this.#places));
    const mixed = mixedOf(block.position);
    if (!tables.seen.again(mixed)) return;
    const place = placeIn(tables, this.#setOf(mixed), block.position);
    tables.positions[place] = block.position;
    tables.numbers[place] = block.number;
    tables.spaces[place] = block.space;
    tables.used[place] = 0;
    const slot = slotOf(tables, place);
    const into = tables.slabs[Math.floor(slot / SLAB_BLOCKS)] as Uint8Array;
    into.set(bytes, (slot % SLAB_BLOCKS) * BLOCK_BYTES);
  }

  /** Bytes of blocks that it has taken so far. */
  get bytes(): number {
    return (this.#tables?.slabs.length ?? 0) * SLAB_BYTES;
  }

  #setOf(mixed: number): number {
    return Math.floor((mixed / 2 ** 32) * this.#sets);
  }
}

/** Blocks that lie one behind the other are spread: their positions differ by a unit's length. */
function mixedOf(position: number): number {
  const high = Math.floor(position / 2 ** 32);
  return Math.imul((position >>> 3) ^ Math.imul(high, SPREAD), SPREAD) >>> 0;
}

function makeTables(places: number): Tables {
  return {
    positions: new Float64Array(places),
    numbers: new Float64Array(places),
    spaces: new Uint32Array(places),
    used: new Uint8Array(places),
    hands: new Uint8Array(places / WAYS),
    slots: new Uint32Array(places),
    seen: new AskedBefore(places * SEEN_PER_PLACE),
    slabs: [],
    slotsUsed: 0,
  };
}

/** Where a place has its bytes; with its first block it takes the next room there is. */
function slotOf(tables: Tables, place: number): number {
  const known = tables.slots[place] as number;
  if (known > 0) return known - 1;
  const slot = tables.slotsUsed++;
  if (slot % SLAB_BLOCKS === 0) tables.slabs.push(new Uint8Array(SLAB_BYTES));
  tables.slots[place] = slot + 1;
  return slot;
}

/** Where a position lies in its set, or the place of one that has not been read again. */
function placeIn({ positions, used, hands }: Tables, set: number, position: number): number {
  const first = set * WAYS;
  for (let place = first; place < first + WAYS; place++) {
    if (positions[place] === position) return place;
  }
  for (;;) {
    const hand = hands[set] as number;
    hands[set] = (hand + 1) % WAYS;
    if (used[first + hand] === 0) return first + hand;
    used[first + hand] = 0;
  }
}
