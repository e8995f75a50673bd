import { SeededRandom } from "@firn/core";
import { expect, test } from "vitest";
import { PACKED_UNIT_BYTES } from "../constants.ts";
import { PackedStream, packBytes, unpackRange } from "./packed-units.ts";
import type { ReadStored } from "./packed-units.ts";

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function readerOf(packed: Uint8Array): { read: ReadStored; bytesRead: () => number } {
  let bytes = 0;
  const read: ReadStored = ({ start, end }) => {
    bytes += end - start;
    return inPieces(packed.subarray(start, end), 10_000);
  };
  return { read, bytesRead: () => bytes };
}

/** Stretches that shrink well, badly and not at all. */
function mixed(random: SeededRandom, bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 100_000) {
    const kind = random.below(3);
    const stretch = out.subarray(at, at + 100_000);
    if (kind === 0) stretch.set(random.bytes(stretch.length));
    else if (kind === 1) stretch.fill(`line ${at} of a log, `);
  }
  return out;
}

test("any range of what was packed comes back, whatever the pieces it came in", async () => {
  const seed = Number(process.env["FIRN_SEED"] ?? 20261124);
  process.stdout.write(`FIRN_SEED=${seed}\n`);
  const random = new SeededRandom(seed);
  for (const bytes of [1, 4096, PACKED_UNIT_BYTES, PACKED_UNIT_BYTES + 1, 1_500_000]) {
    const plain = mixed(random, bytes);
    const stream = new PackedStream(inPieces(plain, 1 + random.below(90_000)));
    const packed = await gather(stream);
    expect(packed.length).toBe(stream.bytes);
    for (let round = 0; round < 12; round++) {
      const start = random.below(bytes);
      const end = start + 1 + random.below(bytes - start);
      const { read } = readerOf(packed);
      const range = { size: bytes, packed: packed.length, start, end };
      const back = await gather(unpackRange(read, range));
      expect(back.equals(plain.subarray(start, end)), `seed ${seed}`).toBe(true);
    }
  }
});

test("a short range reads the table and one unit or two", async () => {
  const plain = Buffer.from("what is said often takes little room. ".repeat(100_000));
  const packed = (await packBytes(plain)) as Buffer;
  expect(packed.length).toBeLessThan(plain.length / 20);
  const big = await gather(new PackedStream(inPieces(new SeededRandom(1).bytes(3_000_000), 65536)));
  expect(big.length).toBeLessThan(3_000_000 + 100);
  const { read, bytesRead } = readerOf(big);
  const range = { size: 3_000_000, packed: big.length, start: 1_000_000, end: 1_000_100 };
  expect(await gather(unpackRange(read, range))).toHaveLength(100);
  expect(bytesRead()).toBeLessThan(PACKED_UNIT_BYTES + 100);
});

test("what is short, or does not shrink, is left as it is", async () => {
  expect(await packBytes(Buffer.alloc(100))).toBeUndefined();
  expect(await packBytes(new SeededRandom(2).bytes(100_000))).toBeUndefined();
});

test("units and tables that cannot be are an error", async () => {
  const plain = Buffer.from("0123456789".repeat(60_000));
  const packed = (await packBytes(plain)) as Buffer;
  const whole = { size: plain.length, packed: packed.length, start: 0, end: plain.length };
  const broken = { code: "FIRN_OBJECT_PACKING_BROKEN" };
  const damage = async (at: number, bytes: readonly number[]): Promise<void> => {
    const damaged = Buffer.from(packed);
    damaged.set(bytes, at);
    await expect(gather(unpackRange(readerOf(damaged).read, whole))).rejects.toMatchObject(broken);
  };
  await damage(0, [0xff, 0xff, 0xff, 0xff]);
  await damage(packed.length - 12, [0x00, 0xff, 0xff, 0xff]);
  await damage(packed.length - 12, [0x80, 0x00, 0x00, 0x10]);
  const cut = { ...whole, packed: 3 };
  await expect(gather(unpackRange(readerOf(packed).read, cut))).rejects.toMatchObject(broken);
});
