import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { rotFiles } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BLOCK_BYTES } from "./constants.ts";
import { Volumes } from "./volumes.ts";

let directory: string;
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory });
  engine = await Volumes.open({ store });
});

afterEach(async () => {
  await engine.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const mark = (name: string): Uint8Array => Buffer.alloc(BLOCK_BYTES, `block ${name} `);

test("a block that rotted on the disk is told, never served, and its neighbours are", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  for (const [at, name] of ["a", "b", "c"].entries())
    await volume.write(at * BLOCK_BYTES, mark(name));
  await volume.flush();
  expect(await rotFiles(directory, mark("b"))).toBe(1);
  const corrupt = { code: "FIRN_BLOCK_CORRUPT", kind: "corruption", detail: { block: 1 } };
  await expect(volume.read(BLOCK_BYTES, BLOCK_BYTES)).rejects.toMatchObject(corrupt);
  await expect(volume.read(BLOCK_BYTES + 5, 1)).rejects.toMatchObject(corrupt);
  await expect(volume.read(0, 3 * BLOCK_BYTES)).rejects.toMatchObject(corrupt);
  const into = new Uint8Array(BLOCK_BYTES);
  await expect(volume.readInto(BLOCK_BYTES, into)).rejects.toMatchObject(corrupt);
  expect(into.every((byte) => byte === 0)).toBe(true);
  expect(Buffer.from(await volume.read(0, BLOCK_BYTES)).equals(mark("a"))).toBe(true);
  expect(Buffer.from(await volume.read(2 * BLOCK_BYTES, BLOCK_BYTES)).equals(mark("c"))).toBe(true);
});

test("a part of a rotten block cannot be written, the whole of it can", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(0, mark("old"));
  await volume.flush();
  expect(await rotFiles(directory, mark("old"))).toBe(1);
  const part = volume.write(10, Uint8Array.of(1));
  await expect(part).rejects.toMatchObject({ code: "FIRN_BLOCK_CORRUPT" });
  await volume.write(0, mark("new"));
  expect(Buffer.from(await volume.read(0, BLOCK_BYTES)).equals(mark("new"))).toBe(true);
});

test("rot in a block that a snapshot shares is told by all who share it", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(0, mark("shared"));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  const clone = await engine.createVolume({ snapshotId });
  expect(await rotFiles(directory, mark("shared"))).toBe(1);
  const sharers = [
    volume,
    await engine.openSnapshot({ snapshotId }),
    await engine.openVolume({ volumeId: clone.volumeId }),
  ];
  for (const sharer of sharers) {
    await expect(sharer.read(0, 1)).rejects.toMatchObject({
      code: "FIRN_BLOCK_CORRUPT",
      detail: { volume: sharer.id },
    });
  }
});
