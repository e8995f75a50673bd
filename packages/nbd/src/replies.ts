import type { VolumeExtent } from "@firn/volumes";
import { ALLOCATION_CONTEXT_ID } from "./negotiation.ts";
import {
  Allocation,
  CHUNK_DONE,
  Chunk,
  SIMPLE_REPLY_BYTES,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_BYTES,
  STRUCTURED_REPLY_MAGIC,
  writeU64,
} from "./protocol.ts";
import type { NbdRequest } from "./request-parser.ts";

/** Bytes of the offset in front of a structured read's data. */
const OFFSET_BYTES = 8;

/** Writes the replies of one connection in the form that was negotiated. */
export class Replies {
  readonly #structured: boolean;

  constructor(structured: boolean) {
    this.#structured = structured;
  }

  /** A reply without data. */
  ok(request: NbdRequest): Buffer {
    return simple(request, 0);
  }

  error(request: NbdRequest, number: number): Buffer {
    if (!this.#structured) return simple(request, number);
    // Error number, and the length of a message that nobody needs.
    const reply = chunk(request, Chunk.error, 6);
    reply.writeUInt32BE(number, STRUCTURED_REPLY_BYTES);
    reply.writeUInt16BE(0, STRUCTURED_REPLY_BYTES + 4);
    return reply;
  }

  /** A reply with room for the request's data, for the caller to fill: one buffer, no copy. */
  forData(request: NbdRequest): { readonly reply: Buffer; readonly data: Buffer } {
    if (!this.#structured) {
      const reply = Buffer.allocUnsafe(SIMPLE_REPLY_BYTES + request.length);
      simpleHead(reply, request, 0);
      return { reply, data: reply.subarray(SIMPLE_REPLY_BYTES) };
    }
    const reply = chunk(request, Chunk.offsetData, OFFSET_BYTES + request.length);
    writeU64(reply, request.offset, STRUCTURED_REPLY_BYTES);
    return { reply, data: reply.subarray(STRUCTURED_REPLY_BYTES + OFFSET_BYTES) };
  }

  blockStatus(request: NbdRequest, extents: readonly VolumeExtent[]): Buffer {
    const reply = chunk(request, Chunk.blockStatus, 4 + extents.length * 8);
    let at = STRUCTURED_REPLY_BYTES;
    at = reply.writeUInt32BE(ALLOCATION_CONTEXT_ID, at);
    for (const { length, kind } of extents) {
      at = reply.writeUInt32BE(length, at);
      at = reply.writeUInt32BE(statusOf(kind), at);
    }
    return reply;
  }
}

function statusOf(kind: VolumeExtent["kind"]): number {
  if (kind === "hole") return Allocation.hole | Allocation.zero;
  return kind === "zero" ? Allocation.zero : 0;
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

/** The only, and therefore last, chunk of a reply. */
function chunk(request: NbdRequest, type: number, payloadBytes: number): Buffer {
  const into = Buffer.allocUnsafe(STRUCTURED_REPLY_BYTES + payloadBytes);
  into.writeUInt32BE(STRUCTURED_REPLY_MAGIC, 0);
  into.writeUInt16BE(CHUNK_DONE, 4);
  into.writeUInt16BE(type, 6);
  into.set(request.cookie, 8);
  into.writeUInt32BE(payloadBytes, 16);
  return into;
}
