/** Reads LevelDB's integers and strings. Throws a RangeError behind the end. */
export class ByteCursor {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get offset(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  /** Up to 53 bits, in no more bytes than it takes: LevelDB writes none in another way. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte === 0 && scale > 1) throw new RangeError("a number has a byte too many");
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too large");
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("bytes end too early");
    this.#at = end;
    return this.#bytes.subarray(end - length, end);
  }

  /** A length and that many bytes. */
  text(): Buffer {
    return this.take(this.varint());
  }
}
