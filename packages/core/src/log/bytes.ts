/** LSNs, positions and times are 53 bits and stored in 64, little-endian, without BigInt. */

const LOW = 0x1_0000_0000;

export function writeU53(into: Buffer, value: number, offset: number): void {
  into.writeUInt32LE(value >>> 0, offset);
  into.writeUInt32LE(Math.floor(value / LOW), offset + 4);
}

export function readU53(from: Buffer, offset: number): number {
  return from.readUInt32LE(offset) + from.readUInt32LE(offset + 4) * LOW;
}

/** The same bytes as a Buffer, which reads and writes integers faster than a DataView. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A call into native code costs more than comparing so many bytes here. */
const COMPARED_HERE = 32;

/** Where `key` comes beside the bytes from `start` to `end`: below 0 in front of them. */
export function compareKey(key: Buffer, bytes: Buffer, start: number, end: number): number {
  const length = Math.min(key.length, end - start, COMPARED_HERE);
  for (let at = 0; at < length; at++) {
    const difference = (key[at] as number) - (bytes[start + at] as number);
    if (difference !== 0) return difference;
  }
  if (length < COMPARED_HERE) return key.length - (end - start);
  return key.compare(bytes, start + length, end, length);
}

/**
 * How many bytes `key` and the bytes from `start` to `end` begin with in common, when the first
 * `from` are known to be the same. A search that knows how much its bounds have in common with the
 * key compares only what is behind it: keys of a run nearly always begin alike.
 */
export function commonBytes(
  key: Buffer,
  bytes: Buffer,
  { start, end, from }: { readonly start: number; readonly end: number; readonly from: number },
): number {
  const length = Math.min(key.length, end - start);
  let at = from;
  while (at < length && key[at] === bytes[start + at]) at++;
  return at;
}

/** Records and groups begin at multiples of 8, so that recovery can look for them. */
export function align8(length: number): number {
  return Math.ceil(length / 8) * 8;
}
