/** Digits of a chunk's size, and extensions behind them, which mean nothing here. */
const SIZE_LINE_BYTES_MAX = 256;
/** Trailers are read over; S3's own come inside aws-chunked, under the signature. */
const TRAILER_BYTES_MAX: number = 8 * 1024;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]*"';
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,13})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`);
const TRAILER_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** Too late to say how long a body is, or whose: whoever reads these reads another request. */
const FRAMING_LINE = /^(?:content-length|transfer-encoding|host):/i;

const LF = 0x0a;

type State = "size" | "data" | "dataEnd" | "trailer" | "done";

/**
 * Takes the framing of `Transfer-Encoding: chunked` off bytes that come in pieces of any size.
 *
 *     chunk = hex-size [ ";" extensions ] CRLF bytes CRLF
 *     last  = "0" [ ";" extensions ] CRLF *( name ":" value CRLF ) CRLF
 */
export class ChunkDecoder {
  #state: State = "size";
  /** The part of a line that has arrived, Latin-1. */
  #held = "";
  #left = 0;
  #trailerBytes = 0;

  /** The last byte of the body has been taken. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /**
   * Hands the payload in `bytes` to `sink`, as subarrays, and returns how many bytes belong to the
   * body: all of them unless it ends. -1 when they are no chunks.
   */
  take(bytes: Buffer, sink: (payload: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        sink(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = "dataEnd";
      } else {
        const feed = bytes.indexOf(LF, at);
        const end = feed < 0 ? bytes.length : feed + 1;
        if (this.#held.length + end - at > SIZE_LINE_BYTES_MAX && !this.#isTrailer(end - at)) {
          return -1;
        }
        this.#held += bytes.toString("latin1", at, end);
        at = end;
        if (feed >= 0 && !this.#line()) return -1;
      }
    }
    return at;
  }

  #isTrailer(bytes: number): boolean {
    return this.#state === "trailer" && this.#held.length + bytes <= TRAILER_BYTES_MAX;
  }

  /** False when the line is not what must stand there. */
  #line(): boolean {
    if (!this.#held.endsWith("\r\n")) return false;
    const line = this.#held.slice(0, -2);
    this.#held = "";
    if (this.#state === "dataEnd") {
      this.#state = "size";
      return line === "";
    }
    if (this.#state === "trailer") return this.#trailer(line);
    const size = SIZE_LINE.exec(line)?.[1];
    if (size === undefined) return false;
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailer" : "data";
    return true;
  }

  #trailer(line: string): boolean {
    if (line === "") this.#state = "done";
    else if (!TRAILER_LINE.test(line) || FRAMING_LINE.test(line)) return false;
    this.#trailerBytes += line.length;
    return this.#trailerBytes <= TRAILER_BYTES_MAX;
  }
}
