import { decodeIndexValue, encodeIndexValue } from "../index/index-value.ts";
import type { IndexSnapshot } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { Entry, Lsn } from "../store-api.ts";
import { decodeHistory, historyKey, historyOfKey } from "./history-entry.ts";
import type { FullPage, PagedIndex } from "./read-view.ts";

/** Entries fetched at a time from either source: most of them count. */
const PAGE = 256;

export interface AsOf {
  readonly lsn: Lsn;
  readonly identity: RecordIdentity;
}

/**
 * An index snapshot as it would have been at an older LSN: its own entries that are old enough, and
 * what history has of the others. Keys of one key space at a time.
 */
export class AsOfIndex implements PagedIndex {
  readonly #snapshot: IndexSnapshot;
  readonly #asOf: AsOf;

  constructor(snapshot: IndexSnapshot, asOf: AsOf) {
    this.#snapshot = snapshot;
    this.#asOf = asOf;
  }

  async get(key: Buffer): Promise<Uint8Array | undefined> {
    const { lsn, identity } = this.#asOf;
    const newest = this.#snapshot.getSync(key);
    if (newest !== undefined && decodeIndexValue(key, newest, identity).lsn <= lsn) return newest;
    const gte = historyKey(key, lsn);
    const lte = historyKey(key, 0);
    const [entry] = await this.#snapshot.page({ gte, lte, limit: 1 });
    return entry && asIndexEntry(entry, this.#asOf)?.value;
  }

  /** The first `limit` entries at or behind `gte` and before `lt`: full keys. */
  async page({ gte, lt, reverse, limit }: FullPage): Promise<Entry[]> {
    const range = { gte, lt, reverse: reverse ?? false };
    const newest = new EntryCursor(this.#snapshot, range, (entry) => this.#oldEnough(entry));
    const ended = new EntryCursor(
      this.#snapshot,
      { gte: historyOfKey(gte), lt: historyOfKey(lt), reverse: range.reverse },
      (entry) => asIndexEntry(entry, this.#asOf),
    );
    const entries: Entry[] = [];
    while (entries.length < limit) {
      const [a, b] = [await newest.peek(), await ended.peek()];
      const order = a && b ? Buffer.compare(a.key, b.key) * (range.reverse ? -1 : 1) : 0;
      const next = a === undefined || order > 0 ? b : a;
      if (next === undefined) break;
      entries.push(next);
      // A flush that is under way may show one version in both.
      if (next === a || order === 0) newest.advance();
      if (next === b || order === 0) ended.advance();
    }
    return entries;
  }

  close(): void {
    this.#snapshot.close();
  }

  #oldEnough(entry: Entry): Entry | undefined {
    const { lsn, identity } = this.#asOf;
    return decodeIndexValue(entry.key, entry.value, identity).lsn <= lsn ? entry : undefined;
  }
}

/** A history entry as the index would have had it at that LSN, if it was true then. */
function asIndexEntry({ key, value }: Entry, { lsn, identity }: AsOf): Entry | undefined {
  const { full, entry, until } = decodeHistory(key, value, identity);
  if (entry.lsn > lsn || until <= lsn) return undefined;
  return { key: full, value: encodeIndexValue(full, entry, identity) };
}

interface CursorRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
  readonly reverse: boolean;
}

/** A range of a snapshot in pages, showing what counts of it. */
class EntryCursor {
  readonly #snapshot: IndexSnapshot;
  readonly #counts: (entry: Entry) => Entry | undefined;
  #range: CursorRange | undefined;
  #entries: Entry[] = [];
  #at = 0;

  constructor(
    snapshot: IndexSnapshot,
    range: CursorRange,
    counts: (entry: Entry) => Entry | undefined,
  ) {
    this.#snapshot = snapshot;
    this.#range = range;
    this.#counts = counts;
  }

  async peek(): Promise<Entry | undefined> {
    while (this.#at === this.#entries.length && this.#range !== undefined) {
      const page = await this.#snapshot.page({ ...this.#range, limit: PAGE });
      this.#range = page.length < PAGE ? undefined : rest(this.#range, page.at(-1) as Entry);
      this.#entries = page.flatMap((entry) => this.#counts(entry) ?? []);
      this.#at = 0;
    }
    return this.#entries[this.#at];
  }

  advance(): void {
    this.#at++;
  }
}

function rest(range: CursorRange, { key }: Entry): CursorRange {
  if (range.reverse) return { ...range, lt: key };
  return { ...range, gte: Buffer.concat([key, Buffer.alloc(1)]) };
}
