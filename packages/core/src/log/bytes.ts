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

/** Records and groups begin at multiples of 8, so that recovery can look for them. */
export function align8(length: number): number {
  return Math.ceil(length / 8) * 8;
}
