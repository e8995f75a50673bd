import { expect, test } from "vitest";
import { Digests, checksumBytes, isChecksumValue } from "./checksum.ts";
import type { ChecksumAlgorithm } from "./checksum.ts";
import { combineCrcs } from "./combine-crc.ts";
import { openRunningDigest } from "./running-digest.ts";

/** The check values of the published catalogues: digests of "123456789". */
const published: Record<ChecksumAlgorithm, string> = {
  CRC32: "cbf43926",
  CRC32C: "e3069283",
  CRC64NVME: "ae8b14860a799888",
  SHA1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  SHA256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
};
const algorithms = Object.keys(published) as ChecksumAlgorithm[];
const bytes = Buffer.from("123456789");

test.each(algorithms)("%s gives the published digest, at once and in pieces", async (algorithm) => {
  const digests = await Digests.open();
  expect(Buffer.from(digests.of(algorithm, bytes)).toString("hex")).toBe(published[algorithm]);
  const running = await openRunningDigest(algorithm);
  for (const byte of bytes) running.update(Buffer.from([byte]));
  expect(Buffer.from(running.finish()).toString("hex")).toBe(published[algorithm]);
});

test("running digests do not disturb each other", async () => {
  const [one, other] = [await openRunningDigest("CRC32C"), await openRunningDigest("CRC32C")];
  one.update(bytes.subarray(0, 4));
  other.update(Buffer.from("other"));
  one.update(bytes.subarray(4));
  expect(Buffer.from(one.finish()).toString("hex")).toBe(published.CRC32C);
});

test.each(["CRC32", "CRC32C", "CRC64NVME"] as const)(
  "the %s of a whole follows from those of its parts and their lengths",
  async (algorithm) => {
    const digests = await Digests.open();
    const whole = Buffer.from("The whole is the parts, one behind the other.".repeat(99));
    const cuts = [0, 1, 1, 700, 1400, 2100, whole.length];
    const parts = cuts.slice(1).map((end, index) => {
      const part = whole.subarray(cuts[index], end);
      return { digest: digests.of(algorithm, part), size: part.length };
    });
    expect(Buffer.from(combineCrcs(algorithm, parts))).toEqual(
      Buffer.from(digests.of(algorithm, whole)),
    );
  },
);

test("a checksum's value is base64 of exactly the digest's bytes", () => {
  for (const algorithm of algorithms) {
    const value = Buffer.alloc(checksumBytes[algorithm], 7).toString("base64");
    expect(isChecksumValue(algorithm, value)).toBe(true);
    expect(isChecksumValue(algorithm, `${value}=`)).toBe(false);
    expect(isChecksumValue(algorithm, "bad")).toBe(false);
  }
});
