import { openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GIB, PIECE_BLOCKS, SNAPSHOT_BLOCK_BYTES as BLOCK } from "./constants.ts";
import type { ObjectHead, ObjectPlace, VolumeObjects } from "./volume-objects.ts";
import { Volumes } from "./volumes.ts";

/** A bucket in memory that can fail. */
class FakeObjects implements VolumeObjects {
  readonly all = new Map<string, Uint8Array>();
  puts = 0;
  failAfter = Number.POSITIVE_INFINITY;

  async putObject({ bucket, key }: ObjectPlace, body: Uint8Array): Promise<void> {
    if (this.puts++ >= this.failAfter) throw new Error("the network is down");
    this.all.set(`${bucket}/${key}`, body.slice());
  }

  async head({ bucket, key }: ObjectPlace): Promise<ObjectHead | undefined> {
    const body = this.all.get(`${bucket}/${key}`);
    return body && { bytes: body.length, tag: String(body.length) };
  }

  /** Images are exported to real buckets: see packages/firn. */
  async beginUpload(): Promise<string> {
    throw new Error("this bucket takes whole objects only");
  }

  async findUpload(): Promise<undefined> {}

  async putPart(): Promise<void> {}

  async completeUpload(): Promise<void> {}

  async *getObject({ bucket, key }: ObjectPlace): AsyncGenerator<Uint8Array> {
    const body = this.all.get(`${bucket}/${key}`);
    if (body === undefined) throw new Error("there is no such object");
    for (let at = 0; at < body.length; at += 1_000_000) yield body.subarray(at, at + 1_000_000);
  }
}

const bucket = "backups";
let objects: FakeObjects;
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  objects = new FakeObjects();
  store = await openStore({
    directory: "/sim",
    fileSystem: new SimFileSystem({ seed: 1 }),
    index: new SimIndex({ seed: 1 }),
    random: new SeededRandom(1),
  });
  engine = await Volumes.open({ store, objects });
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

/** A snapshot of 2 GiB with blocks in several windows. */
async function taken(): Promise<string> {
  const { volumeId } = await engine.createVolume({ sizeGiB: 2 });
  const volume = await engine.openVolume({ volumeId });
  const places = [0, 1, PIECE_BLOCKS - 1, PIECE_BLOCKS, 5 * PIECE_BLOCKS, 4095];
  for (const index of places) {
    await volume.write(index * BLOCK + 4096, new Uint8Array(4096).fill(1 + (index % 200)));
  }
  const { snapshotId } = await engine.createSnapshot({ volumeId, description: "nightly" });
  return snapshotId;
}

async function expectSame(one: string, two: string): Promise<void> {
  const [left, right] = [
    await engine.openSnapshot({ snapshotId: one }),
    await engine.openSnapshot({ snapshotId: two }),
  ];
  expect(left.sizeBytes).toBe(right.sizeBytes);
  for (const extent of await left.extents(0, 2 * GIB)) expect(extent.length).toBeGreaterThan(0);
  for (const index of [0, 1, 15, 16, 80, 4095]) {
    const at = index * BLOCK;
    const [a, b] = [await left.read(at, BLOCK), await right.read(at, BLOCK)];
    expect(Buffer.compare(a, b)).toBe(0);
  }
}

test("an exported snapshot is imported as it was, wherever the first one is by then", async () => {
  const snapshotId = await taken();
  const told: number[] = [];
  const exported = await engine.snapshots.export({
    snapshotId,
    bucket,
    prefix: "daily/",
    onProgress: ({ doneBlocks, totalBlocks }) => void told.push(doneBlocks / totalBlocks),
  });
  expect(exported).toMatchObject({ blocks: 6, skippedObjects: 0 });
  expect(exported.manifestKey).toBe(`daily/${snapshotId}/manifest.json`);
  expect(told.at(-1)).toBe(1);
  expect(objects.all.size).toBe(5);
  const { manifestKey } = exported;
  const imported = await engine.snapshots.import({ bucket, manifestKey });
  expect(imported).toMatchObject({ state: "completed", description: "nightly", sizeGiB: 2 });
  await expectSame(snapshotId, imported.snapshotId);
  const again = await engine.snapshots.import({ bucket, manifestKey });
  expect(again.snapshotId).toBe(imported.snapshotId);
});

test("an interrupted export goes on, and writes no object twice", async () => {
  const snapshotId = await taken();
  objects.failAfter = 2;
  await expect(engine.snapshots.export({ snapshotId, bucket })).rejects.toThrow("network");
  objects.failAfter = Number.POSITIVE_INFINITY;
  objects.puts = 0;
  const exported = await engine.snapshots.export({ snapshotId, bucket });
  expect(exported.skippedObjects).toBe(2);
  expect(objects.puts).toBe(3);
});

test("an interrupted import goes on with its snapshot", async () => {
  const snapshotId = await taken();
  const { manifestKey } = await engine.snapshots.export({ snapshotId, bucket });
  const abort = new AbortController();
  const onProgress = (): void => abort.abort(new Error("enough"));
  const first = engine.snapshots.import({ bucket, manifestKey, onProgress, signal: abort.signal });
  await first.catch(() => undefined);
  const imported = await engine.snapshots.import({ bucket, manifestKey });
  await expectSame(snapshotId, imported.snapshotId);
  const ids: string[] = [];
  for await (const { snapshotId: id } of engine.describeSnapshots()) ids.push(id);
  expect(ids).toHaveLength(2);
});

test("objects that are no export, or were changed, are refused", async () => {
  const snapshotId = await taken();
  const { manifestKey } = await engine.snapshots.export({ snapshotId, bucket });
  const piece = `${bucket}/${snapshotId}/blocks/00000000`;
  const bytes = objects.all.get(piece) as Uint8Array;
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
  const read = (): Promise<unknown> => engine.snapshots.import({ bucket, manifestKey });
  await expect(read()).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_CHECKSUM" });
  const refused = { code: "FIRN_SNAPSHOT_EXPORT" };
  objects.all.set(piece, bytes.subarray(0, 1000));
  await expect(read()).rejects.toMatchObject(refused);
  for (const text of ["", "{}", '{"format":"firn-snapshot-1","windows":[]}']) {
    objects.all.set(`${bucket}/${manifestKey}`, Buffer.from(text));
    await expect(read()).rejects.toMatchObject(refused);
  }
  const alone = await Volumes.open({ store });
  await expect(alone.snapshots.export({ snapshotId, bucket })).rejects.toMatchObject(refused);
  await alone.close();
});
