import { randomFillSync } from "node:crypto";
import { open as openFile, readFile, rm, stat, truncate } from "node:fs/promises";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { LogStore } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import { treeHashHex } from "./tree-hash.ts";

const DATA_RANGES = 16;
const RANGE_ALIGN_BYTES = 64;
const vaultName = "v";
/** In extents, and in the log itself. */
const bodies = [new Uint8Array(3_000_000), new Uint8Array(40_000)].map((each) =>
  randomFillSync(each),
);
let directory: string;
let clock: ManualClock;
let store: LogStore;
let archive: Archive;

async function open(): Promise<void> {
  const parity = { segments: "all", coldAfterMs: 0, rate: Infinity } as const;
  const options = { directory, clock, clockMode: { kind: "manual" }, parity } as const;
  store = await openStore({ ...options, random: new SeededRandom(14), ephemeral: true });
  archive = await Archive.open({ store });
}

async function close(): Promise<void> {
  await archive.close();
  await store.close();
}

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  clock = new ManualClock(Date.UTC(2026, 10, 24));
  await open();
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

/** Uploads, and waits until everything that was written has parity. */
async function upload(): Promise<string[]> {
  await archive.createVault({ vaultName });
  const ids: string[] = [];
  for (const body of bodies) {
    ids.push((await archive.uploadArchive({ vaultName, body })).archiveId);
  }
  await close();
  await open();
  await store.care.parity.run();
  expect((await store.status()).parity).toMatchObject({ waiting: 0, failure: undefined });
  return ids;
}

/** The archive's hash once its retrieval is complete. */
async function retrieve(archiveId: string): Promise<string> {
  const { jobId } = await archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId });
  clock.advance(6 * 3_600_000);
  await expect
    .poll(async () => (await archive.describeJob({ vaultName, jobId })).completed)
    .toBe(true);
  const { body } = await archive.getJobOutput({ vaultName, jobId });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return treeHashHex(Buffer.concat(chunks));
}

interface Segment {
  readonly path: string;
  readonly bytes: number;
}

async function sealedSegments(): Promise<Segment[]> {
  const text = await readFile(`${directory}/manifest`, "utf8");
  const { segments } = JSON.parse(text.slice(text.indexOf("\n"))) as {
    segments: { id: number; kind: string; sealedBytes?: number }[];
  };
  return segments.flatMap(({ id, kind, sealedBytes }) => {
    if (sealedBytes === undefined || sealedBytes < 30_000) return [];
    const folder = kind === "commit" ? "log" : "extents";
    const path = `${directory}/${folder}/0000/${String(id).padStart(10, "0")}`;
    return [{ path, bytes: sealedBytes }];
  });
}

/** Noise over whole ranges of every segment in the folders. */
async function rot(ranges: readonly number[], folders = ["log", "extents"]): Promise<void> {
  const segments = await sealedSegments();
  expect(segments.length).toBeGreaterThanOrEqual(2);
  const there = segments.filter(({ path }) => folders.some((one) => path.includes(`/${one}/`)));
  for (const { path, bytes } of there) {
    const range = Math.ceil(bytes / DATA_RANGES / RANGE_ALIGN_BYTES) * RANGE_ALIGN_BYTES;
    const file = await openFile(path, "r+");
    for (const number of ranges) {
      const noise = randomFillSync(new Uint8Array(Math.min(range, bytes - number * range)));
      await file.write(noise, 0, noise.length, number * range);
    }
    await file.close();
  }
}

test("an archive is the same after any four of its twenty ranges have rotted", async () => {
  const ids = await upload();
  for (const ranges of [
    [0, 1, 2, 3],
    [5, 9, 11, 14],
    [12, 13],
  ]) {
    await rot(ranges);
    const { problems, repaired } = await store.scrub({ rate: Infinity });
    expect(problems).toEqual([]);
    expect(repaired.length).toBeGreaterThan(1);
    for (const [at, id] of ids.entries()) {
      expect(await retrieve(id)).toBe(treeHashHex(bodies[at] as Uint8Array));
    }
  }
});

/** What a disk does to a range of a file; the ranges of one call are equally long. */
const damages: Readonly<Record<string, (range: Buffer, others: readonly Buffer[]) => Buffer>> = {
  "one bit flipped": (range) => flipped(range, 1),
  "bits flipped all over": (range) => flipped(range, 97),
  zeroed: (range) => Buffer.alloc(range.length),
  // As after a sector write that went to the wrong place: the bytes of another range.
  swapped: (range, others) => others.find((other) => !other.equals(range)) ?? flipped(range, 1),
};

function flipped(range: Buffer, count: number): Buffer {
  const bytes = Buffer.from(range);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(((i + 0.5) * bytes.length) / count);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (i % 8));
  }
  return bytes;
}

/** Damages ranges of the segment and of its parity: 0 to 15 are data, 16 to 19 parity. */
async function damage(segment: Segment, ranges: readonly number[], kind: string): Promise<void> {
  const work = damages[kind] as (typeof damages)[string];
  const parityPath = segment.path.replace(/\/(log|extents)\//, "/parity/");
  const dataRange = Math.ceil(segment.bytes / DATA_RANGES / RANGE_ALIGN_BYTES) * RANGE_ALIGN_BYTES;
  // head, four parity ranges, head.
  const headBytes = ((await stat(parityPath)).size - 4 * dataRange) / 2;
  const places = ranges.map((number) => {
    const offset = number * dataRange;
    if (number < DATA_RANGES) {
      return { path: segment.path, offset, length: Math.min(dataRange, segment.bytes - offset) };
    }
    return {
      path: parityPath,
      offset: offset - DATA_RANGES * dataRange + headBytes,
      length: dataRange,
    };
  });
  const before: Buffer[] = [];
  for (const place of places) before.push(await readRange(place));
  for (const [i, place] of places.entries()) {
    const others = before.filter((_, other) => other !== i);
    await writeRange(place, work(before[i] as Buffer, others));
  }
}

interface Place {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

async function readRange({ path, offset, length }: Place): Promise<Buffer> {
  const bytes = await readFile(path);
  return Buffer.from(bytes.subarray(offset, offset + Math.max(0, length)));
}

async function writeRange({ path, offset }: Place, bytes: Buffer): Promise<void> {
  const file = await openFile(path, "r+");
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

const fours: readonly (readonly number[])[] = [
  [0, 1, 2, 3],
  [0, 5, 10, 15],
  [7, 8, 16, 17],
  [3, 16, 18, 19],
  [16, 17, 18, 19],
];

test.each(Object.keys(damages))(
  "any four of the twenty ranges, parity's own among them, %s: every byte is there after a scrub",
  async (kind) => {
    const ids = await upload();
    for (const ranges of fours) {
      for (const segment of await sealedSegments()) await damage(segment, ranges, kind);
      const { problems } = await store.scrub({ rate: Infinity });
      expect(problems, ranges.join()).toEqual([]);
      for (const [at, id] of ids.entries()) {
        expect(await retrieve(id), ranges.join()).toBe(treeHashHex(bodies[at] as Uint8Array));
      }
      await store.care.parity.run();
    }
  },
);

test.each(Object.keys(damages).filter((kind) => kind !== "one bit flipped"))(
  "of five ranges %s what is lost is named, and no byte of it is served",
  async (kind) => {
    const [id] = await upload();
    for (const segment of await sealedSegments()) await damage(segment, [1, 4, 6, 9, 11], kind);
    const { problems } = await store.scrub({ rate: Infinity });
    const owners = problems.flatMap((problem) => problem.owners ?? []);
    expect(owners.some((one) => one.startsWith("key space "))).toBe(true);
    expect(problems.some(({ file = "" }) => file.includes("/extents/"))).toBe(true);
    await expect(retrieve(id as string)).rejects.toMatchObject({ code: "FIRN_RECORD_CORRUPT" });
  },
);

test("an archive comes back whole from segments that were cut by a quarter", async () => {
  const ids = await upload();
  for (const { path, bytes } of await sealedSegments()) {
    await truncate(path, Math.ceil((bytes * 12) / DATA_RANGES) + 4096);
  }
  expect((await store.scrub({ rate: Infinity })).problems).toEqual([]);
  expect(await retrieve(ids[0] as string)).toBe(treeHashHex(bodies[0] as Uint8Array));
});

test("what five rotten ranges have lost is named, and never served", async () => {
  const [id] = await upload();
  await rot([4, 6, 8, 10, 12], ["extents"]);
  const { problems } = await store.scrub({ rate: Infinity });
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.flatMap(({ owners = [] }) => owners).some((one) => one.startsWith("blob "))).toBe(
    true,
  );
  await expect(retrieve(id as string)).rejects.toMatchObject({ code: "FIRN_RECORD_CORRUPT" });
});
