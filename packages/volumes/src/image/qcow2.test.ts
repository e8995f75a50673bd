import { deflateRawSync } from "node:zlib";
import { FirnError, openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex, testCount, testSeed } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GIB, SNAPSHOT_BLOCK_BYTES } from "../constants.ts";
import type { Volume } from "../volume.ts";
import { Volumes } from "../volumes.ts";
import { Qcow2File } from "./qcow2-file.ts";
import { CLUSTER_BYTES } from "./qcow2-format.ts";
import { Qcow2Image } from "./qcow2-image.ts";

let store: Store;
let engine: Volumes;

beforeEach(async () => {
  const disk = { fileSystem: new SimFileSystem({ seed: 1 }), index: new SimIndex({ seed: 1 }) };
  store = await openStore({ directory: "/sim", ...disk, random: new SeededRandom(1) });
  engine = await Volumes.open({ store });
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

/** Across clusters, tables and the ends of the disk. */
const PLACES = [
  0,
  4096,
  3 * CLUSTER_BYTES - 4096,
  600_000_000 - (600_000_000 % 4096),
  3 * GIB - 4096,
];

async function written(): Promise<Volume> {
  const { volumeId } = await engine.createVolume({ sizeGiB: 3 });
  const volume = await engine.openVolume({ volumeId });
  for (const [i, place] of PLACES.entries()) {
    await volume.write(place, new Uint8Array(4096).fill(i + 1));
  }
  await volume.write(10 * CLUSTER_BYTES, new Uint8Array(5 * CLUSTER_BYTES).fill(77));
  await volume.writeZeroes(20 * CLUSTER_BYTES, CLUSTER_BYTES, { noHole: true });
  return volume;
}

async function bytesOf(image: Qcow2Image, start: number, end: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of image.pieces(start, end)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

function fileOf(bytes: Uint8Array): Promise<Qcow2File> {
  return Qcow2File.open((start, length) => Promise.resolve(bytes.subarray(start, start + length)));
}

test("what is written as qcow2 is read as the disk, and takes no room for holes", async () => {
  const volume = await written();
  const image = await Qcow2Image.of(volume);
  // Header, two tables of refcounts, L1, three tables L2, and nine clusters with data.
  expect(image.bytes).toBe((1 + 2 + 1 + 3 + 9) * CLUSTER_BYTES);
  const file = await fileOf(await bytesOf(image, 0, image.bytes));
  expect(file.diskBytes).toBe(3 * GIB);
  const found: number[] = [];
  for await (const { blockIndex, bytes } of file.blocks()) {
    found.push(blockIndex);
    const wanted = await volume.read(blockIndex * SNAPSHOT_BLOCK_BYTES, SNAPSHOT_BLOCK_BYTES);
    expect(Buffer.compare(bytes, wanted)).toBe(0);
  }
  expect(found).toEqual([0, 1, 1144, 6143]);
});

test("any part of the file is the same, whenever and from wherever it is made", async () => {
  const image = await Qcow2Image.of(await written());
  const whole = await bytesOf(image, 0, image.bytes);
  const random = new SeededRandom(testSeed());
  for (let i = 0; i < testCount({ quick: 40, full: 2000 }); i++) {
    const start = random.below(image.bytes);
    const end = start + 1 + random.below(Math.min(image.bytes - start, 4 * CLUSTER_BYTES));
    const part = await bytesOf(image, start, end);
    expect(part.equals(whole.subarray(start, end)), `${start} to ${end}`).toBe(true);
  }
});

test("an empty disk is a file of headers", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const image = await Qcow2Image.of(await engine.openVolume({ volumeId }));
  expect(image.bytes).toBe(4 * CLUSTER_BYTES);
  const file = await fileOf(await bytesOf(image, 0, image.bytes));
  for await (const { blockIndex } of file.blocks()) throw new Error(`block ${blockIndex}`);
});

/** A file of version 2 with one compressed cluster, the first one of a disk of 1 MiB. */
function compressedFile(content: Uint8Array): Buffer {
  const deflated = deflateRawSync(content);
  const bytes = Buffer.alloc(3 * CLUSTER_BYTES + deflated.length + 512);
  bytes.writeUInt32BE(0x514649fb, 0);
  bytes.writeUInt32BE(2, 4);
  bytes.writeUInt32BE(16, 20);
  bytes.writeBigUInt64BE(1024n * 1024n, 24);
  bytes.writeUInt32BE(1, 36);
  bytes.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 40);
  bytes.writeBigUInt64BE(BigInt(2 * CLUSTER_BYTES), CLUSTER_BYTES);
  // It begins in the middle of a sector.
  const at = 3 * CLUSTER_BYTES + 100;
  const sectors = BigInt(Math.ceil((at + deflated.length) / 512) - Math.floor(at / 512) - 1);
  const entry = (1n << 62n) | (sectors << 54n) | BigInt(at);
  bytes.writeBigUInt64BE(entry, 2 * CLUSTER_BYTES);
  bytes.set(deflated, at);
  return bytes;
}

test("clusters that are compressed by deflate are read", async () => {
  const content = Buffer.alloc(CLUSTER_BYTES, "compressed ");
  // Half of it takes many sectors.
  content.set(new SeededRandom(1).bytes(CLUSTER_BYTES / 2));
  const file = await fileOf(compressedFile(content));
  const blocks = [];
  for await (const block of file.blocks()) blocks.push(block);
  expect(blocks).toHaveLength(1);
  const { bytes } = blocks[0] as (typeof blocks)[number];
  expect(Buffer.compare(bytes.subarray(0, CLUSTER_BYTES), content)).toBe(0);
  expect(bytes.subarray(CLUSTER_BYTES).every((byte) => byte === 0)).toBe(true);
});

test("a file that is more than a disk of its own is refused with the reason", async () => {
  const whole = compressedFile(Buffer.alloc(CLUSTER_BYTES, 1));
  const changed = (change: (bytes: Buffer) => void): Promise<Qcow2File> => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return fileOf(bytes);
  };
  await expect(changed((bytes) => bytes.writeUInt32BE(4, 4))).rejects.toThrow("version is 4");
  await expect(changed((bytes) => bytes.writeUInt32BE(1, 12))).rejects.toThrow("backing file");
  await expect(changed((bytes) => bytes.writeUInt32BE(1, 32))).rejects.toThrow("encrypted");
  await expect(changed((bytes) => bytes.writeUInt32BE(60, 20))).rejects.toThrow("damaged");
  await expect(changed((bytes) => bytes.writeUInt32BE(99_999, 36))).rejects.toThrow("cut off");
  const subclusters = changed((bytes) => {
    bytes.writeUInt32BE(3, 4);
    bytes.writeUInt32BE(16, 76);
  });
  await expect(subclusters).rejects.toThrow("cannot be read here");
  await expect(fileOf(whole.subarray(0, 60))).rejects.toThrow("cut off");
});

test("a file with wrong bits is a disk or is refused, and never anything else", async () => {
  const image = await Qcow2Image.of(await written());
  const plain = await bytesOf(image, 0, image.bytes);
  const random = new SeededRandom(testSeed());
  const metaBytes = 7 * CLUSTER_BYTES;
  for (let i = 0; i < testCount({ quick: 60, full: 5000 }); i++) {
    const isPlain = random.below(2) === 0;
    const bytes = Buffer.from(isPlain ? plain : compressedFile(Buffer.alloc(CLUSTER_BYTES, 5)));
    // Where there is something: the header, or an entry that is in use.
    const used = [random.below(104), random.below(32) + 2 * CLUSTER_BYTES];
    const at = (used[i % 2] ?? random.below(metaBytes)) % bytes.length;
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    const cut = bytes.subarray(0, random.below(4) === 0 ? random.below(bytes.length) : undefined);
    try {
      const file = await fileOf(cut);
      if (file.diskBytes > 8 * GIB) continue;
      for await (const block of file.blocks()) {
        expect(block.bytes).toHaveLength(SNAPSHOT_BLOCK_BYTES);
      }
    } catch (error) {
      const code = error instanceof FirnError ? error.code : String(error);
      expect(code, `byte ${at}`).toBe("FIRN_SNAPSHOT_EXPORT");
    }
  }
});
