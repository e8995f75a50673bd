const HEAD_END = "\r\n\r\n";
const FIRST_BYTES = 4096;
const METHOD_BYTES_MAX = 20;
const METHOD_BEGIN = /^[A-Z-]{1,20}(?: |$)/;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Finds the end of a head in bytes that come in pieces. A head in one piece, as nearly all are, is
 * never copied; one that drips in is put together in a buffer that doubles, so that it costs what
 * it weighs.
 */
export class HeadBuffer {
  readonly #bytesMax: number;
  #buffer: Buffer | undefined;
  #length = 0;
  #taken = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether what has come may become a request line: nonsense is not waited for. */
  get mayBegin(): boolean {
    const text =
      this.#buffer?.toString("latin1", 0, Math.min(this.#length, METHOD_BYTES_MAX + 1)) ?? "";
    return this.#length === 0 || METHOD_BEGIN.test(text);
  }

  /** How many bytes of the last piece belong to the head that it ended. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * The head that ends in this piece, Latin-1 and without its empty line; `undefined` while it does
   * not end, `false` once it is longer than it may be. Line ends in front of a head are skipped.
   */
  take(bytes: Buffer): string | undefined | false {
    const from = this.#length === 0 ? afterLineEnds(bytes) : 0;
    if (this.#length === 0) {
      const end = bytes.indexOf(HEAD_END, from, "latin1");
      if (end >= 0) {
        this.#taken = end + HEAD_END.length;
        return end - from > this.#bytesMax ? false : bytes.toString("latin1", from, end);
      }
    }
    return this.#append(bytes, from);
  }

  #append(bytes: Buffer, from: number): string | undefined | false {
    const before = this.#length;
    // No more than what may be a head, and its end.
    const room = this.#bytesMax + HEAD_END.length - before;
    const length = before + Math.min(bytes.length - from, room);
    const buffer = this.#roomFor(length);
    bytes.copy(buffer, before, from, from + length - before);
    this.#length = length;
    const end = buffer.subarray(0, length).indexOf(HEAD_END, Math.max(0, before - 3), "latin1");
    if (end < 0) return length >= this.#bytesMax + HEAD_END.length ? false : undefined;
    this.#taken = from + end + HEAD_END.length - before;
    this.#length = 0;
    this.#buffer = undefined;
    return buffer.toString("latin1", 0, end);
  }

  #roomFor(length: number): Buffer {
    const present = this.#buffer;
    if (present !== undefined && present.length >= length) return present;
    let capacity = FIRST_BYTES;
    while (capacity < length) capacity *= 2;
    const buffer = Buffer.allocUnsafe(capacity);
    present?.copy(buffer, 0, 0, this.#length);
    this.#buffer = buffer;
    return buffer;
  }
}

function afterLineEnds(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}
