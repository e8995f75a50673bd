import { crc32 } from "node:zlib";
import { hash } from "node:crypto";
import { createCRC32, createCRC64 } from "hash-wasm";
import type { IHasher } from "hash-wasm";

/** The checksums that S3 keeps with an object, beside the MD5 of its ETag. */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";

/** Of the whole object, or of the checksums of its parts. */
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64 of the digest, big-endian; composite ones end with "-" and the number of parts. */
  readonly value: string;
}

/** Bytes of each algorithm's digest. */
export const checksumBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(checksumBytes, name);
}

/** Whether `value` is the base64 of a digest of that algorithm. */
export function isChecksumValue(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === checksumBytes[algorithm] && bytes.toString("base64") === value;
}

/** The reflected polynomials, as hash-wasm takes them. */
export const CRC32C_POLYNOMIAL = 0x82f63b78;
export const CRC64NVME_POLYNOMIAL = "9a6c9329ac4bc9b5";

/** One-shot digests. Opened once, because WebAssembly compiles asynchronously. */
export class Digests {
  readonly #crc32c: IHasher;
  readonly #crc64: IHasher;

  static async open(): Promise<Digests> {
    const [crc32c, crc64] = await Promise.all([
      createCRC32(CRC32C_POLYNOMIAL),
      createCRC64(CRC64NVME_POLYNOMIAL),
    ]);
    return new Digests(crc32c, crc64);
  }

  private constructor(crc32c: IHasher, crc64: IHasher) {
    this.#crc32c = crc32c;
    this.#crc64 = crc64;
  }

  of(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Uint8Array {
    switch (algorithm) {
      case "CRC32":
        return crc32Digest(crc32(bytes));
      case "CRC32C":
        return this.#crc32c.init().update(bytes).digest("binary");
      case "CRC64NVME":
        return this.#crc64.init().update(bytes).digest("binary");
      case "SHA1":
        return hash("sha1", bytes, "buffer");
      case "SHA256":
        return hash("sha256", bytes, "buffer");
    }
  }
}

export function crc32Digest(crc: number): Uint8Array {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(crc);
  return out;
}
