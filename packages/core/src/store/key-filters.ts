import { LRUCache } from "lru-cache";

import { bytesOf } from "../index/memtable.ts";
import { keyHash } from "../index/runs/bloom-filter.ts";
import type { BloomFilter } from "../index/runs/bloom-filter.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { decodeFilter, filterRange, isPacked, saltOf } from "../log/packed-file.ts";
import type { PackedEntry } from "../log/packed-file.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { SegmentFiles } from "../log/segment-files.ts";

/** Filters in memory: those of 200 full segments with 64,000 keys each. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** Which segments may hold a value of a key: what tells when a tombstone may go. */
export class KeyFilters {
  readonly #files: SegmentFiles;
  readonly #identity: RecordIdentity;
  readonly #cache = new LRUCache<number, BloomFilter>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length,
  });

  constructor(files: SegmentFiles, identity: RecordIdentity) {
    this.#files = files;
    this.#identity = identity;
  }

  /**
   * Whether one of the segments may hold a value of a key. Where that cannot be told it may: a
   * segment that was never packed has no filter, and of filters there may be more than memory.
   */
  async anyMayHold(entries: readonly SegmentEntry[]): Promise<(full: string) => boolean> {
    const bytes = entries.reduce(
      (sum, entry) => sum + (isPacked(entry) ? filterRange(entry).length : Infinity),
      0,
    );
    if (bytes > CACHE_BYTES) return () => true;
    const filters: BloomFilter[] = [];
    for (const entry of entries) {
      const filter = await this.#filterOf(entry as PackedEntry);
      if (filter === undefined) return () => true;
      filters.push(filter);
    }
    const { hasher, seed } = this.#identity;
    return (full) => {
      const hash = keyHash(hasher.hash(bytesOf(full), seed));
      return filters.some((filter) => filter.mayHold(hash));
    };
  }

  async #filterOf(entry: PackedEntry): Promise<BloomFilter | undefined> {
    const cached = this.#cache.get(entry.id);
    if (cached !== undefined) return cached;
    const { offset, length } = filterRange(entry);
    const bytes = Buffer.alloc(length);
    await this.#files.with(entry, (handle) => handle.read(bytes, offset));
    const { hasher } = this.#identity;
    const filter = decodeFilter(bytes, { hasher, salt: saltOf(entry) });
    if (filter !== undefined) this.#cache.set(entry.id, filter);
    return filter;
  }
}
