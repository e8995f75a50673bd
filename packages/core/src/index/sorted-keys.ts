/**
 * The order of a memtable's keys, made in small steps. Writes append; every thousand of them, and
 * each range, sorts what came since the last time and merges it into runs whose lengths grow
 * geometrically: each key is merged O(log n) times, and no step is long. (Sorting all of it at the
 * flush held up the event loop for 30 ms; a B-tree costs 1.5 µs per insert; sorting all of it at
 * each range made a range of 20 over a busy memtable 2 ms.)
 *
 * Keys are latin1 strings: one byte per character, and `<` is unsigned byte order.
 */
/** Sorted in less than a millisecond. */
const FRESH_MAX = 1024;

export class SortedKeys {
  #fresh: string[] = [];
  /** Longest first; each is sorted, and no key is in two. */
  #runs: string[][] = [];

  /** The key must be new. */
  add(key: string): void {
    this.#fresh.push(key);
    if (this.#fresh.length === FRESH_MAX) this.#settle();
  }

  /** All keys in order. */
  all(): string[] {
    this.#settle();
    while (this.#runs.length > 1) this.#mergeLastTwo();
    return this.#runs[0] ?? [];
  }

  /** The keys at or behind `from` (at or before it, backwards), in order; ends when you do. */
  *walk(from: string | undefined, reverse: boolean): Generator<string> {
    this.#settle();
    const cursors = this.#runs.map((run) => new Cursor(run, from, reverse));
    for (;;) {
      let first: Cursor | undefined;
      for (const cursor of cursors) {
        if (cursor.key === undefined) continue;
        const before =
          first === undefined ||
          (reverse ? cursor.key > (first.key as string) : cursor.key < (first.key as string));
        if (before) first = cursor;
      }
      if (first === undefined) return;
      yield first.key as string;
      first.advance();
    }
  }

  #settle(): void {
    if (this.#fresh.length > 0) {
      this.#runs.push(this.#fresh.sort());
      this.#fresh = [];
    }
    for (;;) {
      const last = this.#runs.at(-1);
      const before = this.#runs.at(-2);
      if (last === undefined || before === undefined || before.length > 2 * last.length) return;
      this.#mergeLastTwo();
    }
  }

  #mergeLastTwo(): void {
    const second = this.#runs.pop() as string[];
    const first = this.#runs.pop() as string[];
    this.#runs.push(merge(first, second));
  }
}

class Cursor {
  readonly #run: readonly string[];
  readonly #step: 1 | -1;
  #at: number;

  constructor(run: readonly string[], from: string | undefined, reverse: boolean) {
    this.#run = run;
    this.#step = reverse ? -1 : 1;
    if (from === undefined) this.#at = reverse ? run.length - 1 : 0;
    else this.#at = reverse ? upperBound(run, from) - 1 : lowerBound(run, from);
  }

  get key(): string | undefined {
    return this.#run[this.#at];
  }

  advance(): void {
    this.#at += this.#step;
  }
}

/** Index of the first key at or behind `key`. */
function lowerBound(run: readonly string[], key: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((run[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first key behind `key`. */
function upperBound(run: readonly string[], key: string): number {
  const at = lowerBound(run, key);
  return run[at] === key ? at + 1 : at;
}

function merge(a: readonly string[], b: readonly string[]): string[] {
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if ((a[i] as string) < (b[j] as string)) out.push(a[i++] as string);
    else out.push(b[j++] as string);
  }
  while (i < a.length) out.push(a[i++] as string);
  while (j < b.length) out.push(b[j++] as string);
  return out;
}
