import { CHUNK_BUFFERS_KEPT } from "../constants.ts";

/**
 * Buffers that writers of blobs fill, kept for the next writer: fresh memory costs a page fault for
 * every 4 KiB, more than copying the bytes into it does.
 */
export class ChunkBuffers {
  readonly #bytes: number;
  readonly #free: Buffer[] = [];

  /** @param bytes of the buffers that are kept; others are made for once. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** What was in it before is still there. */
  take(bytes: number): Buffer {
    const free = bytes === this.#bytes ? this.#free.pop() : undefined;
    return free ?? Buffer.allocUnsafeSlow(bytes);
  }

  /** Nobody may write to it or from it any more. */
  give(buffer: Buffer | undefined): void {
    if (buffer?.length !== this.#bytes || this.#free.length === CHUNK_BUFFERS_KEPT) return;
    this.#free.push(buffer);
  }
}
