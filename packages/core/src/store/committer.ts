import { BATCH_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { Memtables } from "../index/memtables.ts";
import type { CommitQueue, Slot } from "../log/commit-queue.ts";
import { OP_PUT, batchBytes, encodeBatch } from "../log/record.ts";
import type { RecordIdentity, ValuePlace } from "../log/record.ts";
import type { Clock } from "../platform/clock.ts";
import type { KeySpaceId, Lsn, Position } from "../store-api.ts";
import type { Applier, KeyedMutation } from "./applier.ts";
import type { StreamTails } from "./stream-tails.ts";
import type { ValueReader } from "./value-reader.ts";

export interface CommitterLimits {
  readonly memtableBytes: number;
  readonly memtableKeys: number;
  /** Log bytes behind the index at the most, so that recovery is bounded. */
  readonly replayBytes: number;
}

export interface CommitterParts {
  readonly clock: Clock;
  readonly queue: CommitQueue;
  readonly identity: RecordIdentity;
  readonly memtables: Memtables;
  readonly applier: Applier;
  readonly tails: StreamTails;
  readonly values: ValueReader;
  readonly limits: CommitterLimits;
  /** Commit time of the newest record. */
  readonly lastTime: number;
  /** Start of the group that holds the newest record. */
  readonly lastGroup: Position;
}

/**
 * Appends to the log and publishes to the memtables, in one step and in LSN order; seals a memtable
 * when it is full, or when the log has run far enough ahead of the index.
 */
export class Committer {
  readonly #parts: CommitterParts;
  #lastTime: number;
  #lastGroup: Position;
  #sealedAt: Position;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    this.#lastTime = parts.lastTime;
    this.#lastGroup = parts.lastGroup;
    this.#sealedAt = parts.queue.head;
  }

  /** The time of a commit that is made now: never before that of an earlier one. */
  now(): number {
    this.#lastTime = Math.max(this.#lastTime, this.#parts.clock.now());
    return this.#lastTime;
  }

  /**
   * Claims a place in the log, encodes, publishes to later transactions; `undefined` when room has
   * to be prepared first. `floor`: no reader asks for anything older than the newest version below
   * it.
   * @throws FIRN_BATCH_TOO_LARGE, FIRN_STORE_FAILED.
   */
  commit(mutations: readonly KeyedMutation[], time: number, floor: Lsn): Lsn | undefined {
    const bytes = batchBytes(mutations);
    if (bytes > BATCH_BYTES_MAX) {
      const detail = { bytes, limit: BATCH_BYTES_MAX };
      throw coreError("FIRN_BATCH_TOO_LARGE", "a batch has at most 128 MiB", { detail });
    }
    const { queue, identity } = this.#parts;
    const reserve = mutations.every(({ op }) => op !== OP_PUT);
    const slot = queue.claim(bytes, { reserve });
    if (slot === undefined) return undefined;
    const places = encodeBatch(slot.room, { lsn: slot.lsn, time, mutations }, identity);
    for (let at = 0; at < mutations.length; at++) {
      const { offset, check } = places[at] as ValuePlace;
      const mutation = mutations[at] as KeyedMutation;
      this.#parts.values.forget(mutation.full);
      const position = slot.position + offset;
      this.#parts.applier.apply(mutation, { lsn: slot.lsn, position, check, floor });
    }
    this.#appended(slot);
    return slot.lsn;
  }

  /** A stream has appended a record. */
  noteStream(space: KeySpaceId, slot: Slot): void {
    this.#parts.tails.note(space, slot.lsn);
    this.#appended(slot);
  }

  /** Ends the active memtable, whatever its size. */
  seal(): void {
    const { memtables, queue, tails } = this.#parts;
    tails.sealInto(memtables.active);
    const position = this.#lastGroup;
    memtables.seal({ lsn: queue.lastLsn, position, time: this.#lastTime });
    this.#sealedAt = queue.head;
    // Buffered records alone would leave it waiting for somebody's sync.
    queue.durable(queue.lastLsn).catch(() => undefined);
  }

  #appended(slot: Slot): void {
    const { memtables, limits, queue } = this.#parts;
    this.#lastGroup = slot.group;
    const { active } = memtables;
    const full = active.bytes >= limits.memtableBytes || active.size >= limits.memtableKeys;
    if (full || queue.head - this.#sealedAt >= limits.replayBytes) this.seal();
  }
}
