/*
 * A node of a volume's map, in memory.
 *
 * Every level has one shape: an id and a slot for each child. A leaf's slot is the position of a
 * stored block in the log (53 bits, exact in a double); an inner slot is the id of a child. Both
 * share the marks HOLE and ZERO, so a subtree that is one or the other costs nothing.
 *
 * Slots are kept as runs while there are few of them: of one mark, or of values that follow one
 * another at the level's stride (blocks that were written in order). A leaf of a thin volume, with
 * a few blocks here and there, takes 300 bytes so, not 8 KiB: random writes over a large map would
 * otherwise be spent on clearing and storing empty leaves. From RUNS_MAX runs on it is an array of
 * doubles, which takes the same 8 bytes per block as two 32-bit words would and needs neither
 * shifting nor an alignment of positions.
 *
 * Ids are drawn in rising order within a lineage, so an id is also a birth date: a node belongs to
 * one version alone when its id is not older than the version's first own id.
 */
import {
  FIRST_POINTER,
  NODE_OVERHEAD_BYTES,
  NODE_SLOTS,
  RUNS_MAX,
  UNIT_BYTES,
} from "./constants.ts";

/** Slots of equal marks, or of values at the level's stride. */
export interface SlotRun {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Of the first slot. */
  readonly value: number;
}

/** Bytes of a run in memory: two doubles. */
const RUN_BYTES = 16;

export class MapNode {
  readonly id: number;
  readonly level: number;
  readonly slotCount: number;
  /** The log holds it; until then it is pinned in memory. */
  stored = false;
  /** Used since the cache last looked. */
  touched = true;
  /** What the table has counted it as. */
  countedBytes = 0;
  readonly #stride: number;
  /** Start and value of each run, one behind the other; empty when there is an array. */
  #runs: number[] = [];
  #slots: Float64Array | undefined;

  private constructor(id: number, level: number) {
    this.id = id;
    this.level = level;
    this.slotCount = NODE_SLOTS[level] as number;
    this.#stride = strideOf(level);
  }

  /** A node whose slots all hold one mark. */
  static filled(id: number, level: number, mark: number): MapNode {
    const node = new MapNode(id, level);
    node.#runs = [0, mark];
    return node;
  }

  /** A node of these runs, which cover all slots in order. */
  static ofRuns(id: number, level: number, runs: Iterable<SlotRun>): MapNode {
    const node = new MapNode(id, level);
    for (const { start, end, value } of runs) node.#append(start, end, value);
    return node;
  }

  /** The same content under another id. */
  copy(id: number): MapNode {
    const node = new MapNode(id, this.level);
    node.#runs = this.#runs.slice();
    node.#slots = this.#slots?.slice();
    return node;
  }

  /** What it takes in memory. */
  get bytes(): number {
    const { length } = this.#runs;
    return NODE_OVERHEAD_BYTES + (this.#slots?.byteLength ?? (length / 2) * RUN_BYTES);
  }

  get(slot: number): number {
    const slots = this.#slots;
    if (slots !== undefined) return slots[slot] as number;
    const at = this.#runAt(slot);
    return this.#valueIn(at, slot);
  }

  set(slot: number, value: number): void {
    this.assign(slot, slot + 1, value);
  }

  /** Slots from `start` up to `end` get one mark, or `value` and what follows it at the stride. */
  assign(start: number, end: number, value: number): void {
    const slots = this.#slots;
    if (slots === undefined) this.#replaceRuns(start, end, value);
    else fillSlots(slots, { start, end, value }, this.#stride);
  }

  /** How many slots from `slot` on are one run, at most `max`. */
  runLength(slot: number, max: number): number {
    const slots = this.#slots;
    const end = Math.min(this.slotCount, slot + max);
    if (slots === undefined) return Math.min(end, this.#endOf(this.#runAt(slot))) - slot;
    const value = slots[slot] as number;
    const step = value < FIRST_POINTER ? 0 : this.#stride;
    let next = slot + 1;
    while (next < end && slots[next] === value + step * (next - slot)) next++;
    return next - slot;
  }

  /** All runs, in order. */
  *runs(): IterableIterator<SlotRun> {
    for (let start = 0; start < this.slotCount;) {
      const end = start + this.runLength(start, this.slotCount);
      yield { start, end, value: this.get(start) };
      start = end;
    }
  }

  /** The slots as an array that must not be changed. */
  toSlots(): Float64Array {
    return this.#slots ?? this.#expanded();
  }

  #replaceRuns(start: number, end: number, value: number): void {
    const before = this.#runs;
    const first = this.#runAt(start);
    const last = end === this.slotCount ? before.length : this.#runAt(end);
    const rest = last < before.length ? this.#valueIn(last, end) : 0;
    this.#runs = before.slice(0, first);
    const from = before[first] as number;
    if (from < start) this.#runs.push(from, before[first + 1] as number);
    this.#append(start, end, value);
    if (last >= before.length) return;
    // What is left of the run that `end` lies in, then all that follow.
    if (this.#slots !== undefined) {
      this.#fillRest(before, last, { end, rest });
      return;
    }
    this.#append(end, this.#endOfRun(before, last), rest);
    for (let at = last + 2; at < before.length; at += 2) {
      const runStart = before[at] as number;
      this.#append(runStart, this.#endOfRun(before, at), before[at + 1] as number);
    }
  }

  #fillRest(before: readonly number[], last: number, { end, rest }: { end: number; rest: number }) {
    const slots = this.#slots as Float64Array;
    fillSlots(slots, { start: end, end: this.#endOfRun(before, last), value: rest }, this.#stride);
    for (let at = last + 2; at < before.length; at += 2) {
      const run = {
        start: before[at] as number,
        end: this.#endOfRun(before, at),
        value: before[at + 1] as number,
      };
      fillSlots(slots, run, this.#stride);
    }
  }

  /** Adds a run behind all others; one that goes on where the last one ends is part of it. */
  #append(start: number, end: number, value: number): void {
    if (this.#slots !== undefined) {
      fillSlots(this.#slots, { start, end, value }, this.#stride);
      return;
    }
    const runs = this.#runs;
    const last = runs.length - 2;
    if (last >= 0 && this.#valueIn(last, start) === value) return;
    runs.push(start, value);
    if (runs.length / 2 <= RUNS_MAX) return;
    this.#slots = this.#expanded();
    this.#runs = [];
  }

  #expanded(): Float64Array {
    const slots = new Float64Array(this.slotCount);
    const runs = this.#runs;
    for (let at = 0; at < runs.length; at += 2) {
      const run = {
        start: runs[at] as number,
        end: this.#endOfRun(runs, at),
        value: runs[at + 1] as number,
      };
      fillSlots(slots, run, this.#stride);
    }
    return slots;
  }

  /** Index of the run that a slot lies in. */
  #runAt(slot: number): number {
    const runs = this.#runs;
    let low = 0;
    let high = runs.length / 2 - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((runs[middle * 2] as number) <= slot) low = middle;
      else high = middle - 1;
    }
    return low * 2;
  }

  #valueIn(at: number, slot: number): number {
    const value = this.#runs[at + 1] as number;
    return value < FIRST_POINTER
      ? value
      : value + this.#stride * (slot - (this.#runs[at] as number));
  }

  #endOf(at: number): number {
    return this.#endOfRun(this.#runs, at);
  }

  #endOfRun(runs: readonly number[], at: number): number {
    return at + 2 < runs.length ? (runs[at + 2] as number) : this.slotCount;
  }
}

/** How far values behind one another lie apart when they were written in order. */
export function strideOf(level: number): number {
  return level === 0 ? UNIT_BYTES : 1;
}

function fillSlots(slots: Float64Array, run: SlotRun, stride: number): void {
  const { start, end } = run;
  if (run.value < FIRST_POINTER) {
    slots.fill(run.value, start, end);
    return;
  }
  for (let slot = start, { value } = run; slot < end; slot++, value += stride) slots[slot] = value;
}
