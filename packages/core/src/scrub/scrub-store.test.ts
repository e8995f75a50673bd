import { printLine, testSeed } from "@firn/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import { openDirectory } from "../check/open-directory.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { makeParity } from "../parity/make-parity.ts";
import { DATA_RANGES } from "../parity/parity-code.ts";
import { blockOffset, parityLayout, parityPath } from "../parity/parity-layout.ts";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { SeededRandom } from "../platform/random.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store-api.ts";
import { scrubStore } from "./scrub-store.ts";

const AT_ONCE = { take: () => Promise.resolve(), slice: () => Promise.resolve() };
const fileSystem = new NodeFileSystem({ sync: false });
const BLOB_BYTES = 3_000_000;
const SPACE = 16;
let directory: string;
let blob: string;
let random: SeededRandom;

beforeEach(async () => {
  const seed = testSeed();
  printLine(`seed ${seed}`);
  random = new SeededRandom(seed);
  directory = await makeTemporaryDirectory();
  const store = await open();
  await store.transact((tx) => tx.createKeySpace({ indexedValueBytes: 0 }));
  const staged = await store.blobs.stage(new Uint8Array(BLOB_BYTES).fill(7));
  blob = await store.transact((tx) => tx.attachBlob(staged));
  for (let key = 0; key < 60; key++) {
    await store.transact((tx) => tx.put(SPACE, Buffer.from(`key ${key}`), valueOf(key)));
  }
  await store.close();
});

afterEach(() => fileSystem.remove(directory));

function open(): Promise<Store> {
  return openStore({ directory, ephemeral: true, limits: { segmentBytes: 8 * 1024 * 1024 } });
}

function valueOf(key: number): Uint8Array {
  return new Uint8Array(30_000).fill(key + 1);
}

/** Reads everything; what fails is named by its error's code. */
async function readAll(): Promise<string[]> {
  const faults: string[] = [];
  const opened = await open().catch((error: unknown) => (error as { code: string }).code);
  if (typeof opened === "string") return [`open: ${opened}`];
  const store = opened;
  const attempt = async (what: string, read: () => Promise<boolean>): Promise<void> => {
    const right = await read().catch((error: unknown) => (error as { code: string }).code);
    if (right !== true) faults.push(`${what}: ${right === false ? "WRONG" : right}`);
  };
  for (let key = 0; key < 60; key++) {
    await attempt(`key ${key}`, async () => {
      const value = await store.get(SPACE, Buffer.from(`key ${key}`));
      return Buffer.from(value ?? []).equals(valueOf(key));
    });
  }
  await attempt("blob", async () => {
    let bytes = 0;
    for await (const part of store.blobs.read(blob)) {
      bytes += part.length;
      if (part.some((byte) => byte !== 7)) return false;
    }
    return bytes === BLOB_BYTES;
  });
  await store.close();
  return faults;
}

interface Segment {
  readonly entry: SegmentEntry;
  readonly path: string;
  readonly parity: string;
}

/** The sealed segments, after parity was made of each. */
async function withParity(): Promise<Segment[]> {
  const { context, close } = await openDirectory({ directory });
  const segments: Segment[] = [];
  for (const files of [context.commitFiles, context.extentFiles]) {
    for (const entry of files.entries.filter((one) => (one.sealedBytes ?? 0) > 100_000)) {
      const home = {
        fileSystem,
        hasher: context.identity.hasher,
        directory: `${directory}/parity`,
      };
      const bytes = entry.sealedBytes as number;
      await files.with(entry, (handle) => makeParity(home, { entry, bytes, handle }, AT_ONCE));
      segments.push({
        entry,
        path: files.path(entry),
        parity: parityPath(home.directory, entry.id),
      });
    }
  }
  await close();
  expect(segments.map(({ entry }) => entry.kind).sort()).toEqual(["commit", "extent"]);
  return segments;
}

async function change(path: string, edit: (bytes: Buffer) => Buffer): Promise<void> {
  const bytes = edit(Buffer.from(await fileSystem.readFile(path)));
  await fileSystem.remove(path);
  const file = await fileSystem.open(path, { create: true });
  await file.write([bytes], 0);
  await file.close();
}

type Damage = (bytes: Buffer, start: number, end: number) => void;

const damages: Readonly<Record<string, Damage>> = {
  flipped: (bytes, start, end) => {
    for (let at = start; at < end; at += 97) bytes[at] = (bytes[at] as number) ^ 0x10;
  },
  zeroed: (bytes, start, end) => void bytes.fill(0, start, end),
  "filled with noise": (bytes, start, end) => bytes.set(random.bytes(end - start), start),
};

/** Damages whole ranges of a segment and of its parity. */
async function damage(
  { entry, path, parity }: Segment,
  ranges: readonly number[],
  how: Damage,
): Promise<void> {
  const layout = parityLayout(entry.sealedBytes as number);
  for (const range of ranges) {
    const start = blockOffset(layout, range, 0);
    await change(range < DATA_RANGES ? path : parity, (bytes) => {
      how(bytes, start, Math.min(bytes.length, start + layout.rangeBytes));
      return bytes;
    });
  }
}

function drawRanges(count: number): number[] {
  const ranges = new Set<number>();
  while (ranges.size < count) ranges.add(random.below(20));
  return [...ranges];
}

describe.each(Object.entries(damages))("ranges that are %s", (_, how) => {
  test("are repaired, up to four of twenty, in every segment", async () => {
    const segments = await withParity();
    for (const segment of segments) await damage(segment, drawRanges(4), how);
    const report = await scrubStore({ directory });
    expect(report.problems).toEqual([]);
    expect(report.repaired.length).toBeGreaterThan(0);
    expect(await scrubStore({ directory })).toMatchObject({ problems: [], repaired: [] });
    expect((await checkStore({ directory })).problems).toEqual([]);
    expect(await readAll()).toEqual([]);
  });

  test("are told with what lies there when they are five, and are never served", async () => {
    const segments = await withParity();
    for (const segment of segments) await damage(segment, [0, 3, 7, 9, 12], how);
    const { problems } = await scrubStore({ directory });
    expect(problems.length).toBeGreaterThan(0);
    const owners = problems.flatMap((problem) => problem.owners ?? []);
    expect(owners).toContain(`blob ${blob}`);
    expect(owners.some((owner) => owner.startsWith(`key space ${SPACE}, key "key `))).toBe(true);
    const [commit] = segments.filter(({ entry }) => entry.kind === "commit");
    expect(problems.map(({ segment }) => segment)).toContain(commit?.entry.id);
    for (const fault of await readAll())
      expect(fault).toMatch(/FIRN_(RECORD_CORRUPT|STORE_DAMAGED)$/);
  });
});

test("a segment that was cut short by a quarter of its ranges comes back", async () => {
  for (const segment of await withParity()) {
    const { rangeBytes } = parityLayout(segment.entry.sealedBytes as number);
    await change(segment.path, (bytes) => bytes.subarray(0, 12 * rangeBytes + 5));
  }
  expect((await scrubStore({ directory })).problems).toEqual([]);
  expect(await readAll()).toEqual([]);
});

test("ranges that changed places are put back", async () => {
  for (const segment of await withParity()) {
    const { rangeBytes } = parityLayout(segment.entry.sealedBytes as number);
    await change(segment.path, (bytes) => {
      const first = Buffer.from(bytes.subarray(rangeBytes, 2 * rangeBytes));
      bytes.copyWithin(rangeBytes, 5 * rangeBytes, 6 * rangeBytes);
      first.copy(bytes, 5 * rangeBytes);
      return bytes;
    });
  }
  await scrubStore({ directory });
  expect(await readAll()).toEqual([]);
});

test("single bad bytes in more than four ranges are repaired, while no row has five", async () => {
  for (const segment of await withParity()) {
    const { rangeBytes, rows } = parityLayout(segment.entry.sealedBytes as number);
    await change(segment.path, (bytes) => {
      for (let range = 0; range < 15; range++) {
        const row = range % rows;
        if (Math.floor(range / rows) >= 4) continue;
        const at = range * rangeBytes + row * 65_536 + 9;
        bytes[at] = (bytes[at] as number) ^ 1;
      }
      return bytes;
    });
  }
  expect((await scrubStore({ directory })).problems).toEqual([]);
  expect(await readAll()).toEqual([]);
});

test("a parity file that is damaged anywhere, or cut, is made again", async () => {
  const segments = await withParity();
  const { parity } = segments[1] as Segment;
  const whole = Buffer.from(await fileSystem.readFile(parity));
  // A last byte that is zero would not be missed.
  const cuts = [1000, whole.length - 100];
  const offsets = [0, 70, whole.length - 1, random.below(whole.length), random.below(whole.length)];
  const edits = [
    ...cuts.map((length) => (bytes: Buffer) => bytes.subarray(0, length)),
    ...offsets.map((at) => (bytes: Buffer) => {
      bytes[at] = (bytes[at] as number) ^ 2;
      return bytes;
    }),
  ];
  expect((await checkStore({ directory })).problems).toEqual([]);
  for (const edit of edits) {
    await change(parity, edit);
    expect((await checkStore({ directory })).problems).not.toEqual([]);
    const report = await scrubStore({ directory });
    expect(report.problems).toEqual([]);
    expect(report.repaired).toHaveLength(1);
    expect(Buffer.from(await fileSystem.readFile(parity)).equals(whole)).toBe(true);
  }
});

test("a header that has changed is written again, for the manifest has all of it", async () => {
  const { context, close } = await openDirectory({ directory });
  const { commitFiles, extentFiles } = context;
  const paths = [commitFiles, extentFiles].map((files) =>
    files.path(files.entries[0] as SegmentEntry),
  );
  await close();
  for (const path of paths) await change(path, (bytes) => bytes.fill(random.below(256), 8, 60));
  const report = await scrubStore({ directory });
  expect(report.problems).toEqual([]);
  expect(report.repaired).toHaveLength(2);
  expect(await readAll()).toEqual([]);
});

test("parity of no use goes, unless the segment is known to be sound", async () => {
  for (const { parity } of await withParity())
    await change(parity, (bytes) => bytes.subarray(0, 10));
  const report = await scrubStore({ directory });
  expect(report.problems).toEqual([]);
  expect(report.repaired.map(({ what }) => what.replace(/\d+/, "N"))).toEqual([
    expect.stringContaining("was made again"),
    expect.stringContaining("of no use"),
  ]);
  expect(await scrubStore({ directory })).toMatchObject({ problems: [], repaired: [] });
});

test("damage without parity is told with its owners, and the rest is read on", async () => {
  const { context, close } = await openDirectory({ directory });
  const [commit] = context.commitFiles.entries.filter(
    ({ sealedBytes = 0 }) => sealedBytes > 100_000,
  );
  const path = context.commitFiles.path(commit as SegmentEntry);
  await close();
  await change(path, (bytes) => {
    for (const key of [10, 40]) bytes[bytes.indexOf(valueOf(key)) + 5] = 0;
    return bytes;
  });
  const { problems } = await scrubStore({ directory });
  expect(problems.map(({ owners }) => owners)).toEqual([
    [`key space ${SPACE}, key "key 10"`],
    [`key space ${SPACE}, key "key 40"`],
  ]);
  expect(await readAll()).toEqual(["key 10: FIRN_RECORD_CORRUPT", "key 40: FIRN_RECORD_CORRUPT"]);
});

test("a damaged index is removed, and the next opening builds it anew", async () => {
  const index = `${directory}/index`;
  const names = await fileSystem.list(index);
  const path = `${index}/${names.find((name) => name.endsWith(".run"))}`;
  await change(path, (bytes) => {
    bytes[20] = (bytes[20] as number) ^ 1;
    return bytes;
  });
  expect((await checkStore({ directory })).problems).toHaveLength(1);
  const report = await scrubStore({ directory });
  expect(report).toMatchObject({ problems: [] });
  expect(report.repaired[0]?.what).toContain("builds it anew");
  expect(await readAll()).toEqual([]);
});

test("progress ends where it said that it would", async () => {
  await withParity();
  let last = { bytes: 0, totalBytes: 0 };
  const report = await scrubStore({
    directory,
    onProgress: (progress) => {
      expect(progress.bytes).toBeGreaterThanOrEqual(last.bytes);
      expect(progress.bytes).toBeLessThanOrEqual(progress.totalBytes);
      last = progress;
    },
  });
  expect(last.bytes).toBe(report.bytes);
  expect(report.files).toBeGreaterThan(3);
});
