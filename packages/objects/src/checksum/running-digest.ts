import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createCRC32, createCRC64 } from "hash-wasm";
import { CRC32C_POLYNOMIAL, CRC64NVME_POLYNOMIAL, crc32Digest } from "./checksum.ts";
import type { ChecksumAlgorithm } from "./checksum.ts";

/** A digest of bytes that come one piece after the other. */
export interface RunningDigest {
  update(bytes: Uint8Array): void;
  /** The digest, big-endian. Ends it. */
  finish(): Uint8Array;
}

export async function openRunningDigest(
  algorithm: ChecksumAlgorithm | "MD5",
): Promise<RunningDigest> {
  switch (algorithm) {
    case "CRC32":
      return runningCrc32();
    case "CRC32C":
      return runningWasm(await createCRC32(CRC32C_POLYNOMIAL));
    case "CRC64NVME":
      return runningWasm(await createCRC64(CRC64NVME_POLYNOMIAL));
    case "MD5":
    case "SHA1":
    case "SHA256":
      return runningHash(algorithm.toLowerCase());
  }
}

function runningCrc32(): RunningDigest {
  let crc = 0;
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc);
    },
    finish: () => crc32Digest(crc),
  };
}

function runningWasm(hasher: Awaited<ReturnType<typeof createCRC32>>): RunningDigest {
  hasher.init();
  return {
    update: (bytes) => {
      hasher.update(bytes);
    },
    finish: () => hasher.digest("binary"),
  };
}

function runningHash(name: string): RunningDigest {
  const running = createHash(name);
  return {
    update: (bytes) => {
      running.update(bytes);
    },
    finish: () => running.digest(),
  };
}
