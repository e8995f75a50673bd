import type { StatusExtent } from "./meta-contexts.ts";
import {
  CHUNK_DONE,
  Chunk,
  EXTENDED_REPLY_BYTES,
  EXTENDED_REPLY_MAGIC,
  SIMPLE_REPLY_BYTES,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_BYTES,
  STRUCTURED_REPLY_MAGIC,
  writeU64,
} from "./protocol.ts";
import type { NbdRequest } from "./request-parser.ts";

/** The form of replies that was negotiated; extended ones go with extended requests. */
export type ReplyForm = "simple" | "structured" | "extended";

/** What one context says about a range. */
export interface ContextStatus {
  readonly id: number;
  readonly extents: readonly StatusExtent[];
}

/** Bytes of the offset in front of a structured read's data. */
const OFFSET_BYTES = 8;
const LENGTH_MAX = 0xffff_ffff;

/** Writes the replies of one connection in the form that was negotiated. */
export class Replies {
  readonly #form: ReplyForm;
  readonly #headBytes: number;

  constructor(form: ReplyForm) {
    this.#form = form;
    this.#headBytes = form === "extended" ? EXTENDED_REPLY_BYTES : STRUCTURED_REPLY_BYTES;
  }

  /** A reply without data. Structured replies need not be structured when they carry none. */
  ok(request: NbdRequest): Buffer {
    return this.#form === "extended"
      ? this.#chunk(request, { type: Chunk.none, bytes: 0 })
      : simple(request, 0);
  }

  error(request: NbdRequest, number: number): Buffer {
    if (this.#form === "simple") return simple(request, number);
    // Error number, and the length of a message that nobody needs.
    const reply = this.#chunk(request, { type: Chunk.error, bytes: 6 });
    reply.writeUInt32BE(number, this.#headBytes);
    reply.writeUInt16BE(0, this.#headBytes + 4);
    return reply;
  }

  /** A reply with room for the request's data, for the caller to fill: one buffer, no copy. */
  forData(request: NbdRequest): { readonly reply: Buffer; readonly data: Buffer } {
    if (this.#form === "simple") {
      const reply = Buffer.allocUnsafe(SIMPLE_REPLY_BYTES + request.length);
      simpleHead(reply, request, 0);
      return { reply, data: reply.subarray(SIMPLE_REPLY_BYTES) };
    }
    const bytes = OFFSET_BYTES + request.length;
    const reply = this.#chunk(request, { type: Chunk.offsetData, bytes });
    writeU64(reply, request.offset, this.#headBytes);
    return { reply, data: reply.subarray(this.#headBytes + OFFSET_BYTES) };
  }

  /** One chunk for each context; the last of them ends the reply. */
  blockStatus(request: NbdRequest, statuses: readonly ContextStatus[]): Buffer {
    const chunks = statuses.map((status, at) => {
      const done = at === statuses.length - 1;
      return this.#form === "extended"
        ? this.#extendedStatus(request, status, done)
        : this.#status(request, status, done);
    });
    return Buffer.concat(chunks);
  }

  #status(request: NbdRequest, { id, extents }: ContextStatus, done: boolean): Buffer {
    const bytes = 4 + extents.length * 8;
    const reply = this.#chunk(request, { type: Chunk.blockStatus, bytes, done });
    let at = reply.writeUInt32BE(id, this.#headBytes);
    for (const { length, flags } of extents) {
      at = reply.writeUInt32BE(Math.min(length, LENGTH_MAX), at);
      at = reply.writeUInt32BE(flags, at);
    }
    return reply;
  }

  #extendedStatus(request: NbdRequest, { id, extents }: ContextStatus, done: boolean): Buffer {
    const bytes = 8 + extents.length * 16;
    const reply = this.#chunk(request, { type: Chunk.blockStatusExtended, bytes, done });
    let at = reply.writeUInt32BE(id, this.#headBytes);
    at = reply.writeUInt32BE(extents.length, at);
    for (const { length, flags } of extents) {
      writeU64(reply, length, at);
      writeU64(reply, flags, at + 8);
      at += 16;
    }
    return reply;
  }

  #chunk(
    request: NbdRequest,
    { type, bytes, done = true }: { type: number; bytes: number; done?: boolean },
  ): Buffer {
    const into = Buffer.allocUnsafe(this.#headBytes + bytes);
    const isExtended = this.#form === "extended";
    into.writeUInt32BE(isExtended ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC, 0);
    into.writeUInt16BE(done ? CHUNK_DONE : 0, 4);
    into.writeUInt16BE(type, 6);
    into.set(request.cookie, 8);
    if (isExtended) {
      writeU64(into, request.offset, 16);
      writeU64(into, bytes, 24);
    } else {
      into.writeUInt32BE(bytes, 16);
    }
    return into;
  }
}

function simple(request: NbdRequest, error: number): Buffer {
  const reply = Buffer.allocUnsafe(SIMPLE_REPLY_BYTES);
  simpleHead(reply, request, error);
  return reply;
}

function simpleHead(into: Buffer, request: NbdRequest, error: number): void {
  into.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0);
  into.writeUInt32BE(error, 4);
  into.set(request.cookie, 8);
}
