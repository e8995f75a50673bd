import { KEY_BYTES_MAX, RANGE_PAGE_MAX, VALUE_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import { fullRange, mergeRange, ownKey } from "../index/merge-range.ts";
import type { FullRange, IndexPart, MergedItem } from "../index/merge-range.ts";
import { Memtable, bytesOf, fullKey } from "../index/memtable.ts";
import type { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import { OP_DELETE, OP_DROP, OP_PUT } from "../log/record.ts";
import type {
  BlobId,
  Entry,
  HistoryStart,
  KeySpaceId,
  KeySpaceOptions,
  Lsn,
  RangePage,
  Retention,
  StagedBlob,
  Transaction,
} from "../store-api.ts";
import { packValue, unpackValue } from "../value.ts";
import type { KeyedMutation } from "./applier.ts";
import {
  blobKey,
  blobNotFound,
  blobReferencesKey,
  decodeBlobRecord,
  mayListExtents,
} from "./blob-record.ts";
import {
  BLOB_SPACE,
  FIRST_SPACE,
  NEXT_SPACE_KEY,
  SYSTEM_SPACE,
  droppedKey,
  packRetention,
  packSpace,
  spaceKey,
  spaceNotFound,
} from "./key-spaces.ts";
import type { KeySpaces } from "./key-spaces.ts";
import { StoreStagedBlob } from "./staged-blob.ts";
import type { BlobChanges } from "./staged-blob.ts";
import type { ValueReader } from "./value-reader.ts";

const EMPTY: Uint8Array = new Uint8Array(0);
const NEWEST: Lsn = Number.MAX_SAFE_INTEGER;

/** A range's part in the index, fetched before the body runs, with the memtables of that moment. */
export interface FetchedRange {
  readonly index: IndexPart;
  readonly memtables: readonly Memtable[];
}

/** Thrown through the body when a range has to be fetched first (or more of it). */
export class RangeMiss {
  readonly range: FullRange;
  readonly limit: number;

  constructor(range: FullRange, limit: number) {
    this.range = range;
    this.limit = limit;
  }
}

export function rangeId({ low, high, reverse }: FullRange): string {
  return `${reverse ? "-" : "+"}${low.length}:${low}${high}`;
}

export interface TransactionSource {
  readonly memtables: Memtables;
  readonly index: OrderedIndex;
  readonly values: ValueReader;
  readonly spaces: KeySpaces;
  readonly fetched: ReadonlyMap<string, FetchedRange> | undefined;
}

/** One run of a transaction's body: reads through everything, writes into a list. */
export class StoreTransaction implements Transaction {
  readonly now: number;
  readonly lsn: Lsn;
  readonly #source: TransactionSource;
  /** By full key; the last write of a key counts. */
  readonly #writes = new Map<string, KeyedMutation>();
  /** All rare, and made when needed: this object is made for every write of everybody. */
  #created: Set<KeySpaceId> | undefined;
  #blobChanges: BlobChanges | undefined;
  #drops: KeyedMutation[] | undefined;
  #historySpaces: KeySpaceId[] | undefined;
  /** The writes in order, once a range has asked for them. */
  #own: Memtable | undefined;
  #lsnRead: Lsn = 0;
  #ended = false;

  constructor(source: TransactionSource, now: number, lsn: Lsn) {
    this.#source = source;
    this.now = now;
    this.lsn = lsn;
  }

  /** Key spaces that begin to keep history, or do already: the manifest must say so first. */
  get historySpaces(): readonly KeySpaceId[] | undefined {
    return this.#historySpaces;
  }

  /** The highest LSN that the body read: its answer waits for it. */
  get lsnRead(): Lsn {
    return this.#lsnRead;
  }

  /** Blobs attached, and let go of without a reference left. */
  get blobChanges(): BlobChanges | undefined {
    return this.#blobChanges;
  }

  /** Ends the run. Drops come last, so that they hold for this batch's own writes too. */
  end(): readonly KeyedMutation[] {
    this.#ended = true;
    return this.#drops === undefined
      ? Array.from(this.#writes.values())
      : [...this.#writes.values(), ...this.#drops];
  }

  get(space: KeySpaceId, key: Uint8Array): Uint8Array | undefined {
    this.#assertSpace(space);
    const full = fullKey(space, key);
    const own = this.#writes.get(full);
    if (own !== undefined) return own.op === OP_PUT ? own.value : undefined;
    const { memtables, values, index } = this.#source;
    const version = memtables.get(full, NEWEST);
    if (version !== undefined) {
      this.#lsnRead = Math.max(this.#lsnRead, version.lsn);
      return version.deleted ? undefined : values.versionSync(full, version);
    }
    const cached = values.cached(full);
    if (cached !== undefined) return cached.value;
    const bytes = index.getSync(bytesOf(full));
    if (bytes === undefined) return undefined;
    const entry = values.decode(full, bytes);
    const value = values.indexedSync(full, entry);
    values.remember(full, { lsn: entry.lsn, value });
    return value;
  }

  range(space: KeySpaceId, page: RangePage): Entry[] {
    this.#assertSpace(space);
    const range = fullRange(space, page);
    const limit = Math.min(page.limit, RANGE_PAGE_MAX);
    const fetched = this.#source.fetched?.get(rangeId(range));
    if (fetched === undefined) throw new RangeMiss(range, limit);
    const merged = mergeRange({
      range,
      limit,
      lsn: NEWEST,
      index: fetched.index,
      memtables: this.#memtablesSince(fetched),
    });
    if (!merged.complete) throw new RangeMiss(range, fetched.index.entries.length * 2 + limit);
    this.#lsnRead = Math.max(this.#lsnRead, pendingOnly(merged.lsn));
    return merged.items.map((item) => this.#load(item));
  }

  put(space: KeySpaceId, key: Uint8Array, value: Uint8Array): void {
    if (value.length > VALUE_BYTES_MAX) {
      const detail = { bytes: value.length, limit: VALUE_BYTES_MAX };
      throw coreError("FIRN_VALUE_TOO_LARGE", "a value has at most 8 MiB", { detail });
    }
    this.#write(OP_PUT, space, { key, value });
  }

  delete(space: KeySpaceId, key: Uint8Array): void {
    this.#write(OP_DELETE, space, { key, value: EMPTY });
  }

  createKeySpace(options?: KeySpaceOptions): KeySpaceId {
    const next = this.get(SYSTEM_SPACE, NEXT_SPACE_KEY);
    const id = next === undefined ? FIRST_SPACE : unpackValue<number>(next);
    this.put(SYSTEM_SPACE, NEXT_SPACE_KEY, packValue(id + 1));
    this.put(SYSTEM_SPACE, spaceKey(id), packSpace(options, this.#start));
    if (options?.retention !== undefined) (this.#historySpaces ??= []).push(id);
    this.#created ??= new Set();
    this.#created.add(id);
    return id;
  }

  setRetention(space: KeySpaceId, retention: Retention | undefined): void {
    this.#assertSpace(space);
    const record = this.get(SYSTEM_SPACE, spaceKey(space));
    if (record === undefined) throw spaceNotFound(space);
    this.put(SYSTEM_SPACE, spaceKey(space), packRetention(record, retention, this.#start));
    if (retention !== undefined) (this.#historySpaces ??= []).push(space);
  }

  dropKeySpace(space: KeySpaceId): void {
    this.#assertSpace(space);
    this.delete(SYSTEM_SPACE, spaceKey(space));
    this.put(SYSTEM_SPACE, droppedKey(space), EMPTY);
    this.#drops ??= [];
    this.#drops.push({ op: OP_DROP, space, key: EMPTY, value: EMPTY, full: "" });
  }

  attachBlob(blob: StagedBlob): BlobId {
    if (!(blob instanceof StoreStagedBlob)) throw blobNotFound(blob.id);
    blob.assertAttachable();
    this.put(BLOB_SPACE, blobKey(blob.id), blob.record);
    this.#changesOfBlobs().attached.push(blob);
    return blob.id;
  }

  retainBlob(id: BlobId): void {
    this.#setReferences(id, this.#references(id) + 1);
  }

  releaseBlob(id: BlobId): void {
    const left = this.#references(id) - 1;
    if (left > 0) return this.#setReferences(id, left);
    this.#changesOfBlobs().releasedBytes += this.#extentBytes(id);
    this.delete(BLOB_SPACE, blobKey(id));
    if (this.#lengthOf(BLOB_SPACE, blobReferencesKey(id)) !== undefined) {
      this.delete(BLOB_SPACE, blobReferencesKey(id));
    }
  }

  /** Where history begins that this commit begins. */
  get #start(): HistoryStart {
    return { from: this.lsn, fromTime: this.now };
  }

  /** One reference needs no record of its own. */
  #references(id: BlobId): number {
    if (this.#lengthOf(BLOB_SPACE, blobKey(id)) === undefined) throw blobNotFound(id);
    const count = this.get(BLOB_SPACE, blobReferencesKey(id));
    return count === undefined ? 1 : unpackValue<number>(count);
  }

  #setReferences(id: BlobId, count: number): void {
    this.put(BLOB_SPACE, blobReferencesKey(id), packValue(count));
  }

  #changesOfBlobs(): BlobChanges {
    this.#blobChanges ??= { attached: [], releasedBytes: 0 };
    return this.#blobChanges;
  }

  /** Bytes of a blob in extent segments. */
  #extentBytes(id: BlobId): number {
    const length = this.#lengthOf(BLOB_SPACE, blobKey(id));
    // Nearly always enough: a small blob's bytes need not be read to let go of them.
    if (length === undefined || !mayListExtents(length)) return 0;
    const { bytes, inline } = decodeBlobRecord(this.get(BLOB_SPACE, blobKey(id)) as Uint8Array);
    return inline === undefined ? bytes : 0;
  }

  /** As `get(…)?.length`, without reading the value. */
  #lengthOf(space: KeySpaceId, key: Uint8Array): number | undefined {
    const full = fullKey(space, key);
    const own = this.#writes.get(full);
    if (own !== undefined) return own.op === OP_PUT ? own.value.length : undefined;
    const { memtables, values, index } = this.#source;
    const version = memtables.get(full, NEWEST);
    if (version !== undefined) {
      this.#lsnRead = Math.max(this.#lsnRead, version.lsn);
      return version.deleted ? undefined : version.length;
    }
    const cached = values.cached(full);
    if (cached !== undefined) return cached.value.length;
    const bytes = index.getSync(bytesOf(full));
    if (bytes === undefined) return undefined;
    const { place, value } = values.decode(full, bytes);
    return place === undefined ? value.length : place.length;
  }

  #write(op: number, space: KeySpaceId, { key, value }: Entry): void {
    if (!(key instanceof Uint8Array) || !(value instanceof Uint8Array)) {
      throw coreError("FIRN_NOT_BYTES", "keys and values are Uint8Arrays");
    }
    this.#assertSpace(space);
    if (key.length > KEY_BYTES_MAX) {
      const detail = { bytes: key.length, limit: KEY_BYTES_MAX };
      throw coreError("FIRN_KEY_TOO_LONG", "a key has at most 32 KiB", { detail });
    }
    const full = fullKey(space, key);
    const mutation = { op, space, key, value, full };
    this.#writes.set(full, mutation);
    if (this.#own !== undefined) this.#addOwn(this.#own, mutation);
  }

  #assertSpace(space: KeySpaceId): void {
    if (this.#ended) {
      throw coreError("FIRN_TRANSACTION_ENDED", "a transaction was used after its body returned");
    }
    if (this.#created?.has(space) !== true) this.#source.spaces.get(space);
  }

  /** Own writes first, then what there is now, then what was flushed since the fetch. */
  #memtablesSince(fetched: FetchedRange): readonly Memtable[] {
    const now = this.#source.memtables.newestFirst;
    const gone = fetched.memtables.filter((memtable) => !now.includes(memtable));
    return [...this.#ownMemtable(), ...now, ...gone];
  }

  /** Made for the first range and kept in step: a body may ask for a range behind each write. */
  #ownMemtable(): Memtable[] {
    if (this.#writes.size === 0) return [];
    if (this.#own === undefined) {
      this.#own = new Memtable();
      for (const mutation of this.#writes.values()) this.#addOwn(this.#own, mutation);
    }
    return [this.#own];
  }

  #addOwn(own: Memtable, { op, value, full }: KeyedMutation): void {
    // Only for the order of the keys: the values are those of the writes.
    const place = { position: 0, length: value.length, check: 0n };
    const version = { lsn: OWN_LSN, deleted: op === OP_DELETE, value: undefined, ...place };
    own.put(full, version, OWN_LSN);
  }

  #load(item: MergedItem): Entry {
    const { values } = this.#source;
    const { version } = item;
    const key = ownKey(item);
    if (version?.lsn === OWN_LSN) return { key, value: this.#ownValue(item.key) };
    if (version !== undefined) return { key, value: values.versionSync(item.key, version) };
    return { key, value: values.indexedSync(item.key, values.decodeItem(item)) };
  }

  /** As it was put: what the log gets of it may be sealed. */
  #ownValue(full: string): Uint8Array {
    return (this.#writes.get(full) as KeyedMutation).value;
  }
}

/** Marks own writes in a merge; they are nothing to wait for. */
const OWN_LSN: Lsn = NEWEST;

function pendingOnly(lsn: Lsn): Lsn {
  return lsn === OWN_LSN ? 0 : lsn;
}
