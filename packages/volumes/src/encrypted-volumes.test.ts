import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { keyFromBytes, makeTemporaryDirectory, openStore } from "@firn/core";
import type { LogStore } from "@firn/core";
import { rotFiles } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BLOCK_BYTES } from "./constants.ts";
import type { Volume } from "./volume.ts";
import { Volumes } from "./volumes.ts";

const keys = keyFromBytes({ key: Buffer.alloc(32, 6) });
const BLOCKS = 40;
let directory: string;
let store: LogStore;
let engine: Volumes;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true, force: true });
});

async function open(encryption: { readonly keys: typeof keys } | undefined): Promise<void> {
  store = await openStore({ directory, encryption, compaction: "off" });
  engine = await Volumes.open({ store });
}

async function close(): Promise<void> {
  await engine.close();
  await store.close();
}

const content = (version: string, block: number): Buffer =>
  Buffer.alloc(BLOCK_BYTES, `${version} of block ${block} `);

async function fill(volume: Volume, version: string, step: number): Promise<void> {
  for (let block = 0; block < BLOCKS; block += step) {
    await volume.write(block * BLOCK_BYTES, content(version, block));
  }
  await volume.flush();
}

async function versions(volume: Pick<Volume, "read">): Promise<string[]> {
  const all = Buffer.from(await volume.read(0, BLOCKS * BLOCK_BYTES));
  return Array.from({ length: BLOCKS }, (_, block) => {
    const bytes = all.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
    const [version = ""] = bytes.toString("latin1", 0, 20).split(" ");
    expect(bytes.equals(content(version, block))).toBe(true);
    return version;
  });
}

async function isOnDisk(text: string): Promise<boolean> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if ((await readFile(join(entry.parentPath, entry.name))).includes(text)) return true;
  }
  return false;
}

const expected = (...steps: readonly (readonly [string, number])[]): string[] =>
  Array.from({ length: BLOCKS }, (_, block) => {
    const last = steps.findLast(([, step]) => block % step === 0);
    return (last as readonly [string, number])[0];
  });

test("a volume that was there before the store got its key reads both kinds of blocks", async () => {
  await open(undefined);
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  await fill(await engine.openVolume({ volumeId }), "plain", 1);
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await close();
  await open({ keys });
  await fill(await engine.openVolume({ volumeId }), "sealed", 3);
  const both = expected(["plain", 1], ["sealed", 3]);
  expect(await versions(await engine.openVolume({ volumeId }))).toEqual(both);
  await close();
  expect(await isOnDisk("sealed of block")).toBe(false);
  expect(await isOnDisk("plain of block")).toBe(true);
  await open({ keys });
  expect(await versions(await engine.openVolume({ volumeId }))).toEqual(both);
  expect(await versions(await engine.openSnapshot({ snapshotId }))).toEqual(expected(["plain", 1]));
});

test("snapshots, clones, partial writes and compaction of encrypted blocks lose nothing", async () => {
  await open({ keys });
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await fill(volume, "first", 1);
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await fill(volume, "second", 2);
  const clone = await engine.createVolume({ snapshotId });
  await fill(await engine.openVolume({ volumeId: clone.volumeId }), "third", 4);
  // A part of a block: the rest of it is read, opened and sealed again.
  await volume.write(BLOCK_BYTES + 100, content("first", 1).subarray(100, 200));
  await store.compact();
  await close();
  await open({ keys });
  await store.compact();
  const head = await engine.openVolume({ volumeId });
  expect(await versions(head)).toEqual(expected(["first", 1], ["second", 2]));
  expect(await versions(await engine.openSnapshot({ snapshotId }))).toEqual(expected(["first", 1]));
  const third = await engine.openVolume({ volumeId: clone.volumeId });
  expect(await versions(third)).toEqual(expected(["first", 1], ["third", 4]));
  for (const version of ["first", "second", "third"]) {
    expect(await isOnDisk(`${version} of block`)).toBe(false);
  }
});

test("a flipped bit of an encrypted block is damage of that block, never served", async () => {
  await open({ keys });
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  await fill(await engine.openVolume({ volumeId }), "first", 1);
  // The same block sealed again is what lies on the disk; which key space, only the engine knows.
  const spaces = Array.from({ length: 40 }, (_, at) => 16 + at);
  const sealed = spaces.map((space) => store.stream(space).sealer?.seal(5, content("first", 5)));
  await close();
  let changed = 0;
  for (const unit of sealed) changed += await rotFiles(directory, unit?.bytes as Uint8Array);
  expect(changed).toBe(1);
  await open({ keys });
  const again = await engine.openVolume({ volumeId });
  const damaged = again.read(5 * BLOCK_BYTES, BLOCK_BYTES);
  await expect(damaged).rejects.toMatchObject({
    code: "FIRN_BLOCK_CORRUPT",
    detail: { block: 5 },
  });
  const whole = Buffer.from(await again.read(6 * BLOCK_BYTES, BLOCK_BYTES));
  expect(whole.equals(content("first", 6))).toBe(true);
});
