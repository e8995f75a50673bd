const EMPTY: Buffer = Buffer.alloc(0);

/** Bytes of a socket in the order of their arrival, taken in pieces of any length. */
export class ByteQueue {
  /** Read from `at` on. */
  #front: Buffer = EMPTY;
  #at = 0;
  /** What follows the front. */
  readonly #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#at < this.#front.length) {
      this.#chunks.push(chunk);
      return;
    }
    this.#front = chunk;
    this.#at = 0;
  }

  /**
   * Whether the next `length` bytes are there; then they lie in `front` from `at` on, and nothing
   * was taken. For heads of a few bytes: over an edge they are copied.
   */
  peek(length: number): boolean {
    if (length > this.#length) return false;
    if (this.#front.length - this.#at < length) {
      const head = this.#gather(length);
      this.#chunks.unshift(this.#front.subarray(this.#at));
      this.#front = head;
      this.#at = 0;
    }
    return true;
  }

  get front(): Buffer {
    return this.#front;
  }

  get at(): number {
    return this.#at;
  }

  /**
   * The next `length` bytes, `undefined` while not all are there. Copies only over edges, into
   * `memory` when they fit there.
   */
  take(length: number, memory: Buffer = EMPTY): Buffer | undefined {
    if (length > this.#length) return undefined;
    if (length === 0) return EMPTY;
    const taken =
      this.#front.length - this.#at < length
        ? this.#gather(length, memory)
        : this.#front.subarray(this.#at, (this.#at += length));
    this.#length -= length;
    this.#advance();
    return taken;
  }

  /** Drops up to `length` bytes; returns how many. */
  drop(length: number): number {
    const dropped = Math.min(length, this.#length);
    this.#length -= dropped;
    let left = dropped;
    while (left > this.#front.length - this.#at) {
      left -= this.#front.length - this.#at;
      this.#at = this.#front.length;
      this.#advance();
    }
    this.#at += left;
    this.#advance();
    return dropped;
  }

  #advance(): void {
    if (this.#at < this.#front.length) return;
    this.#front = this.#chunks.shift() ?? EMPTY;
    this.#at = 0;
  }

  #gather(length: number, memory: Buffer = EMPTY): Buffer {
    const fits = length <= memory.length;
    const into = fits ? memory.subarray(0, length) : Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const end = Math.min(this.#front.length, this.#at + length - filled);
      filled += this.#front.copy(into, filled, this.#at, end);
      this.#at = end;
      this.#advance();
    }
    return into;
  }
}
