import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import { coreError } from "../errors.ts";
import type { FirnError } from "../errors.ts";
import { memtableWrites } from "../index/memtable-writes.ts";
import type { Memtables, SealedMemtable } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import { sleep } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { turn } from "../platform/macrotask.ts";
import type { Lsn } from "../store-api.ts";
import type { HistoryWriter } from "./history-writer.ts";

export interface FlusherOptions {
  readonly memtables: Memtables;
  readonly identity: RecordIdentity;
  readonly clock: Clock;
  readonly index: () => OrderedIndex;
  /** Opens the index again after a failed write: LevelDB takes none after its first. */
  readonly reopen: () => Promise<void>;
  readonly durableLsn: () => Lsn;
  readonly history: HistoryWriter;
  /** Between two tries of a flush that failed: the disk may be full for a while. */
  readonly retryMs: number;
}

/** What writers are told who would wait for an index that takes none. */
export function indexStuck(cause: unknown): FirnError {
  const message = "the index takes no writes (is the disk full?); writes wait until it does";
  return coreError("FIRN_DISK_FULL", message, { cause });
}

/**
 * Feeds sealed memtables to the index, oldest first, off the commit path. Only what is durable in
 * the log goes in, so the index never runs ahead of it.
 */
export class Flusher {
  readonly #options: FlusherOptions;
  #running: Promise<void> | undefined;
  #active = false;
  #progress: Deferred<void> | undefined;
  /** Set while nothing may be flushed. */
  #held: Deferred<void> | undefined;
  #stopped = false;
  /** Why the last flush failed; writers that would wait for room are told. */
  failure: unknown;
  /** Called when the index has followed the log by one more memtable. */
  onFlushed: () => void = () => undefined;
  /** Called with what a flush met. */
  onFailed: (error: unknown) => void = () => undefined;

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  /** Flushes what is sealed and durable; call it again when more becomes either. */
  run(): Promise<void> {
    if (this.#held !== undefined) return this.#held.promise.then(() => this.run());
    if (this.#running !== undefined) return this.#running;
    const flush = this.#flushAll();
    // It may have ended already, for want of work.
    if (this.#active) this.#running = flush;
    return flush;
  }

  /** Resolves when the next memtable is in the index, or when a flush has failed. */
  progress(): Promise<void> {
    this.#progress ??= defer<void>();
    void this.run();
    return this.#progress.promise;
  }

  /**
   * Waits for the flush under way and holds the next ones back, until the returned call: the index
   * stands still.
   */
  async pause(): Promise<() => void> {
    const held = defer<void>();
    this.#held = held;
    await this.#running;
    return () => {
      this.#held = undefined;
      held.resolve(undefined);
      void this.run();
    };
  }

  /** One more flush of what is sealed, without another try should it fail. */
  async finish(): Promise<void> {
    await this.stop();
    await this.run();
  }

  /** Waits for the flush under way; should it fail, it is not tried again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /**
   * Ends in the same tick in which it finds nothing to do: a later `run` must not miss its work.
   */
  async #flushAll(): Promise<void> {
    const { memtables, durableLsn } = this.#options;
    this.#active = true;
    for (let next = memtables.sealed[0]; next !== undefined; next = memtables.sealed[0]) {
      if (next.lsn > durableLsn() || this.#held !== undefined) break;
      if (!(await this.#tryFlush(next))) break;
    }
    this.#active = false;
    this.#running = undefined;
  }

  /** False when it failed and must not be tried again. */
  async #tryFlush(sealed: SealedMemtable): Promise<boolean> {
    try {
      await this.#flush(sealed);
      this.failure = undefined;
      this.#options.memtables.drop();
      this.#moved();
      this.onFlushed();
      return true;
    } catch (error) {
      this.failure = error;
      this.#moved();
      this.onFailed(error);
    }
    if (!this.#stopped) await this.#recover();
    return !this.#stopped;
  }

  #moved(): void {
    this.#progress?.resolve(undefined);
    this.#progress = undefined;
  }

  async #recover(): Promise<void> {
    const { clock, retryMs } = this.#options;
    // Without a pause the rest of the process must have its turn all the same.
    await (retryMs > 0 ? sleep(clock, retryMs) : turn());
    await this.#options.reopen().catch((error: unknown) => {
      this.failure = error;
    });
  }

  async #flush({ memtable, lsn, position, time }: SealedMemtable): Promise<void> {
    await this.#options.history.write(memtable);
    const mark = { lsn, position, time };
    const index = this.#options.index();
    const { identity } = this.#options;
    if (index.writeMemtable !== undefined) await index.writeMemtable(memtable, identity, mark);
    else await index.write(memtableWrites(memtable.image, identity), mark);
  }
}
