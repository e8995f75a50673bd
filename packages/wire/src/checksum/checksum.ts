import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Crc32c, crc32cTables } from "./crc32c.ts";
import { Crc64Nvme, crc64NvmeTables } from "./crc64-nvme.ts";
import type { Crc64Tables } from "./crc64-nvme.ts";

/** The checksums of `x-amz-checksum-*`, as `x-amz-checksum-algorithm` names them. */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";

/** All of them, in the order in which S3 documents them. */
export const checksumAlgorithms: readonly ChecksumAlgorithm[] = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
];

/** A digest over bytes as they pass. CRCs are big-endian, as AWS encodes them. */
export interface ByteDigest {
  update(bytes: Uint8Array): void;
  /** To be called once, at the end. */
  digest(): Uint8Array;
}

/**
 * Makes digests. Holds the tables of the CRCs that have been asked for (8 KiB and 16 KiB), so keep
 * one for the life of a server.
 */
export class Checksums {
  #crc32c: Int32Array | undefined;
  #crc64: Crc64Tables | undefined;

  /** CRC32 runs at 4.8 GB/s, SHA1 and SHA256 at 1.7, CRC32C and CRC64NVME at about 1. */
  create(algorithm: ChecksumAlgorithm | "MD5"): ByteDigest {
    switch (algorithm) {
      case "CRC32":
        return new Crc32();
      case "CRC32C":
        return new Crc32c((this.#crc32c ??= crc32cTables()));
      case "CRC64NVME":
        return new Crc64Nvme((this.#crc64 ??= crc64NvmeTables()));
      case "SHA1":
      case "SHA256":
      case "MD5":
        return createHash(algorithm.toLowerCase());
    }
  }
}

class Crc32 implements ByteDigest {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  digest(): Uint8Array {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setUint32(0, this.#crc);
    return out;
  }
}

/** The form that headers and trailers carry. */
export function toBase64(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("base64");
}
