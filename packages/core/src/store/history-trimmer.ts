/**
 * Lets history go that is older than its window, on the store's clock.
 *
 * A pass walks the history of the key spaces that are due. Before it removes the first entry it
 * commits how far it will go (`from`), so that nobody asks for what is half gone, and a rebuild of
 * the index does not promise what compaction took meanwhile. Key spaces that keep none any more (or
 * are gone) lose all of it.
 */
import {
  HISTORY_BUCKETS,
  HISTORY_TRIMS_PER_WINDOW,
  HISTORY_TRIM_MS_MAX,
  HISTORY_TRIM_MS_MIN,
  INDEX_BATCH_KEYS,
} from "../constants.ts";
import type { IndexSnapshot, IndexWrite, OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import { turn } from "../platform/macrotask.ts";
import type { Clock } from "../platform/clock.ts";
import type { Entry, HistoryStart, KeptHistory, KeySpaceId, Lsn, Store } from "../store-api.ts";
import { decodeHistory, historyOfSpace, spaceInHistory } from "./history-entry.ts";
import {
  BLOB_SPACE,
  FIRST_SPACE,
  HISTORY_SPACE,
  SYSTEM_SPACE,
  packTrimmed,
  spaceKey,
} from "./key-spaces.ts";
import type { History } from "./history.ts";
import type { KeySpaces } from "./key-spaces.ts";
import type { Pins } from "./pins.ts";
import type { ReaderPins } from "./reader-pins.ts";

export interface TrimmerHome {
  readonly clock: Clock;
  readonly spaces: KeySpaces;
  readonly identity: RecordIdentity;
  readonly index: () => OrderedIndex;
  readonly history: History;
  readonly pins: Pins;
  readonly readers: ReaderPins;
  /** Resolves when all that was committed up to now is durable. */
  readonly settled: () => Promise<void>;
}

export type TrimmedStore = Pick<Store, "transact" | "lsnAt" | "timeOf" | "durableLsn">;

/** What the last pass found in one key space. */
export interface HistorySize {
  readonly versions: number;
  readonly bytes: number;
}

/** Versions that ended at its LSN or before may go. */
type Cut = HistoryStart;

const EVERYTHING: Cut = { from: Number.MAX_SAFE_INTEGER, fromTime: Number.MAX_SAFE_INTEGER };

/** What a pass has to know of an entry. */
interface VersionEnd {
  readonly key: Uint8Array;
  readonly until: Lsn;
  /** Key and value. */
  readonly bytes: number;
}

export class HistoryTrimmer {
  readonly #home: TrimmerHome;
  readonly #store: TrimmedStore;
  readonly #sizes = new Map<KeySpaceId, HistorySize>();
  /** When each is due again, in the store's time. */
  readonly #due = new Map<KeySpaceId, number>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(store: TrimmedStore, home: TrimmerHome) {
    this.#store = store;
    this.#home = home;
  }

  /** As of the last pass over each key space. */
  get size(): HistorySize {
    let versions = 0;
    let bytes = 0;
    for (const size of this.#sizes.values()) {
      versions += size.versions;
      bytes += size.bytes;
    }
    return { versions, bytes };
  }

  /** Retention was set, changed or ended, or the store was opened: looks soon what is due. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Trims whatever is too old now, due or not. */
  async trim(): Promise<void> {
    await this.#running;
    this.#due.clear();
    this.wake();
    await this.#running;
  }

  /** Nothing is written when it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      // A full disk or a closing store ends a pass: the next one goes on.
      await this.#pass().catch(() => undefined);
    }
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { retained } = this.#home.spaces;
    if (this.#stopped || retained.size === 0) return;
    const now = this.#home.clock.now();
    const times = [...retained.keys()].map((space) => this.#due.get(space) ?? now);
    const delay = Math.max(0, Math.min(...times) - now);
    this.#cancel = this.#home.clock.schedule(delay, () => this.wake());
  }

  /** One walk over the key spaces that have history; blobs last, for they follow the others. */
  async #pass(): Promise<void> {
    const { spaces, clock, settled } = this.#home;
    await settled();
    const now = clock.now();
    const isDue = (space: KeySpaceId): boolean => (this.#due.get(space) ?? now) <= now;
    const due = new Set([...spaces.retained.keys()].filter(isDue));
    // Whatever comes of this pass: one that fails must not be tried again at once.
    for (const space of due) this.#due.set(space, now + periodOf(spaces.get(space).retention?.ms));
    if ((await this.#nextSpace(0)) === BLOB_SPACE) await this.#moveOn(due);
    let space = await this.#nextSpace(FIRST_SPACE);
    while (space !== undefined && !this.#stopped) {
      await this.#visit(space, due);
      space = await this.#nextSpace(space + 1);
    }
    await settled();
    if (!this.#stopped) await this.#visit(BLOB_SPACE, due);
    for (const gone of [...this.#sizes.keys()].filter((id) => !spaces.retained.has(id))) {
      this.#due.delete(gone);
      this.#sizes.delete(gone);
    }
  }

  /** Where nothing changes nothing is trimmed; but blobs wait for the last of all key spaces. */
  async #moveOn(due: ReadonlySet<KeySpaceId>): Promise<void> {
    for (const [space, { ms, from }] of [...this.#home.spaces.retained]) {
      if (space === BLOB_SPACE || !due.has(space)) continue;
      const cut = await this.#oldest(ms);
      if (cut.from > from) await this.#commitFrom(space, cut);
    }
  }

  async #visit(space: KeySpaceId, due: ReadonlySet<KeySpaceId>): Promise<void> {
    const { spaces, history } = this.#home;
    const kept = spaces.find(space)?.retention;
    const from = history.durableFrom(space);
    if (from === undefined) await this.#trimSpace(space, EVERYTHING);
    else if (kept === undefined || !due.has(space)) return;
    // Blobs stay as long as any key space looks back to them.
    else if (space === BLOB_SPACE) await this.#trimSpace(space, { ...kept, from });
    else await this.#trimDue(space, kept);
  }

  async #trimDue(space: KeySpaceId, { ms, bytes }: KeptHistory): Promise<void> {
    const left = await this.#trimSpace(space, await this.#oldest(ms));
    if (bytes === undefined || left.bytes <= bytes) return;
    const from = Math.min(left.cutFor(bytes), this.#heldFrom(), this.#store.durableLsn);
    const fromTime = (await this.#store.timeOf(from)) ?? this.#home.clock.now();
    await this.#trimSpace(space, { from, fromTime });
  }

  /** What a window reaches back to now. */
  async #oldest(ms: number): Promise<Cut> {
    const fromTime = this.#home.clock.now() - ms;
    const from = Math.min(await this.#store.lsnAt(fromTime), this.#heldFrom());
    return { from, fromTime };
  }

  /** Pins and open views: what ended above this LSN stays. */
  #heldFrom(): Lsn {
    const { pins, history } = this.#home;
    return Math.min(pins.oldestPinnedLsn(), history.oldestViewLsn());
  }

  async #trimSpace(space: KeySpaceId, cut: Cut): Promise<Census> {
    const { index, readers } = this.#home;
    const census = new Census(this.#store.durableLsn);
    const pin = readers.pin();
    const snapshot = index().snapshot();
    let bound: Lsn = 0;
    try {
      for await (const page of pagesOf(snapshot, space)) {
        if (this.#stopped) break;
        const ends = page.map((entry) => this.#endOf(entry));
        const isOld = ends.some(({ until }) => until <= cut.from);
        if (isOld && bound === 0) bound = await this.#commitFrom(space, cut);
        const over = ends.filter(({ until }) => until <= bound);
        if (over.length > 0) await index().write(over.map(removal));
        census.addAll(ends.filter(({ until }) => until > bound));
        await turn();
      }
    } finally {
      snapshot.close();
      pin.release();
    }
    this.#sizes.set(space, census);
    return census;
  }

  #endOf({ key, value }: Entry): VersionEnd {
    const { entry, until } = decodeHistory(key, value, this.#home.identity);
    const bytes = entry.place === undefined ? entry.value.length : entry.place.length;
    return { key, until, bytes: key.length + bytes };
  }

  /**
   * Nobody may ask for what is about to go, after a crash either; answers up to where it may.
   * Whoever has come meanwhile, and holds an LSN below, is heard in the same step.
   */
  async #commitFrom(space: KeySpaceId, cut: Cut): Promise<Lsn> {
    if (space === BLOB_SPACE || cut === EVERYTHING) return cut.from;
    return this.#store.transact((tx) => {
      const from = Math.min(cut.from, this.#heldFrom());
      const record = tx.get(SYSTEM_SPACE, spaceKey(space));
      if (record === undefined) return 0;
      tx.put(SYSTEM_SPACE, spaceKey(space), packTrimmed(record, { ...cut, from }));
      return from;
    });
  }

  /** The first key space from `space` on that has history. */
  async #nextSpace(space: KeySpaceId): Promise<KeySpaceId | undefined> {
    const pin = this.#home.readers.pin();
    const snapshot = this.#home.index().snapshot();
    try {
      const lt = Buffer.alloc(4);
      lt.writeUInt32BE(HISTORY_SPACE + 1);
      const [first] = await snapshot.page({ gte: historyOfSpace(space), lt, limit: 1 });
      return first && spaceInHistory(first.key);
    } finally {
      snapshot.close();
      pin.release();
    }
  }
}

/** How much there is, and by when it ended. */
class Census implements HistorySize {
  readonly #bucketLsns: number;
  readonly #buckets = Array.from({ length: HISTORY_BUCKETS }, () => 0);
  versions = 0;
  bytes = 0;

  constructor(lastLsn: Lsn) {
    this.#bucketLsns = Math.max(1, Math.ceil((lastLsn + 1) / HISTORY_BUCKETS));
  }

  addAll(ends: readonly VersionEnd[]): void {
    for (const { until, bytes } of ends) {
      this.versions++;
      this.bytes += bytes;
      const bucket = Math.min(HISTORY_BUCKETS - 1, Math.floor(until / this.#bucketLsns));
      this.#buckets[bucket] = (this.#buckets[bucket] as number) + bytes;
    }
  }

  /** What must go so that about `limit` bytes are left. */
  cutFor(limit: number): Lsn {
    let left = this.bytes;
    for (const [bucket, bytes] of this.#buckets.entries()) {
      if (left <= limit) return bucket * this.#bucketLsns - 1;
      left -= bytes;
    }
    return HISTORY_BUCKETS * this.#bucketLsns;
  }
}

/** The history of one key space. */
async function* pagesOf(snapshot: IndexSnapshot, space: KeySpaceId): AsyncGenerator<Entry[]> {
  const lt = historyOfSpace(space + 1);
  let gte = historyOfSpace(space);
  for (;;) {
    const page = await snapshot.page({ gte, lt, limit: INDEX_BATCH_KEYS });
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < INDEX_BATCH_KEYS) return;
    gte = Buffer.concat([last.key, Buffer.alloc(1)]);
  }
}

function periodOf(ms = 0): number {
  const period = Math.ceil(ms / HISTORY_TRIMS_PER_WINDOW);
  return Math.min(HISTORY_TRIM_MS_MAX, Math.max(HISTORY_TRIM_MS_MIN, period));
}

function removal({ key }: VersionEnd): IndexWrite {
  return { key, value: undefined };
}
