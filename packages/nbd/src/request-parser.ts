import type { ByteQueue } from "./byte-queue.ts";
import { PAYLOAD_BYTES_MAX } from "./constants.ts";
import { Command, REQUEST_BYTES, REQUEST_MAGIC, readU64 } from "./protocol.ts";

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
  #head: Head | undefined;
  /** Bytes of an oversize payload that are still to come. */
  #dropping = 0;

  /** The next request; `undefined` while it is not all there; "bad" when this is not NBD. */
  next(queue: ByteQueue): NbdRequest | "bad" | undefined {
    if (this.#head === undefined) {
      const bytes = queue.take(REQUEST_BYTES);
      if (bytes === undefined) return undefined;
      if (bytes.readUInt32BE(0) !== REQUEST_MAGIC) return "bad";
      this.#head = readHead(bytes);
      if (this.#head.command === Command.write && this.#head.length > PAYLOAD_BYTES_MAX) {
        this.#dropping = this.#head.length;
      }
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

  #done(head: Head, payload: Buffer | undefined): NbdRequest {
    this.#head = undefined;
    const { flags, command, cookie, offset, length } = head;
    return { flags, command, cookie, offset, length, payload };
  }
}

function readHead(bytes: Buffer): Head {
  return {
    flags: bytes.readUInt16BE(4),
    command: bytes.readUInt16BE(6),
    cookie: bytes.subarray(8, 16),
    offset: readU64(bytes, 16),
    length: bytes.readUInt32BE(24),
  };
}
