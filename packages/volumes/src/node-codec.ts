/*
 * A map node as a stored value: level (u8), then runs until the slots are full. A run is a u16,
 * kind in its two low bits and length - 1 above, then for SEQUENCE the first value (f64; the next
 * ones follow at the level's stride), for LITERAL every value (f64). Little-endian.
 */
import { FIRST_POINTER, HOLE, NODE_SLOTS, ZERO } from "./constants.ts";
import { volumeError } from "./errors.ts";
import { MapNode, type SlotRun } from "./map-node.ts";

const RUN_HOLE = 0;
const RUN_ZERO = 1;
const RUN_SEQUENCE = 2;
const RUN_LITERAL = 3;

/** The bytes that a node is stored as: a few for one written in order, 8 KiB at the most. */
export function encodeNode(node: MapNode): Uint8Array {
  const runs = [...node.runs()];
  // A run takes ten bytes at the most, and a scattered one less.
  const out = Buffer.allocUnsafe(1 + runs.length * 10);
  let at = out.writeUInt8(node.level, 0);
  for (let next = 0; next < runs.length;) {
    const run = runs[next] as SlotRun;
    const length = run.end - run.start;
    const end = literalEnd(runs, next);
    if (end > next + 1) {
      at = out.writeUInt16LE(((end - next - 1) << 2) | RUN_LITERAL, at);
      for (; next < end; next++) at = out.writeDoubleLE((runs[next] as SlotRun).value, at);
      continue;
    }
    const kind = kindOf(run.value);
    at = out.writeUInt16LE(((length - 1) << 2) | kind, at);
    if (kind === RUN_SEQUENCE) at = out.writeDoubleLE(run.value, at);
    next++;
  }
  return Uint8Array.prototype.slice.call(out, 0, at);
}

/** @throws FIRN_VOLUME_MAP_DAMAGED when the bytes are not those of a node of that level. */
export function decodeNode(id: number, bytes: Uint8Array): MapNode {
  const level = bytes[0] ?? -1;
  const slotCount = NODE_SLOTS[level];
  if (slotCount === undefined) throw damaged(id);
  const node = MapNode.ofRuns(id, level, decodeRuns(id, bytes, slotCount));
  node.stored = true;
  return node;
}

function* decodeRuns(id: number, bytes: Uint8Array, slotCount: number): Generator<SlotRun> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
      for (; slot < end; slot++, at += 8) {
        yield { start: slot, end: slot + 1, value: view.getFloat64(at, true) };
      }
    } else {
      const value = kind === RUN_SEQUENCE ? view.getFloat64(at, true) : markOf(kind);
      at += values * 8;
      yield { start: slot, end, value };
      slot = end;
    }
  }
}

function markOf(kind: number): number {
  return kind === RUN_ZERO ? ZERO : HOLE;
}

function kindOf(value: number): number {
  if (value === HOLE) return RUN_HOLE;
  return value === ZERO ? RUN_ZERO : RUN_SEQUENCE;
}

/** The index behind the runs of one pointer each that begin at `from`. */
function literalEnd(runs: readonly SlotRun[], from: number): number {
  let end = from;
  for (let run = runs[end]; run !== undefined; run = runs[++end]) {
    if (run.end - run.start > 1 || run.value < FIRST_POINTER) break;
  }
  return end;
}

function damaged(id: number): Error {
  return volumeError("FIRN_VOLUME_MAP_DAMAGED", `map node ${id} cannot be decoded`, {
    detail: { node: id },
  });
}
