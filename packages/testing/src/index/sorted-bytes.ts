import type { Entry, RangePage } from "@firn/core";

/**
 * A sorted map of bytes in one array: binary search, insertion by shifting. For tests: small, and
 * plainly right. Values are copied on the way in, so that later changes by the caller cannot reach.
 */
export class SortedBytes {
  readonly #entries: Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [...entries];
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const at = this.#lowerBound(key);
    const entry = this.#entries[at];
    return entry !== undefined && compareBytes(entry.key, key) === 0 ? entry.value : undefined;
  }

  set(key: Uint8Array, value: Uint8Array | undefined): void {
    const at = this.#lowerBound(key);
    const found = this.#entries[at];
    const there = found !== undefined && compareBytes(found.key, key) === 0;
    if (value === undefined) {
      if (there) this.#entries.splice(at, 1);
      return;
    }
    this.#entries.splice(at, there ? 1 : 0, { key: key.slice(), value: value.slice() });
  }

  page(page: RangePage): Entry[] {
    const from = page.gt ?? page.gte;
    const to = page.lt ?? page.lte;
    let start = from === undefined ? 0 : this.#lowerBound(from);
    let end = to === undefined ? this.#entries.length : this.#lowerBound(to);
    if (page.gt !== undefined && this.#isAt(start, page.gt)) start++;
    if (page.lt === undefined && page.lte !== undefined && this.#isAt(end, page.lte)) end++;
    if (end <= start) return [];
    if (page.reverse !== true) return this.#entries.slice(start, Math.min(end, start + page.limit));
    return this.#entries.slice(Math.max(start, end - page.limit), end).reverse();
  }

  /** A map in the same state; entries are immutable and shared. */
  copy(): SortedBytes {
    return new SortedBytes(this.#entries);
  }

  #isAt(at: number, key: Uint8Array): boolean {
    const entry = this.#entries[at];
    return entry !== undefined && compareBytes(entry.key, key) === 0;
  }

  #lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes((this.#entries[middle] as Entry).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Unsigned byte order, the shorter of two first when it begins the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
