/**
 * Group commit. Records are encoded, once, into the group that is open; while one group is written
 * and synced, the next fills; there is no timer. A group's place in the log is known from its first
 * record on, so a record's position is known before it is written, and bytes that are not on the
 * disk yet are read from the group.
 *
 * The first failed write or sync is final (invariant 5): everything queued and everything later is
 * refused with its cause.
 */
import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import { FirnError, coreError } from "../errors.ts";
import { macrotask } from "../platform/macrotask.ts";
import type { Lsn, Position } from "../store-api.ts";
import { RecordGroup, WriteArena } from "./record-group.ts";
import type { RecordRoom } from "./record-group.ts";
import type { ShardLog } from "./shard-log.ts";

/** A larger group gains nothing in throughput and delays its first writer. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;
/** Room that a reservation takes for the frame of a group of its own and the padding. */
const RESERVATION_EXTRA_BYTES = 64;

/** Room that is refused leaves the log as it was; whatever else preparing meets is final. */
const REFUSALS: readonly string[] = ["FIRN_DISK_FULL", "FIRN_FILES_EXHAUSTED", "FIRN_STORE_CLOSED"];

export interface CommitQueueOptions {
  readonly log: ShardLog;
  /** Highest LSN that the log holds. */
  readonly lastLsn: Lsn;
  /** Bytes that may queue before `admit` waits. */
  readonly queueBytesMax: number;
  /** Called in LSN order when everything up to `lsn` is durable, before its writers resume. */
  readonly onDurable: (lsn: Lsn) => void;
  /** Called once, when nothing will become durable any more. */
  readonly onFailed: () => void;
}

/** Room for one record: where it will lie, and the bytes to encode it into. */
export interface Slot {
  readonly lsn: Lsn;
  readonly position: Position;
  /** Start of the group that holds the record: where a replay of it begins. */
  readonly group: Position;
  readonly room: RecordRoom;
}

export interface ClaimOptions {
  /** May use the room that is kept back for deletes. */
  readonly reserve?: boolean | undefined;
  /** Bytes of an earlier reservation that this record uses up. */
  readonly reserved?: number | undefined;
}

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #log: ShardLog;
  /** Written (and, if asked, synced) one after the other; only the last one still fills. */
  readonly #groups: RecordGroup[] = [];
  readonly #arena = new WriteArena();
  /** Set while groups are written, or are about to be. */
  #running: Deferred<void> | undefined;
  #head: Position;
  #lastLsn: Lsn;
  #durableLsn: Lsn;
  #queuedBytes = 0;
  #reservedBytes = 0;
  #admission: Deferred<void> | undefined;
  #failure: FirnError | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#head = options.log.head;
    this.#lastLsn = options.lastLsn;
    this.#durableLsn = options.lastLsn;
  }

  get lastLsn(): Lsn {
    return this.#lastLsn;
  }

  get durableLsn(): Lsn {
    return this.#durableLsn;
  }

  /** Where the next group will begin, behind all that is queued. */
  get head(): Position {
    return this.#head;
  }

  /** Something is being written, or waits to be. */
  get isBusy(): boolean {
    return this.#groups.length > 0;
  }

  get failure(): FirnError | undefined {
    return this.#failure;
  }

  /** @throws FIRN_STORE_FAILED. */
  assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves at once unless the queue is full. @throws FIRN_STORE_FAILED. */
  admit(): Promise<void> | undefined {
    this.assertUsable();
    if (this.#queuedBytes < this.#options.queueBytesMax) return undefined;
    if (this.#admission === undefined) {
      this.#admission = defer<void>();
      // Whoever only asks whether the queue is full must not end the process when it fails.
      this.#admission.promise.catch(() => undefined);
    }
    return this.#admission.promise;
  }

  /** Room for a record of `bytes` (a multiple of 8), or `undefined`: `prepare` and try again. */
  claim(bytes: number, options?: ClaimOptions): Slot | undefined {
    this.assertUsable();
    const reserved = options?.reserved ?? 0;
    const kept = this.#reservedBytes - reserved;
    const group = this.#groupFor(bytes, kept, options?.reserve ?? false);
    if (group === undefined) return undefined;
    this.#reservedBytes = kept;
    const lsn = ++this.#lastLsn;
    const position = group.start + this.#log.frameBytes + group.bytes;
    const room = this.#arena.take(bytes);
    group.add(lsn, room);
    this.#head = group.start + this.#log.frameBytes + group.bytes;
    this.#queuedBytes += bytes;
    this.#run();
    return { lsn, position, group: group.start, room };
  }

  /** Makes room for `bytes` more. @throws FIRN_DISK_FULL, FIRN_STORE_FAILED. */
  async prepare(bytes: number): Promise<void> {
    this.assertUsable();
    try {
      await this.#log.prepare(this.#head, bytes + this.#reservedBytes);
    } catch (error) {
      if (error instanceof FirnError && REFUSALS.includes(error.code)) throw error;
      this.fail(error);
      this.assertUsable();
    }
  }

  /** Keeps room for a record of `bytes`, which a later `claim` can then not be refused. */
  async reserve(bytes: number): Promise<number> {
    for (;;) {
      await this.admit();
      const kept = this.tryReserve(bytes);
      if (kept !== undefined) return kept;
      await this.prepare(bytes + RESERVATION_EXTRA_BYTES);
    }
  }

  /** As `reserve`, at once; `undefined` when the queue is full or room must be prepared. */
  tryReserve(bytes: number): number | undefined {
    if (this.admit() !== undefined) return undefined;
    const needed = bytes + RESERVATION_EXTRA_BYTES;
    const start = this.#log.place(this.#head, needed + this.#reservedBytes, false);
    if (start === undefined) return undefined;
    this.#reservedBytes += needed;
    return needed;
  }

  unreserve(bytes: number): void {
    this.#reservedBytes -= bytes;
  }

  /**
   * Resolves when everything up to `lsn` is durable; asks for a sync when nobody else has.
   * @throws FIRN_STORE_FAILED.
   */
  durable(lsn: Lsn): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (lsn <= this.#durableLsn) return Promise.resolve();
    for (const group of this.#groups) {
      if (group.lastLsn < lsn) continue;
      if (group.writing && !group.sync) continue;
      group.sync = true;
      return group.done.promise;
    }
    // All of it is written or being written without a sync: one more sync, of no bytes.
    const group = new RecordGroup(this.#head, this.#lastLsn);
    group.sync = true;
    this.#groups.push(group);
    this.#run();
    return group.done.promise;
  }

  /** Bytes that may not have been written yet; `undefined` when the log has all of them. */
  readQueued(position: Position, length: number): Uint8Array | undefined {
    for (const group of this.#groups) {
      const offset = position - group.start - this.#log.frameBytes;
      if (offset >= 0 && offset + length <= group.bytes) return group.copy(offset, length);
    }
    return undefined;
  }

  /** Waits until nothing is queued and, after a failure too, nothing is being written. */
  async drain(): Promise<void> {
    while (this.#running !== undefined) await this.#running.promise;
  }

  #groupFor(bytes: number, kept: number, reserve: boolean): RecordGroup | undefined {
    const open = this.#groups.at(-1);
    const fits =
      open !== undefined &&
      !open.writing &&
      open.bytes > 0 &&
      open.bytes + bytes <= GROUP_BYTES_MAX &&
      open.bytes + bytes + kept <= this.#log.room(open.start, reserve);
    if (fits) return open;
    const start = this.#log.place(this.#head, bytes + kept, reserve);
    if (start === undefined) return undefined;
    const group = new RecordGroup(start, this.#lastLsn);
    this.#groups.push(group);
    return group;
  }

  #run(): void {
    if (this.#running !== undefined) return;
    this.#running = defer<void>();
    macrotask(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    while (this.#failure === undefined) {
      const group = this.#groups[0];
      if (group === undefined) break;
      group.writing = true;
      try {
        await this.#write(group);
      } catch (error) {
        this.fail(error);
        break;
      }
      this.#groups.shift();
      this.#arena.release(group);
      this.#queuedBytes -= group.bytes;
      if (group.sync) {
        this.#durableLsn = group.lastLsn;
        this.#options.onDurable(group.lastLsn);
      }
      group.done.resolve(undefined);
      this.#admission?.resolve(undefined);
      this.#admission = undefined;
    }
    this.#running?.resolve(undefined);
    this.#running = undefined;
  }

  async #write(group: RecordGroup): Promise<void> {
    if (group.bytes === 0) return this.#log.sync();
    const { firstLsn, lastLsn, sync, bytes, parts } = group;
    const durableLsn = this.#durableLsn;
    await this.#log.append({ parts, bytes, firstLsn, lastLsn, durableLsn, sync }, group.start);
  }

  /** The store takes no more writes: a write of the log, or of bulk bytes, has failed. */
  fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    const message =
      "a write to the log failed; the store takes no more writes until it is reopened";
    const failure = coreError("FIRN_STORE_FAILED", message, { cause });
    this.#failure = failure;
    for (const group of this.#groups) group.done.reject(failure);
    this.#admission?.reject(failure);
    this.#admission = undefined;
    this.#options.onFailed();
  }
}
