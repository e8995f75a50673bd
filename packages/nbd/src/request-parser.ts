import type { ByteQueue } from "./byte-queue.ts";
import { PAYLOAD_BYTES_MAX } from "./constants.ts";
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
  /** Eight bytes that the reply repeats. */
  readonly cookie: Buffer;
  readonly offset: number;
  readonly length: number;
  /** Of a write; `undefined` when it was longer than is allowed, and has been dropped. */
  readonly payload: Buffer | undefined;
}

type Head = Omit<NbdRequest, "payload">;

/** Cuts a connection's bytes into requests. A write's payload that came whole is not copied. */
export class RequestParser {
  readonly #extended: boolean;
  #head: Head | undefined;
  /** Bytes of a payload that nobody wants and that are still to come. */
  #dropping = 0;

  constructor(extended = false) {
    this.#extended = extended;
  }

  /** The next request; `undefined` while it is not all there; "bad" when this is not NBD. */
  next(queue: ByteQueue): NbdRequest | "bad" | undefined {
    if (this.#head === undefined) {
      const bytes = queue.take(this.#extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES);
      if (bytes === undefined) return undefined;
      const magic = this.#extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC;
      if (bytes.readUInt32BE(0) !== magic) return "bad";
      this.#head = this.#readHead(bytes);
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
    const payload = queue.take(head.length);
    return payload === undefined ? undefined : this.#done(head, payload);
  }

  /** Bytes of the payload that a request waits for; 0 when it waits for none. */
  get awaited(): number {
    const head = this.#head;
    if (head === undefined || this.#dropping > 0) return 0;
    return head.command === Command.write ? head.length : 0;
  }

  #readHead(bytes: Buffer): Head {
    return {
      flags: bytes.readUInt16BE(4),
      command: bytes.readUInt16BE(6),
      cookie: bytes.subarray(8, 16),
      offset: readU64(bytes, 16),
      length: this.#extended ? readU64(bytes, 24) : bytes.readUInt32BE(24),
    };
  }

  #done(head: Head, payload: Buffer | undefined): NbdRequest {
    this.#head = undefined;
    const { flags, command, cookie, offset, length } = head;
    return { flags, command, cookie, offset, length, payload };
  }
}

/** An oversize write's payload, and what an extended request announces without need. */
function unwantedBytes({ command, flags, length }: Head, extended: boolean): number {
  if (command === Command.write) return length > PAYLOAD_BYTES_MAX ? length : 0;
  return extended && (flags & CommandFlag.payload) !== 0 ? length : 0;
}
