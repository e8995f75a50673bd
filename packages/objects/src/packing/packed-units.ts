import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { PACKED_UNIT_BYTES, PACK_BYTES_MIN } from "../constants.ts";
import type { ByteRange } from "../byte-range.ts";
import { objectError } from "../errors.ts";

/**
 * Bytes of a blob, compressed in units that can be read alone:
 *
 *     packed = units one behind another, then a table: for each unit its bytes as u32 big-endian,
 *              with the highest bit set where the unit is stored as it came
 *
 * Every unit but the last stands for 256 KiB, so that a range costs the table and at most one unit
 * more at either end. A table at the end, because a body is written before its units are known.
 * What does not become shorter is stored as it came, and after a unit of that kind some are not
 * even tried, up to 32 in a row: a film costs a hundredth of the time that it would.
 *
 * Brotli at quality 4 and not deflate: of a level with deflate's best, at 1.4 times its speed;
 * zstd is not in Node 20. It runs on the thread pool, beside the hashes of what comes next.
 */

const compress: (bytes: Uint8Array, options: object) => Promise<Buffer> = promisify(brotliCompress);
const decompress: (bytes: Uint8Array, options: object) => Promise<Buffer> =
  promisify(brotliDecompress);

const WINDOW_BITS = 18;
const OPTIONS = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 4,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
  },
};
const ENTRY_BYTES = 4;
const AS_IT_CAME = 0x8000_0000;
/** A unit is kept compressed when that spares a sixteenth: less is not worth the reading. */
export const PACKED_GAIN: number = 15 / 16;
const UNTRIED_MAX = 32;

interface Unit {
  readonly bytes: Uint8Array;
  readonly asItCame: boolean;
}

/** The packed form of a body in one piece; `undefined` when that is not worth it. */
export async function packBytes(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (bytes.length < PACK_BYTES_MIN) return undefined;
  const packed = new PackedStream(once(bytes));
  const pieces: Uint8Array[] = [];
  for await (const piece of packed) pieces.push(piece);
  return packed.bytes < bytes.length * PACKED_GAIN ? Buffer.concat(pieces) : undefined;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}

/** The packed form of bytes that come in any pieces; holds two units. */
export class PackedStream implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #table: number[] = [];
  #bytes = 0;
  #untried = 0;
  /** How many to pass over when the next one does not shrink. */
  #patience = 1;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  /** Length of the packed form, once it has ended. */
  get bytes(): number {
    return this.#bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    let room = Buffer.allocUnsafe(PACKED_UNIT_BYTES);
    let used = 0;
    // One unit is compressed while the next is gathered.
    let ahead: Promise<Unit> | undefined;
    for await (const chunk of this.#source) {
      let at = 0;
      while (at < chunk.length) {
        const piece = chunk.subarray(at, at + PACKED_UNIT_BYTES - used);
        room.set(piece, used);
        used += piece.length;
        at += piece.length;
        if (used < PACKED_UNIT_BYTES) continue;
        if (ahead !== undefined) yield this.#note(await ahead);
        ahead = this.#pack(room);
        room = Buffer.allocUnsafe(PACKED_UNIT_BYTES);
        used = 0;
      }
    }
    if (ahead !== undefined) yield this.#note(await ahead);
    if (used > 0) yield this.#note(await this.#pack(room.subarray(0, used)));
    yield this.#tableBytes();
  }

  async #pack(plain: Uint8Array): Promise<Unit> {
    if (this.#untried > 0) {
      this.#untried--;
      return { bytes: plain, asItCame: true };
    }
    const packed = await compress(plain, OPTIONS);
    if (packed.length < plain.length * PACKED_GAIN) {
      this.#patience = 1;
      return { bytes: packed, asItCame: false };
    }
    this.#untried = this.#patience;
    this.#patience = Math.min(this.#patience * 2, UNTRIED_MAX);
    return { bytes: plain, asItCame: true };
  }

  #note({ bytes, asItCame }: Unit): Uint8Array {
    this.#bytes += bytes.length;
    this.#table.push(asItCame ? bytes.length + AS_IT_CAME : bytes.length);
    return bytes;
  }

  #tableBytes(): Uint8Array {
    const table = Buffer.allocUnsafe(this.#table.length * ENTRY_BYTES);
    for (const [index, entry] of this.#table.entries()) {
      table.writeUInt32BE(entry, index * ENTRY_BYTES);
    }
    this.#bytes += table.length;
    return table;
  }
}

/** A packed blob, and the range of its plain bytes that is wanted. */
export interface PackedRange extends ByteRange {
  /** Plain bytes of the whole. */
  readonly size: number;
  /** Bytes of the packed form. */
  readonly packed: number;
}

/** Reads the packed form. */
export type ReadStored = (range: ByteRange) => AsyncIterable<Uint8Array>;

/** The plain bytes of the range. @throws FIRN_OBJECT_PACKING_BROKEN. */
export async function* unpackRange(
  read: ReadStored,
  { size, packed, start, end }: PackedRange,
): AsyncGenerator<Uint8Array, void> {
  const count = Math.ceil(size / PACKED_UNIT_BYTES);
  const tableStart = packed - count * ENTRY_BYTES;
  if (tableStart < 0) throw brokenError();
  const table = await gather(read({ start: tableStart, end: packed }));
  const lengths = Array.from({ length: count }, (_, index) =>
    table.readUInt32BE(index * ENTRY_BYTES),
  );
  const first = Math.floor(start / PACKED_UNIT_BYTES);
  const last = Math.ceil(end / PACKED_UNIT_BYTES);
  const from = bytesOf(lengths.slice(0, first));
  const until = from + bytesOf(lengths.slice(first, last));
  if (until > tableStart) throw brokenError();
  let index = first;
  for await (const unit of pieces(read({ start: from, end: until }), lengths.slice(first, last))) {
    const base = index * PACKED_UNIT_BYTES;
    const wanted = Math.min(PACKED_UNIT_BYTES, size - base);
    const plain = (lengths[index] ?? 0) >= AS_IT_CAME ? unit : await unpack(unit);
    if (plain.length !== wanted) throw brokenError();
    yield plain.subarray(Math.max(start - base, 0), Math.min(end - base, wanted));
    index++;
  }
}

async function unpack(unit: Uint8Array): Promise<Uint8Array> {
  try {
    return await decompress(unit, { maxOutputLength: PACKED_UNIT_BYTES });
  } catch (cause) {
    throw brokenError(cause);
  }
}

function bytesOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + (length % AS_IT_CAME), 0);
}

/** All of a stream in one piece. */
export async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Cuts a stream into pieces of these lengths. */
async function* pieces(
  source: AsyncIterable<Uint8Array>,
  lengths: readonly number[],
): AsyncGenerator<Uint8Array, void> {
  const wanted = lengths.map((length) => length % AS_IT_CAME);
  let at = 0;
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    bytes += chunk.length;
    while (at < wanted.length && bytes >= (wanted[at] as number)) {
      const length = wanted[at++] as number;
      const joined = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held, bytes);
      yield joined.subarray(0, length);
      held = [joined.subarray(length)];
      bytes -= length;
    }
  }
  if (at < wanted.length) throw brokenError();
}

function brokenError(cause?: unknown): Error {
  const text = "The packed bytes of the object cannot be unpacked.";
  return objectError("FIRN_OBJECT_PACKING_BROKEN", text, { cause });
}
