import type { ByteQueue } from "./byte-queue.ts";
import { BLOCK_BYTES_PREFERRED, GATHERED_BYTES_MAX, PAYLOAD_BYTES_MAX } from "./constants.ts";
import {
  Command,
  CommandFlag,
  EXTENDED_REQUEST_BYTES,
  EXTENDED_REQUEST_MAGIC,
  REQUEST_BYTES,
  REQUEST_MAGIC,
  readU64,
} from "./protocol.ts";

export interface NbdRequest {
  readonly flags: number;
  readonly command: number;
  /** Eight bytes that the reply repeats, as two words. */
  readonly cookieHigh: number;
  readonly cookieLow: number;
  readonly offset: number;
  readonly length: number;
  /**
   * Of a write; `undefined` when it was longer than is allowed, and has been dropped. Good until
   * the next request is asked for.
   */
  payload: Buffer | undefined;
}

/** Cuts a connection's bytes into requests. A write's payload that came whole is not copied. */
export class RequestParser {
  readonly #extended: boolean;
  /** What did not come whole is gathered here: fresh memory for each is what costs most of it. */
  #gathered: Buffer | undefined;
  #head: NbdRequest | undefined;
  /** Bytes of a payload that nobody wants and that are still to come. */
  #dropping = 0;

  constructor(extended = false) {
    this.#extended = extended;
  }

  /** The next request; `undefined` while it is not all there; "bad" when this is not NBD. */
  next(queue: ByteQueue): NbdRequest | "bad" | undefined {
    if (this.#head === undefined) {
      const headBytes = this.#extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES;
      if (!queue.peek(headBytes)) return undefined;
      const magic = this.#extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC;
      if (queue.front.readUInt32BE(queue.at) !== magic) return "bad";
      this.#head = this.#readHead(queue.front, queue.at);
      queue.drop(headBytes);
      this.#dropping = unwantedBytes(this.#head, this.#extended);
    }
    const head = this.#head;
    if (this.#dropping > 0) {
      this.#dropping -= queue.drop(this.#dropping);
      if (this.#dropping > 0) return undefined;
      return this.#done(head, undefined);
    }
    if (head.command !== Command.write || head.length > PAYLOAD_BYTES_MAX) {
      return this.#done(head, undefined);
    }
    if (queue.length < head.length) return undefined;
    const payload = queue.take(head.length, this.#memoryFor(head.length));
    return payload === undefined ? undefined : this.#done(head, payload);
  }

  /** Bytes of the payload that a request waits for; 0 when it waits for none. */
  get awaited(): number {
    const head = this.#head;
    if (head === undefined || this.#dropping > 0) return 0;
    return head.command === Command.write ? head.length : 0;
  }

  #memoryFor(length: number): Buffer | undefined {
    if (length > GATHERED_BYTES_MAX || length <= BLOCK_BYTES_PREFERRED) return undefined;
    return (this.#gathered ??= Buffer.allocUnsafeSlow(GATHERED_BYTES_MAX));
  }

  #readHead(bytes: Buffer, at: number): NbdRequest {
    return {
      flags: bytes.readUInt16BE(at + 4),
      command: bytes.readUInt16BE(at + 6),
      cookieHigh: bytes.readUInt32BE(at + 8),
      cookieLow: bytes.readUInt32BE(at + 12),
      offset: readU64(bytes, at + 16),
      length: this.#extended ? readU64(bytes, at + 24) : bytes.readUInt32BE(at + 24),
      payload: undefined,
    };
  }

  #done(request: NbdRequest, payload: Buffer | undefined): NbdRequest {
    this.#head = undefined;
    request.payload = payload;
    return request;
  }
}

/** An oversize write's payload, and what an extended request announces without need. */
function unwantedBytes({ command, flags, length }: NbdRequest, extended: boolean): number {
  if (command === Command.write) return length > PAYLOAD_BYTES_MAX ? length : 0;
  return extended && (flags & CommandFlag.payload) !== 0 ? length : 0;
}
