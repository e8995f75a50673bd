/*
 * Replies of one connection, gathered so that what is answered in one turn is one write: a system
 * call for each reply is most of what a small request costs.
 *
 * Replies are made in place, one behind the other in a slab of memory that is used again when the
 * socket has taken all of it. (Fresh memory for each reply was the second largest cost: 4 KiB that
 * no cache has yet, and the collector's work.) Large ones have memory of their own, since gathering
 * them saves nothing.
 */
import type { Socket } from "node:net";
import { OUTBOX_SLABS_MAX, SLAB_BYTES, SLAB_REPLY_BYTES_MAX } from "./constants.ts";

interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** Replies made in it that the socket has not taken. */
  replies: number;
}

/** Replies that lie one behind the other in memory. */
interface Part {
  readonly slab: Slab | undefined;
  readonly bytes: Buffer;
  start: number;
  end: number;
  replies: number;
}

export class Outbox {
  #slab: Slab | undefined;
  readonly #spare: Slab[] = [];
  /** Slabs with replies that are not sent, by their memory. */
  readonly #slabs = new Map<ArrayBufferLike, Slab>();
  #parts: Part[] = [];
  #bytes = 0;

  /** Bytes of replies that `flush` has not given to the socket. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Room for one reply, to be filled and then pushed, or given back. */
  room(bytes: number): Buffer {
    if (bytes > SLAB_REPLY_BYTES_MAX) return Buffer.allocUnsafe(bytes);
    const slab = this.#slabFor(bytes);
    const start = slab.used;
    slab.used += bytes;
    slab.replies++;
    return slab.bytes.subarray(start, slab.used);
  }

  /** The room will not be used. */
  giveBack(room: Buffer): void {
    const slab = this.#slabs.get(room.buffer);
    if (slab === undefined) return;
    if (room.byteOffset + room.length === slab.used) slab.used -= room.length;
    this.#sent(slab, 1);
  }

  /** Sends a reply with the next flush, behind those pushed before. */
  push(reply: Buffer): void {
    this.#bytes += reply.length;
    const slab = this.#slabs.get(reply.buffer);
    const last = this.#parts.at(-1);
    const start = reply.byteOffset;
    const end = start + reply.length;
    if (slab === undefined) {
      this.#parts.push({ slab, bytes: reply, start: 0, end: reply.length, replies: 1 });
    } else if (last?.slab === slab && last.end === start) {
      last.end = end;
      last.replies++;
    } else {
      this.#parts.push({ slab, bytes: slab.bytes, start, end, replies: 1 });
    }
  }

  /** Gives all that was pushed to the socket. */
  flush(socket: Socket): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    this.#bytes = 0;
    if (parts.length > 1) socket.cork();
    for (const { slab, bytes, start, end, replies } of parts) {
      const written = slab === undefined ? undefined : (): void => this.#sent(slab, replies);
      socket.write(bytes.subarray(start, end), written);
    }
    if (parts.length > 1) socket.uncork();
  }

  #sent(slab: Slab, replies: number): void {
    slab.replies -= replies;
    if (slab.replies > 0) return;
    slab.used = 0;
    if (slab === this.#slab) return;
    this.#slabs.delete(slab.bytes.buffer);
    if (this.#spare.length < OUTBOX_SLABS_MAX) this.#spare.push(slab);
  }

  #slabFor(bytes: number): Slab {
    const slab = this.#slab;
    if (slab !== undefined && slab.used + bytes <= slab.bytes.length) return slab;
    // A slab's memory is its own, so that a reply's memory tells its slab.
    const next = this.#spare.pop() ?? {
      bytes: Buffer.allocUnsafeSlow(SLAB_BYTES),
      used: 0,
      replies: 0,
    };
    this.#slabs.set(next.bytes.buffer, next);
    this.#slab = next;
    if (slab?.replies === 0) this.#sent(slab, 0);
    return next;
  }
}
