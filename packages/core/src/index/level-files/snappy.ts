import { ByteCursor } from "./byte-cursor.ts";

/** A block of LevelDB is 4 KiB, its index a few hundred: nothing that is whole is larger. */
const PLAIN_BYTES_MAX: number = 64 * 1024 * 1024;

/**
 * Decompresses Snappy's raw format, which LevelDB's blocks may have. @throws RangeError when the
 * bytes are not that.
 */
export function decompressSnappy(compressed: Buffer): Buffer {
  const from = new ByteCursor(compressed);
  const length = from.varint();
  if (length > PLAIN_BYTES_MAX) throw new RangeError("a block is too large");
  const into = Buffer.alloc(length);
  let filled = 0;
  while (!from.done) {
    const tag = from.byte();
    if ((tag & 3) === 0) {
      const literal = from.take(literalLength(from, tag >>> 2));
      if (filled + literal.length > length) throw new RangeError("a block is longer than it says");
      into.set(literal, filled);
      filled += literal.length;
    } else {
      filled += copyBack(into, filled, copyOf(from, tag));
    }
  }
  if (filled !== length) throw new RangeError("a block is shorter than it says");
  return into;
}

/** Short lengths stand in the tag, longer ones in 1 to 4 bytes behind it. */
function literalLength(from: ByteCursor, code: number): number {
  if (code < 60) return code + 1;
  const bytes = code - 59;
  return from.take(bytes).readUIntLE(0, bytes) + 1;
}

interface Copy {
  readonly offset: number;
  readonly length: number;
}

function copyOf(from: ByteCursor, tag: number): Copy {
  switch (tag & 3) {
    case 1:
      return { length: ((tag >>> 2) & 7) + 4, offset: ((tag >>> 5) << 8) | from.byte() };
    case 2:
      return { length: (tag >>> 2) + 1, offset: from.take(2).readUInt16LE(0) };
    default:
      return { length: (tag >>> 2) + 1, offset: from.take(4).readUInt32LE(0) };
  }
}

/** The copy may overlap what it writes: that is how runs are told. */
function copyBack(into: Buffer, filled: number, { offset, length }: Copy): number {
  if (offset === 0 || offset > filled || filled + length > into.length) {
    throw new RangeError("a copy lies outside the block");
  }
  for (let at = filled; at < filled + length; at++) into[at] = into[at - offset] as number;
  return length;
}
