/**
 * The order of a memtable's keys, made in small steps. Writes append; every thousand of them is
 * sorted into a run. Runs are merged when somebody asks for a range, the smallest neighbours first
 * and no more than a millisecond's worth at a time; whoever flushes merges the rest, in a thread.
 * (Sorting all of it at the flush held up the event loop for 30 ms; a B-tree costs 1.5 µs per
 * insert; merging as runs come costs each write a microsecond, and most memtables are never asked.)
 *
 * Keys are known by the number of their first version. Five bytes behind what keys have in common
 * and the place in the batch fit into a double: batches are sorted natively, and what is equal in
 * those five bytes is sorted by what follows.
 */
import type { VersionData } from "./version-data.ts";

/** Sorted in a tenth of a millisecond. */
const FRESH_MAX = 1024;
const PACKED_BYTES = 5;
/** Fewer are sorted as fast by comparing them. */
const NATIVE_MIN = 16;
/** So few runs are walked as fast as one, nearly. */
const RUNS_MAX = 8;
/** Keys that are merged before a walk begins, at the most: half a millisecond. */
const MERGED_MAX: number = 8 * 1024;

/** What is known of the order, for another thread to go on with. */
export interface MadeOrder {
  /** Keys in order; no key is in two. */
  readonly runs: readonly Uint32Array[];
  /** Bytes with which all of them begin. */
  readonly common: number;
}

export class KeyOrder {
  #data: VersionData;
  #fresh: Uint32Array = new Uint32Array(0);
  #freshCount = 0;
  #runs: Uint32Array[];
  /** The first key, and how many bytes all others begin with as it does. */
  #sample = -1;
  #common = 0;

  /** @param made what is known of an order that takes no more keys. */
  constructor(data: VersionData, made?: MadeOrder) {
    this.#data = data;
    this.#runs = [...(made?.runs ?? [])];
    this.#common = made?.common ?? 0;
  }

  /** The columns have moved. */
  set data(data: VersionData) {
    this.#data = data;
  }

  /** The key must be new. */
  add(key: number): void {
    if (this.#freshCount === this.#fresh.length) this.#grow();
    this.#fresh[this.#freshCount++] = key;
    if (this.#freshCount === FRESH_MAX) this.#settle();
  }

  get made(): MadeOrder {
    this.#settle();
    return { runs: this.#runs, common: this.#common };
  }

  /** All keys in order. */
  all(): Uint32Array {
    this.#settle();
    this.#merge(1, Infinity);
    return this.#runs[0] ?? new Uint32Array(0);
  }

  /** The keys at or behind `from` (at or before it, backwards), in order; ends when you do. */
  *walk(from: string | undefined, reverse: boolean): Generator<number> {
    this.#settle();
    this.#merge(RUNS_MAX, MERGED_MAX);
    const cursors = this.#runs.map((run) => this.#cursor(run, from, reverse));
    const step = reverse ? -1 : 1;
    for (;;) {
      let first: Cursor | undefined;
      for (const cursor of cursors) {
        const key = cursor.run[cursor.at];
        if (key === undefined) continue;
        const lead = first?.run[first.at];
        if (lead === undefined || this.#compare(key, lead) * step < 0) first = cursor;
      }
      if (first === undefined) return;
      yield first.run[first.at] as number;
      first.at += step;
    }
  }

  #cursor(run: Uint32Array, from: string | undefined, reverse: boolean): Cursor {
    if (from === undefined) return { run, at: reverse ? run.length - 1 : 0 };
    let low = 0;
    let high = run.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareToText(this.#data, run[middle] as number, from);
      if (order < 0 || (reverse && order === 0)) low = middle + 1;
      else high = middle;
    }
    return { run, at: reverse ? low - 1 : low };
  }

  #grow(): void {
    const larger = new Uint32Array(Math.max(16, this.#fresh.length * 2));
    larger.set(this.#fresh);
    this.#fresh = larger;
  }

  #settle(): void {
    if (this.#freshCount === 0) return;
    const fresh = this.#fresh.slice(0, this.#freshCount);
    for (const key of fresh) this.#noteCommon(key);
    this.#sort(fresh, this.#common);
    this.#runs.push(fresh);
    this.#freshCount = 0;
  }

  /** Until there are `count` runs, or `keysMax` keys have been merged. */
  #merge(count: number, keysMax: number): void {
    for (let merged = 0; this.#runs.length > count && merged < keysMax;) {
      let least = 0;
      let leastKeys = Infinity;
      for (let at = 0; at + 1 < this.#runs.length; at++) {
        const keys = this.#length(at) + this.#length(at + 1);
        if (keys < leastKeys) [least, leastKeys] = [at, keys];
      }
      const [a, b] = [this.#runs[least], this.#runs[least + 1]] as [Uint32Array, Uint32Array];
      this.#runs.splice(least, 2, this.#merged(a, b));
      merged += leastKeys;
    }
  }

  #length(run: number): number {
    return (this.#runs[run] as Uint32Array).length;
  }

  #merged(a: Uint32Array, b: Uint32Array): Uint32Array {
    const out = new Uint32Array(a.length + b.length);
    let [i, j, at] = [0, 0, 0];
    while (i < a.length && j < b.length) {
      const isFirst = this.#compare(a[i] as number, b[j] as number) < 0;
      out[at++] = (isFirst ? a[i++] : b[j++]) as number;
    }
    out.set(i < a.length ? a.subarray(i) : b.subarray(j), at);
    return out;
  }

  /** In place; all keys are equal in their first `depth` bytes. */
  #sort(keys: Uint32Array, depth: number): void {
    const packed = new Float64Array(keys.length);
    for (let i = 0; i < keys.length; i++) {
      packed[i] = this.#packed(keys[i] as number, depth) * FRESH_MAX + i;
    }
    packed.sort();
    const before = keys.slice();
    for (let i = 0; i < keys.length; i++) {
      keys[i] = before[(packed[i] as number) % FRESH_MAX] as number;
    }
    for (let start = 0; start < keys.length;) {
      const same = Math.floor((packed[start] as number) / FRESH_MAX);
      let end = start + 1;
      while (end < keys.length && Math.floor((packed[end] as number) / FRESH_MAX) === same) end++;
      if (end - start > 1) this.#sortEqual(keys.subarray(start, end), depth + PACKED_BYTES);
      start = end;
    }
  }

  /** Keys that the bytes before `depth` do not tell apart. */
  #sortEqual(keys: Uint32Array, depth: number): void {
    const equal = keys.length < NATIVE_MIN ? undefined : this.#equalBytes(keys, depth);
    if (equal === undefined) keys.sort((a, b) => this.#compare(a, b));
    else this.#sort(keys, equal);
  }

  /** How many bytes all of them begin with; `undefined` when one has ended before `depth`. */
  #equalBytes(keys: Uint32Array, depth: number): number | undefined {
    const { blocks, block, at, keyBytes } = this.#data;
    const first = keys[0] as number;
    const lead = blocks[block[first] as number] as Buffer;
    const leadAt = at[first] as number;
    let common = keyBytes[first] as number;
    for (const key of keys) {
      const bytes = blocks[block[key] as number] as Buffer;
      const start = at[key] as number;
      common = Math.min(common, keyBytes[key] as number);
      if (common < depth) return undefined;
      let same = depth;
      while (same < common && bytes[start + same] === lead[leadAt + same]) same++;
      common = same;
    }
    return common;
  }

  #noteCommon(key: number): void {
    const { blocks, block, at, keyBytes } = this.#data;
    if (this.#sample < 0) {
      this.#sample = key;
      this.#common = keyBytes[key] as number;
      return;
    }
    const a = blocks[block[this.#sample] as number] as Buffer;
    const b = blocks[block[key] as number] as Buffer;
    const [aAt, bAt] = [at[this.#sample] as number, at[key] as number];
    const end = Math.min(this.#common, keyBytes[key] as number);
    let same = 0;
    while (same < end && a[aAt + same] === b[bAt + same]) same++;
    this.#common = same;
  }

  /** Bytes behind the first `depth` as a number, zeros where the key has ended. */
  #packed(key: number, depth: number): number {
    const { blocks, block, at, keyBytes } = this.#data;
    const bytes = blocks[block[key] as number] as Buffer;
    const start = (at[key] as number) + depth;
    const end = (at[key] as number) + (keyBytes[key] as number);
    let packed = 0;
    for (let i = start; i < start + PACKED_BYTES; i++) {
      packed = packed * 256 + (i < end ? (bytes[i] as number) : 0);
    }
    return packed;
  }

  #compare(a: number, b: number): number {
    const { blocks, block, at, keyBytes } = this.#data;
    const [left, right] = [blocks[block[a] as number], blocks[block[b] as number]] as Buffer[];
    const [leftBytes, rightBytes] = [keyBytes[a] as number, keyBytes[b] as number];
    const [leftAt, rightAt] = [at[a] as number, at[b] as number];
    const end = Math.min(leftBytes, rightBytes);
    for (let i = this.#common; i < end; i++) {
      const difference =
        ((left as Buffer)[leftAt + i] as number) - ((right as Buffer)[rightAt + i] as number);
      if (difference !== 0) return difference;
    }
    return leftBytes - rightBytes;
  }
}

interface Cursor {
  readonly run: Uint32Array;
  at: number;
}

/** Where a key comes beside text of one character per byte. */
function compareToText(data: VersionData, key: number, text: string): number {
  const bytes = data.blocks[data.block[key] as number] as Buffer;
  const at = data.at[key] as number;
  const length = data.keyBytes[key] as number;
  const end = Math.min(length, text.length);
  for (let i = 0; i < end; i++) {
    const difference = (bytes[at + i] as number) - text.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return length - text.length;
}
