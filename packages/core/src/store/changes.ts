/**
 * Change feeds: what was committed, in order, while writing goes on.
 *
 * A feed reads the log as far as it is durable, a page at a time, and waits for the next sync when
 * it has come to its end. Between two pages it holds no file, only its LSN: compaction leaves the
 * log whole from there on. Nothing is read ahead of the consumer beyond one page.
 */
import { FEED_PAGE_BYTES } from "../constants.ts";
import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import { coreError } from "../errors.ts";
import type { FirnError } from "../errors.ts";
import { fullKey } from "../index/memtable.ts";
import { align8 } from "../log/bytes.ts";
import {
  OP_DROP,
  OP_PUT,
  RECORD_BATCH,
  RECORD_HEADER_BYTES,
  RECORD_STREAM,
  decodeMutations,
} from "../log/record.ts";
import type { LoggedRecord, ShardLog } from "../log/shard-log.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type {
  Change,
  ChangeFeed,
  ChangeWrite,
  ChangesOptions,
  KeySpaceId,
  Lsn,
  Position,
} from "../store-api.ts";
import type { LsnHold, Pins } from "./pins.ts";
import type { ReaderPins } from "./reader-pins.ts";

export interface FeedsHome {
  readonly log: Pick<ShardLog, "tail" | "frameBytes">;
  readonly pins: Pins;
  readonly readers: ReaderPins;
  /** In an encrypted store. */
  readonly sealing: StoreSealing | undefined;
  readonly durableLsn: () => Lsn;
  /** Why nothing will become durable any more. */
  readonly failure: () => FirnError | undefined;
}

/** All feeds of a store: wakes them when more is durable, and ends them with it. */
export class ChangeFeeds {
  readonly #home: FeedsHome;
  readonly #reading = new Set<Promise<void>>();
  #moved: Deferred<void> | undefined;
  #closed = false;

  constructor(home: FeedsHome) {
    this.#home = home;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws FIRN_CHANGES_GONE. */
  open(from: Lsn, options: ChangesOptions | undefined): ChangeFeed {
    return new LogFeed({ ...this.#home, feeds: this }, Math.max(1, from), options);
  }

  /** More is durable, or nothing will be: whoever waits looks again. */
  wake(): void {
    this.#moved?.resolve(undefined);
    this.#moved = undefined;
  }

  /** Resolves at the next `wake`. */
  moved(): Promise<void> {
    this.#moved ??= defer<void>();
    return this.#moved.promise;
  }

  /** Runs one read of the log, which a closing store waits for. */
  async read(step: () => Promise<void>): Promise<void> {
    const pin = this.#home.readers.pin();
    const reading = step().finally(() => {
      pin.release();
      this.#reading.delete(reading);
    });
    this.#reading.add(reading);
    return reading;
  }

  /** Ends every feed; nobody reads the log for one when it resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    this.wake();
    await Promise.allSettled(this.#reading);
  }
}

interface FeedHome extends FeedsHome {
  readonly feeds: ChangeFeeds;
}

class LogFeed implements ChangeFeed {
  readonly #home: FeedHome;
  readonly #hold: LsnHold;
  readonly #spaces: ReadonlySet<KeySpaceId> | undefined;
  readonly #changes: AsyncGenerator<Change, undefined>;
  readonly #signal: AbortSignal | undefined;
  readonly #end = (): void => this.#stop();
  /** The first LSN that has not been read from the log. */
  #unread: Lsn;
  /** Where the group begins that holds it, once the feed has come that far. */
  #group: Position | undefined;
  #ended = false;

  constructor(home: FeedHome, from: Lsn, options: ChangesOptions | undefined) {
    this.#home = home;
    this.#unread = from;
    this.#hold = home.pins.hold(from);
    this.#spaces = options?.spaces === undefined ? undefined : new Set(options.spaces);
    this.#signal = options?.signal;
    this.#signal?.addEventListener("abort", this.#end, { once: true });
    this.#changes = this.#generate();
    if (this.#signal?.aborted === true) this.#stop();
  }

  get nextLsn(): Lsn {
    return this.#hold.lsn;
  }

  async next(): Promise<IteratorResult<Change, undefined>> {
    try {
      const step = await this.#changes.next();
      if (step.done === true) this.#stop();
      return step;
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    this.#stop();
    return this.#changes.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whoever waits in `next` is told, too. */
  #stop(): void {
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#end);
    this.#hold.release();
    this.#home.feeds.wake();
  }

  get #isOver(): boolean {
    return this.#ended || this.#home.feeds.closed;
  }

  async *#generate(): AsyncGenerator<Change, undefined> {
    const { feeds, durableLsn, failure } = this.#home;
    while (!this.#isOver) {
      if (this.#unread > durableLsn()) {
        const failed = failure();
        if (failed !== undefined) throw failed;
        await feeds.moved();
        continue;
      }
      const page: Change[] = [];
      await feeds.read(() => this.#readPage(page));
      yield* this.#show(page);
      if (!this.#isOver) this.#hold.lsn = this.#unread;
    }
    return undefined;
  }

  *#show(page: readonly Change[]): Generator<Change> {
    for (const change of page) {
      if (this.#isOver) return;
      this.#hold.lsn = change.lsn;
      yield change;
      // Asked for the next one: this one has been dealt with.
      this.#hold.lsn = change.lsn + 1;
    }
  }

  /** What is durable from `#unread` on: whole groups, until a page is full. */
  async #readPage(page: Change[]): Promise<void> {
    const begun = this.#unread;
    // What comes before a bad record is shown first.
    await this.#readFrom(page).catch((error: unknown) => {
      if (this.#unread === begun) throw error;
    });
    if (this.#unread > begun) return;
    // The segment may have been rewritten behind the feed: found again by its LSN.
    this.#group = undefined;
    await this.#readFrom(page);
    if (this.#unread === begun) throw this.#missing();
  }

  async #readFrom(page: Change[]): Promise<void> {
    const durable = this.#home.durableLsn();
    const from = this.#group === undefined ? { lsn: this.#unread } : { position: this.#group };
    let recordEnd: Position | undefined;
    let bytes = 0;
    for await (const record of this.#home.log.tail(from)) {
      const start = record.position - RECORD_HEADER_BYTES;
      const beginsGroup = start !== recordEnd;
      if (record.lsn > durable || (beginsGroup && bytes >= FEED_PAGE_BYTES)) break;
      if (beginsGroup) this.#group = start - this.#home.log.frameBytes;
      recordEnd = start + align8(RECORD_HEADER_BYTES + record.body.length);
      if (record.lsn < this.#unread) continue;
      // A gap, or a record that has lost some of its mutations: never where a hold is.
      if (record.lsn !== this.#unread || !isWhole(record)) return;
      this.#unread = record.lsn + 1;
      bytes += record.body.length;
      const change = this.#changeOf(record);
      if (change !== undefined) page.push(change);
    }
    // All that is durable was read: durable LSNs end groups, so the next one begins here.
    if (this.#unread > durable) this.#group = recordEnd ?? this.#group;
  }

  #changeOf({ lsn, time, kind, body }: LoggedRecord): Change | undefined {
    if (kind !== RECORD_BATCH) return undefined;
    const { sealing } = this.#home;
    const writes: ChangeWrite[] = [];
    const drops: KeySpaceId[] = [];
    for (const { op, space, key, value } of decodeMutations(body as Buffer)) {
      if (this.#spaces?.has(space) === false) continue;
      if (op === OP_DROP) drops.push(space);
      else if (op !== OP_PUT) writes.push({ space, key, value: undefined });
      else if (sealing === undefined) writes.push({ space, key, value });
      else writes.push({ space, key, value: sealing.openValue(fullKey(space, key), lsn, value) });
    }
    return writes.length + drops.length === 0 ? undefined : { lsn, time, writes, drops };
  }

  #missing(): Error {
    const lsn = this.#unread;
    this.#home.pins.assertWhole(lsn);
    const message = `the log has no record of LSN ${lsn}, which is durable; run \`firn check\``;
    return coreError("FIRN_RECORD_CORRUPT", message, { detail: { lsn } });
  }
}

function isWhole({ kind }: LoggedRecord): boolean {
  return kind === RECORD_BATCH || kind === RECORD_STREAM;
}
