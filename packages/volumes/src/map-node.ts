/*
 * A node of a volume's map, in memory and as a stored value.
 *
 * Every level has one shape: an id and an array of doubles. A leaf's slot is the position of a
 * stored block in the log (53 bits, exact in a double); an inner slot is the id of a child. Both
 * share the marks HOLE and ZERO, so a subtree that is one or the other costs nothing. A
 * Float64Array takes the same 8 bytes per block as two 32-bit words would and needs neither
 * shifting nor an alignment of positions.
 *
 * Ids are drawn in rising order within a lineage, so an id is also a birth date: a node belongs to
 * one version alone when its id is not older than the version's first own id.
 *
 * Stored form: level (u8), then runs until the slots are full. A run is a u16, kind in its two
 * low bits and length - 1 above, then for SEQUENCE the first value (f64; the next ones follow
 * at the level's stride), for LITERAL every value (f64). Little-endian.
 */
import { FIRST_POINTER, HOLE, NODE_SLOTS, UNIT_BYTES, ZERO } from "./constants.ts";
import { volumeError } from "./errors.ts";

export interface MapNode {
  readonly id: number;
  readonly level: number;
  readonly slots: Float64Array;
  /** The log holds it; until then it is pinned in memory. */
  stored: boolean;
  /** Used since the cache last looked. */
  touched: boolean;
}

const RUN_HOLE = 0;
const RUN_ZERO = 1;
const RUN_SEQUENCE = 2;
const RUN_LITERAL = 3;

/** The bytes that a node is stored as: a few for one written in order, 8 KiB at the most. */
export function encodeNode(node: MapNode): Uint8Array {
  const { slots, level } = node;
  const stride = strideOf(level);
  // Worst case: literals and sequences of two, alternating.
  const out = new Uint8Array(1 + slots.length * 10);
  const view = new DataView(out.buffer);
  out[0] = level;
  let at = 1;
  let slot = 0;
  while (slot < slots.length) {
    const end = uniformEnd(slots, slot, stride);
    const value = slots[slot] as number;
    if (value < FIRST_POINTER || end - slot > 1) {
      const kind = uniformKind(value);
      view.setUint16(at, ((end - slot - 1) << 2) | kind, true);
      at += 2;
      if (kind === RUN_SEQUENCE) {
        view.setFloat64(at, value, true);
        at += 8;
      }
      slot = end;
      continue;
    }
    const literalEnd = scatteredEnd(slots, slot, stride);
    view.setUint16(at, ((literalEnd - slot - 1) << 2) | RUN_LITERAL, true);
    at += 2;
    for (; slot < literalEnd; slot++, at += 8) view.setFloat64(at, slots[slot] as number, true);
  }
  return out.slice(0, at);
}

/** @throws FIRN_VOLUME_MAP_DAMAGED when the bytes are not those of a node of that level. */
export function decodeNode(id: number, bytes: Uint8Array): MapNode {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const level = bytes[0] ?? -1;
  const slotCount = NODE_SLOTS[level];
  if (slotCount === undefined) throw damaged(id);
  const slots = new Float64Array(slotCount);
  const stride = strideOf(level);
  let at = 1;
  let slot = 0;
  while (slot < slotCount) {
    if (at + 2 > bytes.length) throw damaged(id);
    const run = view.getUint16(at, true);
    const kind = run & 3;
    const end = slot + (run >>> 2) + 1;
    at += 2;
    let values = 0;
    if (kind === RUN_LITERAL) values = end - slot;
    else if (kind === RUN_SEQUENCE) values = 1;
    if (end > slotCount || at + values * 8 > bytes.length) throw damaged(id);
    if (kind === RUN_LITERAL) {
      for (; slot < end; slot++, at += 8) slots[slot] = view.getFloat64(at, true);
    } else if (kind === RUN_SEQUENCE) {
      let value = view.getFloat64(at, true);
      at += 8;
      for (; slot < end; slot++, value += stride) slots[slot] = value;
    } else {
      slots.fill(kind === RUN_ZERO ? ZERO : HOLE, slot, end);
      slot = end;
    }
  }
  return { id, level, slots, stored: true, touched: true };
}

/** How far values behind one another lie apart when they were written in order. */
function strideOf(level: number): number {
  return level === 0 ? UNIT_BYTES : 1;
}

function uniformKind(value: number): number {
  if (value === HOLE) return RUN_HOLE;
  return value === ZERO ? RUN_ZERO : RUN_SEQUENCE;
}

/** The slot behind the longest run from `slot` of one mark, or of values at the stride. */
function uniformEnd(slots: Float64Array, slot: number, stride: number): number {
  const value = slots[slot] as number;
  const step = value < FIRST_POINTER ? 0 : stride;
  let end = slot + 1;
  while (end < slots.length && slots[end] === value + step * (end - slot)) end++;
  return end;
}

/** The slot behind the pointers from `slot` on of which no two lie at the stride. */
function scatteredEnd(slots: Float64Array, slot: number, stride: number): number {
  let end = slot + 1;
  while (end < slots.length) {
    const value = slots[end] as number;
    if (value < FIRST_POINTER || slots[end + 1] === value + stride) break;
    end++;
  }
  return end;
}

function damaged(id: number): Error {
  return volumeError("FIRN_VOLUME_MAP_DAMAGED", `map node ${id} cannot be decoded`, {
    detail: { node: id },
  });
}
