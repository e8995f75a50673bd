import { coreError } from "../errors.ts";
import type { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { ShardLog } from "../log/shard-log.ts";
import type { HistoryStatus } from "../status-api.ts";
import type { Clock } from "../platform/clock.ts";
import type {
  ChangeFeed,
  ChangesOptions,
  KeptHistory,
  KeySpaceId,
  Lsn,
  Pin,
  ReadView,
  Transaction,
} from "../store-api.ts";
import { AsOfIndex } from "./as-of-index.ts";
import type { ChangeFeeds } from "./changes.ts";
import type { History } from "./history.ts";
import { HistoryTrimmer } from "./history-trimmer.ts";
import type { KeySpaces } from "./key-spaces.ts";
import type { Pins } from "./pins.ts";
import type { ReaderPins } from "./reader-pins.ts";
import { StoreView } from "./read-view.ts";
import type { ValueReader } from "./value-reader.ts";

export interface TimeParts {
  readonly identity: RecordIdentity;
  readonly log: ShardLog;
  readonly clock: Clock;
  readonly queue: CommitQueue;
  readonly memtables: Memtables;
  readonly index: () => OrderedIndex;
  readonly values: ValueReader;
  readonly readers: ReaderPins;
  readonly spaces: KeySpaces;
  readonly pins: Pins;
  readonly feeds: ChangeFeeds;
  readonly history: History;
}

/** What a store can say about times other than now: the log from an LSN on, and views as of one. */
export abstract class TimeTravel {
  readonly #parts: TimeParts;
  readonly #views = new Set<ReadView>();

  readonly #trimmer: HistoryTrimmer;
  #retentionSeen = -1;

  constructor(parts: TimeParts) {
    this.#parts = parts;
    const { queue } = parts;
    const settled = (): Promise<void> => queue.durable(queue.lastLsn);
    this.#trimmer = new HistoryTrimmer(this, { ...parts, settled });
  }

  abstract get durableLsn(): Lsn;

  abstract transact<T>(body: (tx: Transaction) => T): Promise<T>;

  /** @throws FIRN_STORE_CLOSED. */
  protected abstract assertOpen(): void;

  changes(from: Lsn, options?: ChangesOptions): ChangeFeed {
    this.assertOpen();
    return this.#parts.feeds.open(from, options);
  }

  pin(name: string, lsn: Lsn): Promise<void> {
    return this.#parts.pins.set(this, name, lsn);
  }

  unpin(name: string): Promise<void> {
    return this.#parts.pins.clear(this, name);
  }

  pins(): readonly Pin[] {
    return this.#parts.pins.named;
  }

  retention(space: KeySpaceId): KeptHistory | undefined {
    return this.#parts.spaces.get(space).retention;
  }

  viewAt(lsn: Lsn): ReadView {
    this.assertOpen();
    const { queue, memtables, values, readers, identity, history } = this.#parts;
    if (lsn > queue.durableLsn) throw ahead(lsn, queue.durableLsn);
    const leave = history.enter(lsn);
    const pin = readers.pin();
    const index = new AsOfIndex(this.#parts.index().snapshot(), { lsn, identity });
    const view: ReadView = new StoreView({
      lsn,
      memtables: memtables.newestFirst,
      snapshot: index,
      lookUp: (key) => index.get(key),
      values,
      assertReadable: (space) => {
        this.assertOpen();
        history.assertInside(space, lsn);
      },
      onClose: () => {
        this.#views.delete(view);
        leave();
        pin.release();
      },
    });
    this.#views.add(view);
    return view;
  }

  async lsnAt(timeMs: number): Promise<Lsn> {
    this.assertOpen();
    const { log, queue, feeds } = this.#parts;
    const durable = queue.durableLsn;
    let found: Lsn = 0;
    await feeds.read(async () => {
      for await (const { lsn, time } of log.tail({ time: timeMs })) {
        if (time > timeMs || lsn > durable) break;
        found = lsn;
      }
    });
    for (const { from, fromTime } of this.#parts.spaces.retained.values()) {
      if (fromTime <= timeMs && from <= durable) found = Math.max(found, from);
    }
    return found;
  }

  async timeOf(lsn: Lsn): Promise<number | undefined> {
    this.assertOpen();
    const { log, queue, feeds } = this.#parts;
    if (lsn > queue.durableLsn) throw ahead(lsn, queue.durableLsn);
    let found: number | undefined;
    await feeds.read(async () => {
      for await (const record of log.tail({ lsn })) {
        if (record.lsn > lsn) break;
        found = record.time;
        if (record.lsn === lsn) break;
      }
    });
    return found;
  }

  /** How much history there is, as of the last trims; `undefined` where no key space keeps any. */
  get historyStatus(): HistoryStatus | undefined {
    const { retained } = this.#parts.spaces;
    if (retained.size === 0) return undefined;
    const oldestLsn = Math.min(...[...retained.values()].map(({ from }) => from));
    return { ...this.#trimmer.size, oldestLsn };
  }

  /** Removes history that is older than its window now, instead of when it is due. */
  trimHistory(): Promise<void> {
    return this.#trimmer.trim();
  }

  /** More is durable: feeds go on, and what it changed of retention is followed. */
  protected timePassed(): void {
    const { feeds, spaces } = this.#parts;
    feeds.wake();
    if (this.#retentionSeen === spaces.retentionChanges) return;
    this.#retentionSeen = spaces.retentionChanges;
    this.#trimmer.wake();
  }

  /** Before the log and the index are closed. */
  protected async endTime(): Promise<void> {
    await this.#trimmer.stop();
    await this.#parts.feeds.close();
    for (const view of this.#views) view.close();
  }
}

function ahead(lsn: Lsn, durableLsn: Lsn): Error {
  const message = `nothing durable has LSN ${lsn} yet; the newest is ${durableLsn}`;
  return coreError("FIRN_LSN_AHEAD", message, { detail: { lsn, durableLsn } });
}
