/** Bytes of a socket in the order of their arrival, taken in pieces of any length. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `length` bytes, `undefined` while not all are there. Copies only over edges. */
  take(length: number): Buffer | undefined {
    if (length > this.#length) return undefined;
    this.#length -= length;
    const first = this.#chunks[0];
    if (first === undefined || length === 0) return Buffer.alloc(0);
    if (first.length > length) {
      this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    if (first.length === length) return this.#chunks.shift();
    return this.#gather(length);
  }

  /** Drops up to `length` bytes; returns how many. */
  drop(length: number): number {
    const dropped = Math.min(length, this.#length);
    this.take(dropped);
    return dropped;
  }

  #gather(length: number): Buffer {
    const into = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const chunk = this.#chunks[0] as Buffer;
      const part = chunk.subarray(0, length - filled);
      into.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    return into;
  }
}
