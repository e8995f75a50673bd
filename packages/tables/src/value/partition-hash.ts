/*
 * MD5 of one block, in JavaScript. Each operation on an item hashes its partition key, a few dozen
 * bytes: the call out of JavaScript and the digest's own object cost several times what these
 * 64 steps do. Longer texts go to node:crypto, which is the oracle of this one's test.
 */

/** What DynamoDB hashes stands behind this. */
const PREFIX = "Outliers";
/** A block of 64 bytes, less its length (8) and the mark behind the text (1). */
export const SHORT_TEXT_MAX: number = 64 - 8 - 1 - PREFIX.length;

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const;

const SINES: Int32Array = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000),
);
const STEP_SHIFTS: Int32Array = Int32Array.from({ length: 64 }, (_, i) => shiftOf(i));
const STEP_WORDS: Int32Array = Int32Array.from({ length: 64 }, (_, i) => wordOf(i));

/**
 * The first four bytes of the digest of the prefix and `text`, the first one lowest; `undefined`
 * for text that is not ASCII without NUL, or that is longer than one block takes.
 */
export function partitionHash(text: string): number | undefined {
  const { length } = text;
  if (length > SHORT_TEXT_MAX) return undefined;
  const block = new Int32Array(16);
  block[0] = wordAt(PREFIX, 0);
  block[1] = wordAt(PREFIX, 4);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0x7f) return undefined;
    const at = (i >> 2) + 2;
    block[at] = (block[at] as number) | (code << ((i & 3) << 3));
  }
  const end = length + PREFIX.length;
  block[end >> 2] = (block[end >> 2] as number) | (0x80 << ((end & 3) << 3));
  block[14] = end << 3;
  return headOf(block);
}

function headOf(block: Int32Array): number {
  let a = 0x6745_2301;
  let b = 0xefcd_ab89 | 0;
  let c = 0x98ba_dcfe | 0;
  let d = 0x1032_5476;
  for (let i = 0; i < 64; i++) {
    const mixed = (mix(i, b, c, d) + a + (SINES[i] as number)) | 0;
    const sum = (mixed + (block[STEP_WORDS[i] as number] as number)) | 0;
    const shift = STEP_SHIFTS[i] as number;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  return (a + 0x6745_2301) | 0;
}

function mix(i: number, b: number, c: number, d: number): number {
  if (i < 16) return (b & c) | (~b & d);
  if (i < 32) return (d & b) | (~d & c);
  if (i < 48) return b ^ c ^ d;
  return c ^ (b | ~d);
}

function shiftOf(i: number): number {
  return SHIFTS[(i >> 4) * 4 + (i & 3)] as number;
}

function wordOf(i: number): number {
  if (i < 16) return i;
  if (i < 32) return (5 * i + 1) & 15;
  return (i < 48 ? 3 * i + 5 : 7 * i) & 15;
}

function wordAt(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}
