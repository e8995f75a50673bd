import type { CommitQueue } from "../log/commit-queue.ts";
import type { ShardLog } from "../log/shard-log.ts";
import type { Position } from "../store-api.ts";
import type { LogReader } from "./value-reader.ts";

/** Reads what was appended, wherever it is by now: still queued, or in the log. */
export class QueuedLog implements LogReader {
  readonly #log: ShardLog;
  readonly #queue: CommitQueue;

  constructor(log: ShardLog, queue: CommitQueue) {
    this.#log = log;
    this.#queue = queue;
  }

  get head(): Position {
    return this.#queue.head;
  }

  async read(position: Position, length: number): Promise<Uint8Array> {
    return this.#queue.readQueued(position, length) ?? this.#log.read(position, length);
  }

  readSync(position: Position, length: number): Uint8Array {
    return this.#queue.readQueued(position, length) ?? this.#log.readSync(position, length);
  }
}
