import { BATCH_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { CommitQueue, Slot } from "../log/commit-queue.ts";
import type { PlacedStream } from "../log/packed-record.ts";
import { streamOf, streamSpaceOf } from "../log/record-content.ts";
import { STREAM_BODY_OFFSET, encodeStream, streamBytes } from "../log/record.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { ShardLog } from "../log/shard-log.ts";
import type {
  Appended,
  KeySpaceId,
  Lsn,
  Position,
  RecordStream,
  Reservation,
  StreamRecord,
  UnitSealer,
} from "../store-api.ts";
import type { ReaderPins } from "./reader-pins.ts";

export interface StreamHome {
  readonly space: KeySpaceId;
  readonly sealer: UnitSealer | undefined;
  readonly queue: CommitQueue;
  readonly log: ShardLog;
  readonly identity: RecordIdentity;
  readonly now: () => number;
  /** @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED, FIRN_KEY_SPACE_NOT_FOUND. */
  readonly assertWritable: () => void;
  readonly onAppend: (slot: Slot) => void;
  readonly lastLsn: () => Promise<Lsn>;
  readonly readers: ReaderPins;
  /** What a writer waits for, so that compaction keeps up. */
  readonly throttle: () => Promise<void> | undefined;
}

class Room implements Reservation {
  readonly bytes: number;
  readonly #queue: CommitQueue;
  #kept: number;

  constructor(bytes: number, kept: number, queue: CommitQueue) {
    this.bytes = bytes;
    this.#kept = kept;
    this.#queue = queue;
  }

  /** What the queue keeps for it; afterwards it keeps nothing. */
  take(): number {
    const kept = this.#kept;
    this.#kept = 0;
    return kept;
  }

  release(): void {
    this.#queue.unreserve(this.take());
  }
}

export class StoreStream implements RecordStream {
  readonly sealer: UnitSealer | undefined;
  readonly #home: StreamHome;

  constructor(home: StreamHome) {
    this.#home = home;
    this.sealer = home.sealer;
  }

  async reserve(bytes: number): Promise<Reservation> {
    this.#home.assertWritable();
    const recordBytes = streamBytes(bytes);
    if (recordBytes > BATCH_BYTES_MAX) {
      throw coreError("FIRN_BATCH_TOO_LARGE", "a record has at most 128 MiB", {
        detail: { bytes },
      });
    }
    const { queue, throttle } = this.#home;
    await throttle();
    return new Room(bytes, await queue.reserve(recordBytes), queue);
  }

  tryReserve(bytes: number): Reservation | undefined {
    this.#home.assertWritable();
    const { queue } = this.#home;
    const kept = queue.tryReserve(streamBytes(bytes));
    return kept === undefined ? undefined : new Room(bytes, kept, queue);
  }

  append(reservation: Reservation, parts: readonly Uint8Array[]): Appended {
    const { queue, space, identity, now, assertWritable, onAppend } = this.#home;
    assertWritable();
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const reserved = reservation instanceof Room ? reservation.take() : 0;
    const slot =
      bytes <= reservation.bytes ? queue.claim(streamBytes(bytes), { reserved }) : undefined;
    if (slot === undefined) {
      queue.unreserve(reserved);
      throw coreError("FIRN_LOG_CONFLICT", "append without room reserved for its bytes");
    }
    encodeStream(slot.room, { lsn: slot.lsn, time: now(), space, parts }, identity);
    onAppend(slot);
    return { lsn: slot.lsn, position: slot.position + STREAM_BODY_OFFSET };
  }

  barrier(): Promise<void> {
    const { queue } = this.#home;
    return queue.durable(queue.lastLsn);
  }

  async read(position: Position, length: number): Promise<Uint8Array> {
    const { queue, log } = this.#home;
    return queue.readQueued(position, length) ?? log.read(position, length);
  }

  readSync(position: Position, length: number): Uint8Array {
    const { queue, log } = this.#home;
    return queue.readQueued(position, length) ?? log.readSync(position, length);
  }

  lastLsn(): Promise<Lsn> {
    return this.#home.lastLsn();
  }

  async *replay(from: Lsn): AsyncIterableIterator<StreamRecord> {
    const { log, space, readers } = this.#home;
    const pin = readers.pin();
    try {
      for await (const record of log.tail({ lsn: from })) {
        if (record.lsn < from || streamSpaceOf(record) !== space) continue;
        const { position, body } = streamOf(record) as PlacedStream;
        yield { lsn: record.lsn, time: record.time, position, body };
      }
    } finally {
      pin.release();
    }
  }
}
