/*
 * MD5 of one block, in JavaScript. Each operation on an item hashes its partition key, a few dozen
 * bytes: the call out of JavaScript and the digest's own object cost several times what these
 * 64 steps do. Longer texts go to node:crypto, which is the oracle of this one's test.
 */

/** What DynamoDB hashes stands behind this. */
const PREFIX = "Outliers";
/** A block of 64 bytes, less its length (8) and the mark behind the text (1). */
export const SHORT_TEXT_MAX: number = 64 - 8 - 1 - PREFIX.length;

const SINES: Int32Array = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000),
);
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

/** Four rounds of 16 steps, four of which at a time bring the words back to their places. */
function headOf(x: Int32Array): number {
  let a = 0x6745_2301;
  let b = 0xefcd_ab89 | 0;
  let c = 0x98ba_dcfe | 0;
  let d = 0x1032_5476;
  for (let i = 0; i < 16; i += 4) {
    a = (rotated((a + ((b & c) | (~b & d)) + added(x, i, i)) | 0, 7) + b) | 0;
    d = (rotated((d + ((a & b) | (~a & c)) + added(x, i + 1, i + 1)) | 0, 12) + a) | 0;
    c = (rotated((c + ((d & a) | (~d & b)) + added(x, i + 2, i + 2)) | 0, 17) + d) | 0;
    b = (rotated((b + ((c & d) | (~c & a)) + added(x, i + 3, i + 3)) | 0, 22) + c) | 0;
  }
  for (let i = 0; i < 16; i += 4) {
    a = (rotated((a + ((d & b) | (~d & c)) + added(x, 5 * i + 1, i + 16)) | 0, 5) + b) | 0;
    d = (rotated((d + ((c & a) | (~c & b)) + added(x, 5 * i + 6, i + 17)) | 0, 9) + a) | 0;
    c = (rotated((c + ((b & d) | (~b & a)) + added(x, 5 * i + 11, i + 18)) | 0, 14) + d) | 0;
    b = (rotated((b + ((a & c) | (~a & d)) + added(x, 5 * i + 16, i + 19)) | 0, 20) + c) | 0;
  }
  for (let i = 0; i < 16; i += 4) {
    a = (rotated((a + (b ^ c ^ d) + added(x, 3 * i + 5, i + 32)) | 0, 4) + b) | 0;
    d = (rotated((d + (a ^ b ^ c) + added(x, 3 * i + 8, i + 33)) | 0, 11) + a) | 0;
    c = (rotated((c + (d ^ a ^ b) + added(x, 3 * i + 11, i + 34)) | 0, 16) + d) | 0;
    b = (rotated((b + (c ^ d ^ a) + added(x, 3 * i + 14, i + 35)) | 0, 23) + c) | 0;
  }
  for (let i = 0; i < 16; i += 4) {
    a = (rotated((a + (c ^ (b | ~d)) + added(x, 7 * i, i + 48)) | 0, 6) + b) | 0;
    d = (rotated((d + (b ^ (a | ~c)) + added(x, 7 * i + 7, i + 49)) | 0, 10) + a) | 0;
    c = (rotated((c + (a ^ (d | ~b)) + added(x, 7 * i + 14, i + 50)) | 0, 15) + d) | 0;
    b = (rotated((b + (d ^ (c | ~a)) + added(x, 7 * i + 21, i + 51)) | 0, 21) + c) | 0;
  }
  return (a + 0x6745_2301) | 0;
}

/** The word of the block and the constant that a step adds. */
function added(x: Int32Array, word: number, at: number): number {
  return ((x[word & 15] as number) + (SINES[at] as number)) | 0;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function wordAt(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}
