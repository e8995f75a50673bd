/**
 * What retention promises, and what of the log it holds for that.
 *
 * In a key space with retention every version that was true at its `from` or later can be read. So
 * all mutations above `from` stay in the log, deletions too (a rebuild of the index needs them to
 * know when a version ended), and of those below, the ones that were still true then.
 */
import { coreError } from "../errors.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import { bytesOf, latin1, spaceOf, spacePrefix } from "../index/memtable.ts";
import type { Memtable, Version } from "../index/memtable.ts";
import type { Memtables } from "../index/memtables.ts";
import type { IndexSnapshot, OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { BlobId, Entry, KeptHistory, KeySpaceId, Lsn } from "../store-api.ts";
import { decodeHistory, historyKey, historyOfSpace } from "./history-entry.ts";
import type { HistoryEntry } from "./history-entry.ts";
import { BLOB_SPACE } from "./key-spaces.ts";
import type { KeySpaces } from "./key-spaces.ts";
import type { ReaderPins } from "./reader-pins.ts";
import type { ValueReader } from "./value-reader.ts";

const PAGE = 256;
const SPACE_BYTES = 4;
/** A blob's id, as a key. */
const BLOB_KEY_BYTES = 8;

export interface HistoryHome {
  readonly spaces: KeySpaces;
  readonly identity: RecordIdentity;
  readonly index: () => OrderedIndex;
  readonly memtables: Memtables;
  readonly values: ValueReader;
  readonly readers: ReaderPins;
  readonly durableLsn: () => Lsn;
  /** Pending ones included. */
  readonly lastLsn: () => Lsn;
}

/** A mutation that the index covers. */
export interface PastMutation {
  readonly full: string;
  readonly lsn: Lsn;
  readonly deleted: boolean;
}

export class History {
  readonly #home: HistoryHome;
  readonly #views = new Set<{ readonly lsn: Lsn }>();
  /** What was kept when all of it was durable the last time. */
  #durable: ReadonlyMap<KeySpaceId, KeptHistory>;
  #seen: { readonly changes: number; readonly lsn: Lsn; readonly settled: boolean };

  constructor(home: HistoryHome) {
    this.#home = home;
    const { retained, retentionChanges } = home.spaces;
    this.#durable = new Map(retained);
    this.#seen = { changes: retentionChanges, lsn: 0, settled: true };
  }

  /** May any key space have history? */
  get isKept(): boolean {
    return this.#durable.size > 0 || this.#home.spaces.keepsHistory;
  }

  /** The lowest LSN that an open view reads at; history that it may read is not trimmed. */
  oldestViewLsn(): Lsn {
    let oldest = Number.MAX_SAFE_INTEGER;
    for (const { lsn } of this.#views) oldest = Math.min(oldest, lsn);
    return oldest;
  }

  /** A view at this LSN is open until the answer is called. */
  enter(lsn: Lsn): () => void {
    const view = { lsn };
    this.#views.add(view);
    return () => this.#views.delete(view);
  }

  /** @throws FIRN_HISTORY_GONE, FIRN_KEY_SPACE_NOT_FOUND. */
  assertInside(space: KeySpaceId, lsn: Lsn): void {
    const { retention } = this.#home.spaces.get(space);
    if (retention !== undefined && lsn >= retention.from) return;
    const detail = { space, lsn, oldestLsn: retention?.from };
    const message =
      retention === undefined
        ? `key space ${space} keeps no history: it has no retention`
        : `key space ${space} keeps its history from LSN ${retention.from} on, not from ${lsn}`;
    throw coreError("FIRN_HISTORY_GONE", message, { detail });
  }

  /** Must the log keep it although the key may have a newer version, or none? */
  holds({ full, lsn, deleted }: PastMutation): boolean {
    const { index, identity } = this.#home;
    const from = this.durableFrom(spaceOf(full));
    if (from === undefined) return false;
    if (lsn > from) return true;
    if (deleted) return false;
    const key = bytesOf(full);
    // What supersedes it may still be in memory: the flusher will ask for it then.
    const newest = index().getSync(key);
    if (newest !== undefined && decodeIndexValue(key, newest, identity).lsn === lsn) return true;
    return index().getSync(historyKey(key, lsn)) !== undefined;
  }

  /**
   * The records of blobs that were released, some maybe more than once, for as long as somebody may
   * read as of then. Take it after a view, so that none is missed in between.
   */
  async *blobRecords(): AsyncGenerator<readonly [BlobId, Uint8Array]> {
    if (this.durableFrom(BLOB_SPACE) === undefined) return;
    const { index, memtables, values, readers } = this.#home;
    const pin = readers.pin();
    const inMemory = memtables.newestFirst;
    const snapshot = index().snapshot();
    try {
      for (const [full, versions] of blobsIn(inMemory)) {
        const id = blobOf(bytesOf(full));
        const bytes = snapshot.getSync(bytesOf(full));
        if (bytes !== undefined) yield [id, await values.indexed(full, values.decode(full, bytes))];
        for (const version of versions) yield [id, await values.version(full, version)];
      }
      for await (const { full, entry } of this.#entries(snapshot, BLOB_SPACE)) {
        if (isBlobKey(full.length)) yield [blobOf(full), await values.indexed(latin1(full), entry)];
      }
    } finally {
      snapshot.close();
      pin.release();
    }
  }

  /** All entries of a key space, in the order of keys, newest first. */
  async *#entries(snapshot: IndexSnapshot, space: KeySpaceId): AsyncGenerator<HistoryEntry> {
    let gte = historyOfSpace(space);
    const lt = historyOfSpace(space + 1);
    for (;;) {
      const page: Entry[] = await snapshot.page({ gte, lt, limit: PAGE });
      for (const { key, value } of page) yield decodeHistory(key, value, this.#home.identity);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      gte = Buffer.concat([last.key, Buffer.alloc(1)]);
    }
  }

  /**
   * The lowest LSN that history may be asked for, were the power to fail now: a retention that ends
   * or a trim that is not durable yet lets nothing go.
   */
  durableFrom(space: KeySpaceId): Lsn | undefined {
    const { spaces, durableLsn, lastLsn } = this.#home;
    const { retentionChanges, retained } = spaces;
    if (this.#seen.changes !== retentionChanges) {
      this.#seen = { changes: retentionChanges, lsn: lastLsn(), settled: false };
    }
    if (!this.#seen.settled && durableLsn() >= this.#seen.lsn) {
      this.#durable = new Map(retained);
      this.#seen = { ...this.#seen, settled: true };
    }
    const [now, before] = [retained.get(space)?.from, this.#durable.get(space)?.from];
    return now === undefined || before === undefined ? (now ?? before) : Math.min(now, before);
  }
}

/** At once: a memtable must not be written to while it is walked. */
function blobsIn(memtables: readonly Memtable[]): [string, Version[]][] {
  const found: [string, Version[]][] = [];
  const end = spacePrefix(BLOB_SPACE + 1);
  for (const memtable of memtables) {
    for (const full of memtable.walk(spacePrefix(BLOB_SPACE), false)) {
      if (full >= end) break;
      if (isBlobKey(full.length)) found.push([full, versionsOf(memtable, full)]);
    }
  }
  return found;
}

function versionsOf(memtable: Memtable, full: string): Version[] {
  const versions: Version[] = [];
  let version = memtable.get(full, Number.MAX_SAFE_INTEGER);
  for (; version !== undefined; version = version.previous) versions.push(version);
  return versions.filter(({ deleted }) => !deleted);
}

/** A blob's record; what counts its references has one byte more. */
function isBlobKey(fullBytes: number): boolean {
  return fullBytes === SPACE_BYTES + BLOB_KEY_BYTES;
}

function blobOf(full: Buffer): BlobId {
  return full.subarray(SPACE_BYTES).toString("hex");
}
