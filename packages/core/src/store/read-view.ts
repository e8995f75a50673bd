import { RANGE_PAGE_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { FullRange, IndexPart, MergedItem } from "../index/merge-range.ts";
import { fullRange, mergeRange, ownKey } from "../index/merge-range.ts";
import { bytesOf, fullKey } from "../index/memtable.ts";
import type { Memtable } from "../index/memtable.ts";
import { findVersion } from "../index/memtables.ts";
import type { Entry, KeyRange, KeySpaceId, Lsn, RangePage, ReadView } from "../store-api.ts";
import type { ValueReader } from "./value-reader.ts";

const PAGE = 256;

/** What of an index snapshot a range needs. */
export interface PagedIndex {
  page(page: FullPage): Promise<Entry[]>;
  close(): void;
}

export interface FullPage extends Pick<RangePage, "reverse" | "limit"> {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

export interface ViewSource {
  readonly lsn: Lsn;
  readonly memtables: readonly Memtable[];
  /** The index's entry for a full key. */
  readonly lookUp: (key: Buffer) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  readonly snapshot: PagedIndex;
  readonly values: ValueReader;
  /** @throws FIRN_KEY_SPACE_NOT_FOUND, FIRN_STORE_CLOSED. */
  readonly assertReadable: (space: KeySpaceId) => void;
  readonly onClose: () => void;
}

/** Everything as of one LSN: memtables as they were, and the index as it was. */
export class StoreView implements ReadView {
  readonly lsn: Lsn;
  readonly #source: ViewSource;
  #closed = false;

  constructor(source: ViewSource) {
    this.lsn = source.lsn;
    this.#source = source;
  }

  async get(space: KeySpaceId, key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#assertOpen(space);
    const { memtables, values, lookUp, lsn } = this.#source;
    const full = fullKey(space, key);
    const version = findVersion(memtables, full, lsn);
    if (version !== undefined) return version.deleted ? undefined : values.version(full, version);
    const cached = values.cached(full);
    if (cached !== undefined && cached.lsn <= lsn) return cached.value;
    const looked = lookUp(bytesOf(full));
    const bytes = looked instanceof Promise ? await looked : looked;
    return bytes === undefined ? undefined : values.indexed(full, values.decode(full, bytes));
  }

  async page(space: KeySpaceId, page: RangePage): Promise<Entry[]> {
    return this.#load(await this.#merge(space, page));
  }

  async *range(space: KeySpaceId, range?: KeyRange): AsyncIterableIterator<Entry> {
    let rest: KeyRange = range ?? {};
    for (;;) {
      const entries = await this.page(space, { ...rest, limit: PAGE });
      yield* entries;
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return;
      rest = rest.reverse
        ? { ...rest, lt: last.key, lte: undefined }
        : { ...rest, gt: last.key, gte: undefined };
    }
  }

  /**
   * All entries whose value has a length that is wanted: the others' values are not read. For
   * passes over a whole key space.
   */
  async *rangeWhere(
    space: KeySpaceId,
    wants: (valueBytes: number) => boolean,
  ): AsyncGenerator<Entry> {
    let rest: KeyRange = {};
    for (;;) {
      const items = await this.#merge(space, { ...rest, limit: PAGE });
      yield* await this.#load(items.filter((item) => wants(this.#lengthOf(item))));
      const last = items.at(-1);
      if (last === undefined || items.length < PAGE) return;
      rest = { gt: bytesOf(last.key).subarray(4) };
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.snapshot.close();
    this.#source.onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #merge(space: KeySpaceId, page: RangePage): Promise<MergedItem[]> {
    this.#assertOpen(space);
    const limit = Math.min(page.limit, RANGE_PAGE_MAX);
    const items: MergedItem[] = [];
    let range = fullRange(space, page);
    for (;;) {
      const index = await indexPage(this.#source.snapshot, range, limit - items.length);
      const input = { ...this.#source, range, index, limit: limit - items.length };
      const merged = mergeRange(input);
      items.push(...merged.items);
      if (merged.complete || items.length >= limit) return items;
      range = behind(range, index);
    }
  }

  #lengthOf(item: MergedItem): number {
    if (item.version !== undefined) return item.version.length;
    const { place, value } = this.#source.values.decodeItem(item);
    return place === undefined ? value.length : place.length;
  }

  async #load(items: readonly MergedItem[]): Promise<Entry[]> {
    const { values } = this.#source;
    const loaded = items.map((item) => loadItem(values, item));
    const ready = loaded.some((value) => value instanceof Promise)
      ? await Promise.all(loaded)
      : (loaded as Uint8Array[]);
    return items.map((item, at) => ({
      key: ownKey(item),
      value: ready[at] as Uint8Array,
    }));
  }

  #assertOpen(space: KeySpaceId): void {
    if (this.#closed) throw coreError("FIRN_STORE_CLOSED", "the read view was closed");
    this.#source.assertReadable(space);
  }
}

function loadItem(values: ValueReader, item: MergedItem): Uint8Array | Promise<Uint8Array> {
  const { key, version } = item;
  return version === undefined
    ? values.indexed(key, values.decodeItem(item))
    : values.version(key, version);
}

export async function indexPage(
  snapshot: PagedIndex,
  range: FullRange,
  limit: number,
): Promise<IndexPart> {
  const { low, high, reverse } = range;
  if (low >= high) return { entries: [], exhausted: true };
  const bounds = { gte: bytesOf(low), lt: bytesOf(high) };
  const entries = await snapshot.page({ ...bounds, reverse, limit });
  return { entries, exhausted: entries.length < limit };
}

/** What is left of a range behind a page of the index. */
export function behind(range: FullRange, index: IndexPart): FullRange {
  const last = (index.entries.at(-1) as Entry).key;
  const text = Buffer.from(last).toString("latin1");
  return range.reverse ? { ...range, high: text } : { ...range, low: `${text}\0` };
}
