import { expect, test } from "vitest";
import { Checksums, checksumAlgorithms, toBase64 } from "./checksum.ts";
import type { ChecksumAlgorithm } from "./checksum.ts";

const checksums = new Checksums();

function base64(algorithm: ChecksumAlgorithm, parts: readonly Uint8Array[]): string {
  const digest = checksums.create(algorithm);
  for (const part of parts) digest.update(part);
  return toBase64(digest.digest());
}

// Check values of the "123456789" string from the catalogue of CRC algorithms, and of FIPS 180.
const CHECK = Buffer.from("123456789");
const EXPECTED: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: "cbf43926",
  CRC32C: "e3069283",
  CRC64NVME: "ae8b14860a799888",
  SHA1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  SHA256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
};

test.each(checksumAlgorithms)("%s gives its published check value", (algorithm) => {
  const hex = Buffer.from(EXPECTED[algorithm], "hex").toString("base64");
  expect(base64(algorithm, [CHECK])).toBe(hex);
});

test.each(checksumAlgorithms)("%s does not depend on how bytes are cut", (algorithm) => {
  const bytes = new Uint8Array(1000).map((_, i) => (i * 31) & 0xff);
  const whole = base64(algorithm, [bytes]);
  for (const cut of [0, 1, 7, 8, 9, 500, 999, 1000]) {
    expect(base64(algorithm, [bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(whole);
  }
});
