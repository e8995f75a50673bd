import type { ByteDigest } from "./checksum.ts";

// Castagnoli's polynomial, reflected.
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/**
 * Eight tables of 256: one step folds eight bytes in with independent look-ups, about three times
 * the speed of a table walk byte by byte, which is what the packages on npm do.
 */
export function crc32cTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] ?? 0;
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  return tables;
}

/** A streaming CRC32C over tables from `crc32cTables`, which many may share. */
export class Crc32c implements ByteDigest {
  readonly #tables: Int32Array;
  #crc = -1;

  constructor(tables: Int32Array) {
    this.#tables = tables;
  }

  update(bytes: Uint8Array): void {
    this.#crc = foldBytes(this.#tables, this.#crc, bytes);
  }

  digest(): Uint8Array {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setInt32(0, ~this.#crc);
    return out;
  }
}

function foldBytes(t: Int32Array, start: number, bytes: Uint8Array): number {
  let crc = start;
  let i = 0;
  const whole = bytes.length - (bytes.length % SLICES);
  for (; i < whole; i += SLICES) {
    const low =
      crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 0xff]!;
  return crc;
}
