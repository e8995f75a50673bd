/**
 * The one story: transact -> append -> sync -> publish -> resolve.
 *
 * A transaction's body runs on the newest state, pending writes included, in one go; so its
 * decision and its writes are atomic without locks. Its batch is encoded once, into the open group
 * of the commit queue, and is at once visible to later transactions (memtable), but to nobody else
 * until a sync covers it. Whoever read pending state gets no answer before that state is durable.
 */
import type { StoreBackups } from "./backup/store-backups.ts";
import { TRANSACTION_RUNS_MAX } from "./constants.ts";
import { FirnError, coreError } from "./errors.ts";
import { fullRange } from "./index/merge-range.ts";
import { bytesOf, fullKey } from "./index/memtable.ts";
import { batchBytes } from "./log/record.ts";
import type { Clock } from "./platform/clock.ts";
import { keepAlive } from "./platform/keep-alive.ts";
import type { Random } from "./platform/random.ts";
import type { StoreCare } from "./care/store-care.ts";
import type { StoreSealing } from "./seal/store-sealing.ts";
import type { ScrubOptions, ScrubReport, StoreStatus } from "./status-api.ts";
import { unpackValue, packValue } from "./value.ts";
import type {
  Blobs,
  CompactionReport,
  KeySpaceId,
  KeySpaceOptions,
  Lsn,
  ReadView,
  RecordStream,
  Soon,
  StreamOwner,
  Store,
  TransactOptions,
  Transaction,
} from "./store-api.ts";
import { BackPressure } from "./store/back-pressure.ts";
import { CLOCK_KEY, SYSTEM_SPACE, nameKey } from "./store/key-spaces.ts";
import { StoreView, indexPage } from "./store/read-view.ts";
import { sweepDroppedSpaces } from "./store/sweep-dropped.ts";
import type { StoreParts } from "./store/store-parts.ts";
import { streamTailKey } from "./store/stream-tails.ts";
import { StoreStream } from "./store/store-stream.ts";
import { RangeMiss, StoreTransaction, rangeId } from "./store/transaction.ts";
import type { FetchedRange } from "./store/transaction.ts";
import { TimeTravel } from "./store/time-travel.ts";

/** What `compact` takes: less would be written anew for next to nothing. */
const ALL_GARBAGE = { minGarbage: 1 / 64, thorough: true } as const;

export class LogStore extends TimeTravel implements Store {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly blobs: Blobs;
  readonly care: StoreCare;
  readonly backups: StoreBackups;
  readonly #sealing: StoreSealing | undefined;
  readonly #parts: StoreParts;
  readonly #pressure: BackPressure;
  readonly #views = new Set<ReadView>();
  #closing: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    super(parts);
    this.id = parts.id;
    this.clock = parts.clock;
    this.random = parts.random;
    this.blobs = parts.blobs;
    this.care = parts.care;
    this.backups = parts.backups;
    this.#sealing = parts.sealing;
    this.#parts = parts;
    this.#pressure = new BackPressure({
      ...parts,
      onFull: () => {
        parts.compactor.makeRoom();
        parts.onFull();
      },
      assertWritable: () => this.#assertWritable(),
    });
  }

  get durableLsn(): Lsn {
    return this.#parts.queue.durableLsn;
  }

  get failure(): FirnError | undefined {
    return this.#parts.queue.failure;
  }

  async transact<T>(body: (tx: Transaction) => T, options?: TransactOptions): Promise<T> {
    let fetched: Map<string, FetchedRange> | undefined;
    const full = this.#pressure.admit();
    if (full !== undefined) await full;
    const fetching = options && this.#prefetch(options, (fetched = new Map()));
    if (fetching !== undefined) await fetching;
    for (let run = 0; run < TRANSACTION_RUNS_MAX; run++) {
      this.#assertWritable();
      const tx = this.#begin(fetched);
      const outcome = attempt(body, tx);
      if ("miss" in outcome) {
        await this.#fetch(outcome.miss, (fetched ??= new Map()));
        continue;
      }
      if ("error" in outcome) {
        await this.#parts.queue.durable(tx.lsnRead);
        throw outcome.error;
      }
      const ended = tx.end();
      if (ended.length === 0) {
        await this.#parts.queue.durable(tx.lsnRead);
        return outcome.value;
      }
      const naming = tx.historySpaces && this.#parts.nameHistory(tx.historySpaces);
      if (naming !== undefined) {
        await naming;
        continue;
      }
      const mutations = this.#sealing?.sealBatch(ended, tx.lsn) ?? ended;
      const lsn = this.#parts.committer.commit(mutations, tx.now, this.#floor());
      if (lsn !== undefined) {
        const { blobChanges } = tx;
        if (blobChanges !== undefined) this.#parts.blobs.committing(blobChanges);
        await this.#parts.queue.durable(lsn);
        if (blobChanges !== undefined) this.#parts.blobs.committed(blobChanges);
        return outcome.value;
      }
      await this.#pressure.prepare(batchBytes(mutations));
    }
    throw coreError(
      "FIRN_TRANSACTION_UNSTABLE",
      "a transaction's body asks for another range at each run",
    );
  }

  async get(space: KeySpaceId, key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.read(space, key);
  }

  read(space: KeySpaceId, key: Uint8Array): Soon<Uint8Array | undefined> {
    this.#assertReadable(space);
    const { memtables, values, queue } = this.#parts;
    const full = fullKey(space, key);
    const version = memtables.get(full, queue.durableLsn);
    if (version !== undefined) return version.deleted ? undefined : values.version(full, version);
    const cached = values.cached(full);
    if (cached !== undefined) return cached.value;
    const bytes = this.#parts.index().getSync(bytesOf(full));
    if (bytes === undefined) return undefined;
    const entry = values.decode(full, bytes);
    const value = values.indexed(full, entry);
    if (value instanceof Promise) {
      // Compaction may have taken it away meanwhile: then there is a newer one.
      return value.catch((cause: unknown) => {
        return isGone(cause) ? this.get(space, key) : Promise.reject(cause as Error);
      });
    }
    // A pending version means that this value is about to be old.
    if (memtables.get(full, this.#parts.queue.lastLsn) === undefined) {
      values.remember(full, { lsn: entry.lsn, value });
    }
    return value;
  }

  view(): StoreView {
    this.assertOpen();
    const { queue, memtables, values, readers } = this.#parts;
    const snapshot = this.#parts.index().snapshot();
    const pin = readers.pin();
    const view: StoreView = new StoreView({
      lsn: queue.durableLsn,
      memtables: memtables.newestFirst,
      snapshot,
      lookUp: (key) => snapshot.getSync(key),
      values,
      assertReadable: (space) => this.#assertReadable(space),
      onClose: () => {
        this.#views.delete(view);
        pin.release();
      },
    });
    this.#views.add(view);
    return view;
  }

  stream(space: KeySpaceId): RecordStream {
    const { queue, log, identity, committer, readers, throttle } = this.#parts;
    return new StoreStream({
      space,
      sealer: this.#sealing?.stream(space),
      readers,
      throttle,
      queue,
      log,
      identity,
      now: () => committer.now(),
      assertWritable: () => {
        this.#assertWritable();
        this.#parts.spaces.get(space);
      },
      onAppend: (slot) => committer.noteStream(space, slot),
      lastLsn: () => this.streamTail(space),
    });
  }

  ownStreams(owner: StreamOwner): void {
    this.#parts.streams.owner = owner;
  }

  async compact(): Promise<CompactionReport> {
    this.#assertWritable();
    // On a full disk the index may not follow: what it covers can be compacted, and makes room.
    await this.#pressure.flush();
    const { compactor, blobCompactor } = this.#parts;
    return keepAlive(async () => {
      const log = await compactor.compactAll();
      return { ...log, extents: await blobCompactor.run(ALL_GARBAGE) };
    });
  }

  async advanceClock(byMs: number): Promise<void> {
    this.clock.advance(byMs);
    await this.transact((tx) => tx.put(SYSTEM_SPACE, CLOCK_KEY, packValue(tx.now)));
  }

  status(): Promise<StoreStatus> {
    this.assertOpen();
    return this.care.status();
  }

  scrub(options?: ScrubOptions): Promise<ScrubReport> {
    this.assertOpen();
    return this.care.scrub(options);
  }

  checksum(bytes: Uint8Array): bigint {
    const { hasher, seed } = this.#parts.identity;
    return hasher.hash(bytes, seed);
  }

  async openKeySpace(name: string, options?: KeySpaceOptions): Promise<KeySpaceId> {
    const key = nameKey(name);
    const known = await this.get(SYSTEM_SPACE, key);
    if (known !== undefined) return unpackValue<number>(known);
    return this.transact((tx) => {
      const raced = tx.get(SYSTEM_SPACE, key);
      if (raced !== undefined) return unpackValue<number>(raced);
      const id = tx.createKeySpace(options);
      tx.put(SYSTEM_SPACE, key, packValue(id));
      return id;
    });
  }

  /** Flushes the memtable into the index now, whatever its size; for tests and before a backup. */
  async checkpoint(): Promise<void> {
    this.#assertWritable();
    await this.#pressure.flushWhole();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Called by the queue in LSN order, before the writers of that LSN resume. */
  published(): void {
    this.timePassed();
    if (this.#parts.memtables.sealed.length > 0) void this.#parts.flusher.run();
    this.sweep();
  }

  /** Begins to remove what the index holds of dropped key spaces, unless that is under way. */
  sweep(): void {
    const { spaces, index } = this.#parts;
    const { dropped, replayed } = spaces;
    if (dropped.size + replayed.size === 0 || this.#sweeping !== undefined) return;
    const home = { spaces, index, isOpen: () => this.#closing === undefined };
    this.#sweeping = sweepDroppedSpaces(this, home)
      // A full disk or a closing store ends it: the next drop, or the next open, goes on.
      .catch(() => undefined)
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  #begin(fetched: ReadonlyMap<string, FetchedRange> | undefined): StoreTransaction {
    const { memtables, values, spaces, committer, queue } = this.#parts;
    const index = this.#parts.index();
    const source = { memtables, values, spaces, index, fetched };
    return new StoreTransaction(source, committer.now(), queue.lastLsn + 1);
  }

  /** LSN of the newest record of a stream, pending ones included; 0 when there is none. */
  async streamTail(space: KeySpaceId): Promise<Lsn> {
    const noted = this.#parts.tails.get(space);
    if (noted !== undefined) return noted;
    const value = await this.get(SYSTEM_SPACE, streamTailKey(space));
    return value === undefined ? 0 : unpackValue<number>(value);
  }

  /** No reader asks for anything older than the newest version at or below this. */
  #floor(): Lsn {
    const [oldest] = this.#views;
    const durable = this.#parts.queue.durableLsn;
    return oldest === undefined ? durable : Math.min(durable, oldest.lsn);
  }

  /** What the body would wait for. Should one throw at once, nobody awaits those before it. */
  #prefetch(options: TransactOptions, fetched: Map<string, FetchedRange>): Soon<unknown> {
    const waiting: Promise<unknown>[] = [];
    for (const [space, key] of options.reads ?? []) {
      if (this.#parts.memtables.get(fullKey(space, key), Infinity) !== undefined) continue;
      const value = this.read(space, key);
      if (!(value instanceof Promise)) continue;
      value.catch(() => undefined);
      waiting.push(value);
    }
    for (const [space, page] of options.ranges ?? []) {
      waiting.push(this.#fetch(new RangeMiss(fullRange(space, page), page.limit), fetched));
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting);
  }

  async #fetch(miss: RangeMiss, fetched: Map<string, FetchedRange>): Promise<void> {
    const memtables = this.#parts.memtables.newestFirst;
    const pin = this.#parts.readers.pin();
    const snapshot = this.#parts.index().snapshot();
    try {
      const index = await indexPage(snapshot, miss.range, miss.limit);
      fetched.set(rangeId(miss.range), { index, memtables });
    } finally {
      snapshot.close();
      pin.release();
    }
  }

  async #close(): Promise<void> {
    const { queue, budget, compactor } = this.#parts;
    budget.stop();
    await this.care.close();
    await this.#sweeping;
    await this.endTime();
    await compactor.stop();
    await queue.drain();
    for (const view of this.#views) view.close();
    try {
      if (queue.failure === undefined) await this.#settle();
    } finally {
      // One that opens the index again would leave it open.
      await this.#parts.flusher.stop();
      await this.#parts.release();
    }
  }

  /** Everything durable, and in the index. */
  async #settle(): Promise<void> {
    const { queue, flusher, committer } = this.#parts;
    await queue.durable(queue.lastLsn);
    committer.seal();
    await flusher.finish();
  }

  protected assertOpen(): void {
    if (this.#closing !== undefined) {
      throw coreError("FIRN_STORE_CLOSED", "the store was closed");
    }
  }

  #assertWritable(): void {
    this.assertOpen();
    this.#parts.queue.assertUsable();
  }

  #assertReadable(space: KeySpaceId): void {
    this.assertOpen();
    this.#parts.spaces.get(space);
  }
}

type Outcome<T> =
  | { readonly value: T }
  | { readonly error: unknown }
  | { readonly miss: RangeMiss };

function attempt<T>(body: (tx: Transaction) => T, tx: Transaction): Outcome<T> {
  try {
    return { value: body(tx) };
  } catch (error) {
    return error instanceof RangeMiss ? { miss: error } : { error };
  }
}

function isGone(error: unknown): boolean {
  return error instanceof FirnError && error.code === "FIRN_POSITION_GONE";
}
