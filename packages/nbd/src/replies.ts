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
import type { Outbox } from "./outbox.ts";
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

/** Writes the replies of one connection in the form that was negotiated, into its outbox's room. */
export class Replies {
  readonly #form: ReplyForm;
  readonly #outbox: Outbox;
  readonly #headBytes: number;
  readonly #room = (bytes: number): Buffer => this.#outbox.room(bytes);

  constructor(form: ReplyForm, outbox: Outbox) {
    this.#form = form;
    this.#outbox = outbox;
    this.#headBytes = form === "extended" ? EXTENDED_REPLY_BYTES : STRUCTURED_REPLY_BYTES;
  }

  /** A reply without data. Structured replies need not be structured when they carry none. */
  ok(request: NbdRequest): Buffer {
    return this.#form === "extended"
      ? this.#chunk(request, { type: Chunk.none, bytes: 0 })
      : this.#simple(request, 0);
  }

  error(request: NbdRequest, number: number): Buffer {
    if (this.#form === "simple") return this.#simple(request, number);
    // Error number, and the length of a message that nobody needs.
    const reply = this.#chunk(request, { type: Chunk.error, bytes: 6 });
    reply.writeUInt32BE(number, this.#headBytes);
    reply.writeUInt16BE(0, this.#headBytes + 4);
    return reply;
  }

  /**
   * A reply with room for the request's data, which begins at `dataAt`, for the caller to fill. It
   * lies in the outbox's room when it is to be sent in this turn, otherwise apart.
   */
  forData(request: NbdRequest, room: (bytes: number) => Buffer): Buffer {
    if (this.#form === "simple") {
      const reply = room(SIMPLE_REPLY_BYTES + request.length);
      simpleHead(reply, request, 0);
      return reply;
    }
    const bytes = OFFSET_BYTES + request.length;
    const reply = this.#chunk(request, { type: Chunk.offsetData, bytes, room });
    writeU64(reply, request.offset, this.#headBytes);
    return reply;
  }

  /** First byte of the data in what `forData` gives. */
  get dataAt(): number {
    return this.#form === "simple" ? SIMPLE_REPLY_BYTES : this.#headBytes + OFFSET_BYTES;
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

  #chunk(request: NbdRequest, { type, bytes, done = true, room = this.#room }: ChunkForm): Buffer {
    const into = room(this.#headBytes + bytes);
    const isExtended = this.#form === "extended";
    into.writeUInt32BE(isExtended ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC, 0);
    into.writeUInt16BE(done ? CHUNK_DONE : 0, 4);
    into.writeUInt16BE(type, 6);
    into.writeUInt32BE(request.cookieHigh, 8);
    into.writeUInt32BE(request.cookieLow, 12);
    if (isExtended) {
      writeU64(into, request.offset, 16);
      writeU64(into, bytes, 24);
    } else {
      into.writeUInt32BE(bytes, 16);
    }
    return into;
  }

  #simple(request: NbdRequest, error: number): Buffer {
    const reply = this.#outbox.room(SIMPLE_REPLY_BYTES);
    simpleHead(reply, request, error);
    return reply;
  }
}

interface ChunkForm {
  readonly type: number;
  /** Behind the head. */
  readonly bytes: number;
  /** The last chunk of its reply. Default true. */
  readonly done?: boolean;
  /** Default: the outbox's. */
  readonly room?: (bytes: number) => Buffer;
}

function simpleHead(into: Buffer, request: NbdRequest, error: number): void {
  into.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0);
  into.writeUInt32BE(error, 4);
  into.writeUInt32BE(request.cookieHigh, 8);
  into.writeUInt32BE(request.cookieLow, 12);
}
