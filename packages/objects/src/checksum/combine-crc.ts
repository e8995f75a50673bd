import type { ChecksumAlgorithm } from "./checksum.ts";

/**
 * The CRC of a whole object from the CRCs and lengths of its parts, without reading a byte.
 *
 * A CRC is linear over GF(2): crc(A ++ B) = shift(crc(A), |B|) xor crc(B), where the shift by one
 * zero bit is a multiplication by x in the field of remainders. Shifting by n bytes is a
 * multiplication by x^(8n), reached by squaring in log n steps. The initial and the final
 * inversion cancel out between the three terms, so that published CRCs combine as they are.
 *
 * Numbers are reflected: the coefficient of x^0 is the highest bit.
 */
export type CombinableAlgorithm = Extract<ChecksumAlgorithm, `CRC${string}`>;

export function isCombinable(algorithm: ChecksumAlgorithm): algorithm is CombinableAlgorithm {
  return algorithm.startsWith("CRC");
}

export interface CrcOfPart {
  /** Big-endian. */
  readonly digest: Uint8Array;
  /** Length of the part in bytes. */
  readonly size: number;
}

/** The CRC of the parts one behind the other; of no parts at all, that of no bytes. */
export function combineCrcs(
  algorithm: CombinableAlgorithm,
  parts: readonly CrcOfPart[],
): Uint8Array {
  const field = fields[algorithm];
  const shifts = new Map<number, bigint>();
  let crc = 0n;
  for (const part of parts) {
    // Parts of one upload mostly have one size.
    const shift = shifts.get(part.size) ?? powerOfX(field, BigInt(part.size) * 8n);
    shifts.set(part.size, shift);
    crc = multiply(field, crc, shift) ^ fromBigEndian(part.digest);
  }
  return toBigEndian(crc, field.bits / 8);
}

interface Field {
  readonly bits: number;
  readonly polynomial: bigint;
}

const fields: Readonly<Record<CombinableAlgorithm, Field>> = {
  CRC32: { bits: 32, polynomial: 0xedb88320n },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

function multiply(field: Field, a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = field.bits - 1; bit >= 0; bit--) {
    if (((a >> BigInt(bit)) & 1n) === 1n) product ^= shifted;
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ field.polynomial : shifted >> 1n;
  }
  return product;
}

/** x^exponent; x itself is the second highest bit. */
function powerOfX(field: Field, exponent: bigint): bigint {
  let result = 1n << BigInt(field.bits - 1);
  let square = 1n << BigInt(field.bits - 2);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = multiply(field, result, square);
    square = multiply(field, square, square);
  }
  return result;
}

function fromBigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function toBigEndian(value: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn);
  return out;
}
