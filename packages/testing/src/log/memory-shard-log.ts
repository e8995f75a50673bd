import { FirnError } from "@firn/core";
import type { LogGroup, LoggedRecord, Position, ShardLog, TailStart } from "@firn/core";

export interface MemoryShardLogOptions {
  /** The verified record at `offset` of the log's bytes, with its end; as the core encodes them. */
  readonly decode: (bytes: Buffer, offset: number) => DecodedForLog | undefined;
  /** Bytes that one `prepare` makes room for at the least. Default 4096. */
  readonly prepareBytes?: number | undefined;
}

export interface DecodedForLog extends Omit<LoggedRecord, "position"> {
  /** Offset behind the record, padding included. */
  readonly end: number;
  /** Offset of the body's first byte from the record's first. */
  readonly bodyOffset: number;
}

interface Group {
  readonly start: Position;
  readonly firstLsn: number;
}

/**
 * The log seam in one array, as a log elsewhere could be: no segments, no frames (`frameBytes` is
 * 0), so that whoever counts on the local log's layout fails on it.
 */
export class MemoryShardLog implements ShardLog {
  readonly frameBytes = 0;
  readonly #decode: MemoryShardLogOptions["decode"];
  readonly #prepareBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #prepared = 0;
  #groups: Group[] = [];
  #head: Position = 0;

  constructor(options: MemoryShardLogOptions) {
    this.#decode = options.decode;
    this.#prepareBytes = options.prepareBytes ?? 4096;
  }

  get head(): Position {
    return this.#head;
  }

  place(head: Position, bytes: number): Position | undefined {
    return head + bytes <= this.#prepared ? head : undefined;
  }

  room(start: Position): number {
    return Math.max(0, this.#prepared - start);
  }

  async prepare(head: Position, bytes: number): Promise<void> {
    this.#prepared = Math.max(this.#prepared, head + Math.max(bytes, this.#prepareBytes));
    if (this.#prepared <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(this.#prepared, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  async append(group: LogGroup, start: Position): Promise<Position> {
    if (start !== this.#head) {
      const detail = { expected: start, found: this.#head };
      throw new FirnError("conflict", "FIRN_LOG_CONFLICT", "the log has another head", { detail });
    }
    if (group.bytes === 0) return this.#head;
    let at = start;
    for (const part of group.parts) {
      this.#bytes.set(part, at);
      at += part.length;
    }
    this.#groups.push({ start, firstLsn: group.firstLsn });
    this.#head = start + group.bytes;
    return this.#head;
  }

  async sync(): Promise<void> {}

  async read(position: Position, length: number): Promise<Uint8Array> {
    return this.readSync(position, length);
  }

  readSync(position: Position, length: number): Uint8Array {
    return this.#bytes.subarray(position, position + length);
  }

  async *tail(from: TailStart): AsyncIterableIterator<LoggedRecord> {
    const end = this.#head;
    let at = 0;
    if ("position" in from) at = from.position;
    // From the beginning is early enough for any time.
    else if ("lsn" in from) at = this.#startOf(from.lsn);
    while (at < end) {
      const found = this.#decode(this.#bytes, at);
      if (found === undefined) {
        const detail = { position: at };
        throw new FirnError("corruption", "FIRN_RECORD_CORRUPT", "a record fails its checksum", {
          detail,
        });
      }
      const { lsn, time, kind, flags, body } = found;
      yield { lsn, time, kind, flags, body, position: at + found.bodyOffset };
      at = found.end;
    }
  }

  async close(): Promise<void> {}

  #startOf(lsn: number): Position {
    return this.#groups.findLast((group) => group.firstLsn <= lsn)?.start ?? 0;
  }
}
