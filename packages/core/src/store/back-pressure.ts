import { MEMTABLES_SEALED_MAX } from "../constants.ts";
import type { Memtables } from "../index/memtables.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import { isRefusal } from "../log/create-segment.ts";
import type { Committer } from "./committer.ts";
import { indexStuck } from "./flusher.ts";
import type { Flusher } from "./flusher.ts";

export interface BackPressureHome {
  readonly memtables: Memtables;
  readonly queue: CommitQueue;
  readonly committer: Committer;
  readonly flusher: Flusher;
  /** What a writer waits for, so that compaction keeps up; `undefined`: nothing. */
  readonly throttle: () => Promise<void> | undefined;
  /** The disk is full: compaction should make room. */
  readonly onFull: () => void;
  /** @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED. */
  readonly assertWritable: () => void;
}

/** Where writers wait: for the log, for the index, for compaction, for room on the disk. */
export class BackPressure {
  readonly #home: BackPressureHome;

  constructor(home: BackPressureHome) {
    this.#home = home;
  }

  /**
   * Nothing while there is room, which costs nothing; else waits while the queue or the memtables
   * are full.
   * @throws FIRN_DISK_FULL when the index cannot follow, FIRN_STORE_FAILED, FIRN_STORE_CLOSED.
   */
  admit(): Promise<void> | undefined {
    const { memtables, queue, throttle } = this.#home;
    const space = throttle();
    const full = space ?? queue.admit();
    if (full === undefined && memtables.sealed.length <= MEMTABLES_SEALED_MAX) return undefined;
    return this.#wait(full);
  }

  async #wait(first: Promise<void> | undefined): Promise<void> {
    const { memtables, queue, flusher, assertWritable } = this.#home;
    await first;
    for (;;) {
      assertWritable();
      const full = queue.admit();
      if (full !== undefined) await full;
      else if (memtables.sealed.length <= MEMTABLES_SEALED_MAX) return;
      else if (flusher.failure !== undefined) throw this.#indexStuck();
      else await this.#flushedOne();
    }
  }

  /** Room in the log; on a full disk compaction is asked for some, for the next who tries. */
  async prepare(bytes: number): Promise<void> {
    try {
      await this.#home.queue.prepare(bytes);
    } catch (error) {
      if (isRefusal(error)) this.#home.onFull();
      throw error;
    }
  }

  /**
   * Waits until the index has followed all that was committed. False when it cannot for now: the
   * disk is full. @throws FIRN_STORE_FAILED.
   */
  async flush(): Promise<boolean> {
    const { queue, committer, memtables, flusher } = this.#home;
    await queue.durable(queue.lastLsn);
    committer.seal();
    while (memtables.sealed.length > 0) {
      await this.#flushedOne();
      if (flusher.failure !== undefined) return false;
    }
    return true;
  }

  /** As `flush`. @throws FIRN_DISK_FULL. */
  async flushWhole(): Promise<void> {
    if (!(await this.flush())) throw this.#indexStuck();
  }

  #indexStuck(): Error {
    this.#home.onFull();
    return indexStuck(this.#home.flusher.failure);
  }

  /** Each wait is for something that has not happened yet: a loop over what has would never end. */
  async #flushedOne(): Promise<void> {
    const { memtables, queue, flusher } = this.#home;
    const oldest = memtables.sealed[0];
    if (oldest !== undefined && oldest.lsn > queue.durableLsn) await queue.durable(oldest.lsn);
    else await flusher.progress();
  }
}
