import { openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GIB, IMAGE_PART_BYTES } from "./constants.ts";
import { partBytesFor } from "./image-export.ts";
import type { ObjectHead, ObjectPlace, ObjectUpload, VolumeObjects } from "./volume-objects.ts";
import { Volumes } from "./volumes.ts";

const MIB = 1024 * 1024;
const zeroes = Buffer.alloc(MIB);

/** Pieces that are not zero, by their offset. */
type Sparse = { readonly pieces: Map<number, Uint8Array>; bytes: number };

/** A bucket in memory that keeps what is not zero, and can fail. */
class SparseObjects implements VolumeObjects {
  readonly all = new Map<string, Sparse>();
  readonly uploads = new Map<string, Map<number, Sparse>>();
  parts = 0;
  failAfter = Number.POSITIVE_INFINITY;

  async putObject({ key }: ObjectPlace, body: Uint8Array): Promise<void> {
    this.all.set(key, { pieces: new Map([[0, body]]), bytes: body.length });
  }

  async head({ key }: ObjectPlace): Promise<ObjectHead | undefined> {
    const found = this.all.get(key);
    return found && { bytes: found.bytes, tag: `tag of ${found.pieces.size} pieces` };
  }

  async *getObject(
    { key }: ObjectPlace,
    range?: { start: number; end: number },
  ): AsyncGenerator<Uint8Array> {
    const { pieces, bytes } = this.all.get(key) as Sparse;
    if (range !== undefined) {
      yield this.#part(key, range);
      return;
    }
    for (let at = 0; at < bytes; at += MIB) {
      yield pieces.get(at) ?? zeroes.subarray(0, Math.min(MIB, bytes - at));
    }
  }

  /** Bytes of an object, whatever pieces they lie in. */
  #part(key: string, { start, end }: { start: number; end: number }): Uint8Array {
    const out = Buffer.alloc(end - start);
    for (const [at, piece] of (this.all.get(key) as Sparse).pieces) {
      const [from, to] = [Math.max(at, start), Math.min(at + piece.length, end)];
      if (from < to) out.set(piece.subarray(from - at, to - at), from - start);
    }
    return out;
  }

  async beginUpload({ key }: ObjectPlace): Promise<string> {
    this.uploads.set(key, new Map());
    return key;
  }

  async findUpload({ key }: ObjectPlace): Promise<ObjectUpload | undefined> {
    const found = this.uploads.get(key);
    const sizes = [...(found ?? [])].map(([number, { bytes }]) => [number, bytes] as const);
    return found && { uploadId: key, parts: new Map(sizes) };
  }

  async putPart(
    _: ObjectPlace,
    { uploadId, number }: { uploadId: string; number: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    if (this.parts++ >= this.failAfter) throw new Error("the network is down");
    const part: Sparse = { pieces: new Map(), bytes: 0 };
    for await (const piece of body) {
      if (!zeroes.equals(piece)) part.pieces.set(part.bytes, piece.slice());
      part.bytes += piece.length;
    }
    this.uploads.get(uploadId)?.set(number, part);
  }

  async completeUpload({ key }: ObjectPlace, uploadId: string): Promise<void> {
    const whole: Sparse = { pieces: new Map(), bytes: 0 };
    const parts = [...(this.uploads.get(uploadId) ?? [])].sort(([one], [other]) => one - other);
    for (const [, { pieces, bytes }] of parts) {
      for (const [at, piece] of pieces) whole.pieces.set(whole.bytes + at, piece);
      whole.bytes += bytes;
    }
    this.all.set(key, whole);
    this.uploads.delete(uploadId);
  }
}

const bucket = "images";
let objects: SparseObjects;
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  objects = new SparseObjects();
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

test("an image that was broken off goes on with its next part, and comes back byte by byte", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  const places = [0, 5 * MIB + 4096, IMAGE_PART_BYTES - 4096, 700 * MIB, GIB - 4096];
  for (const [i, place] of places.entries()) {
    await volume.write(place, new Uint8Array(4096).fill(i + 1));
  }
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  await volume.write(0, new Uint8Array(4096).fill(99));
  objects.failAfter = 5;
  const request = { snapshotId, bucket, prefix: "raw/" };
  await expect(engine.snapshots.exportImage(request)).rejects.toThrow("the network is down");
  objects.failAfter = Number.POSITIVE_INFINITY;
  const told: number[] = [];
  const exported = await engine.snapshots.exportImage({
    ...request,
    onProgress: ({ doneBytes }) => told.push(doneBytes),
  });
  expect(exported).toEqual({ key: `raw/${snapshotId}.raw`, bytes: GIB, skippedParts: 5 });
  expect(told).toHaveLength(GIB / IMAGE_PART_BYTES);
  expect(told.at(-1)).toBe(GIB);
  // A finished one is left alone.
  expect((await engine.snapshots.exportImage(request)).skippedParts).toBe(16);
  const { key } = exported;
  const made = await engine.snapshots.importImage({ bucket, key, description: "back" });
  expect(made).toMatchObject({ state: "completed", sizeGiB: 1, description: "back" });
  const copy = await engine.openSnapshot(made);
  for (const [i, place] of places.entries()) {
    expect((await copy.read(place, 4096)).every((byte) => byte === i + 1)).toBe(true);
  }
  const extents = await copy.extents(0, GIB);
  const taken = extents.filter(({ kind }) => kind === "data");
  expect(taken.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(4 * MIB);
  // The same call gives the same snapshot.
  const again = await engine.snapshots.importImage({ bucket, key, description: "back" });
  expect(again.snapshotId).toBe(made.snapshotId);
});

test("a qcow2 file has what is mapped, goes on where it was broken off, and comes back", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 2 });
  const volume = await engine.openVolume({ volumeId });
  const far = GIB + 700 * MIB;
  for (let at = 0; at < 66; at++) await volume.write(at * MIB, new Uint8Array(MIB).fill(at + 1));
  await volume.write(far, new Uint8Array(4096).fill(99));
  const { snapshotId } = await engine.createSnapshot({ volumeId });
  objects.failAfter = 1;
  const request = { snapshotId, bucket, format: "qcow2" as const };
  await expect(engine.snapshots.exportImage(request)).rejects.toThrow("the network is down");
  objects.failAfter = Number.POSITIVE_INFINITY;
  const exported = await engine.snapshots.exportImage(request);
  expect(exported).toMatchObject({ key: `${snapshotId}.qcow2`, skippedParts: 1 });
  expect(exported.bytes).toBeLessThan(67 * MIB);
  const { key } = exported;
  const made = await engine.snapshots.importImage({ bucket, key });
  expect(made).toMatchObject({ state: "completed", sizeGiB: 2 });
  const copy = await engine.openSnapshot(made);
  for (let at = 0; at < 66; at += 13) {
    expect((await copy.read(at * MIB + 5, MIB - 5)).every((byte) => byte === at + 1)).toBe(true);
  }
  expect((await copy.read(far, 4097)).lastIndexOf(99)).toBe(4095);
});

test("an image of any length makes a volume of whole GiB; none or too much is refused", async () => {
  const bytes = Buffer.alloc(MIB + 700, 7);
  await objects.putObject({ accountId: "", bucket, key: "odd" }, bytes);
  objects.all.get("odd")?.pieces.set(MIB, bytes.subarray(MIB));
  objects.all.get("odd")?.pieces.set(0, bytes.subarray(0, MIB));
  const made = await engine.snapshots.importImage({ bucket, key: "odd" });
  expect(made.sizeGiB).toBe(1);
  const image = await engine.openSnapshot(made);
  const read = await image.read(MIB - 10, 1000);
  expect(read.subarray(0, 710).every((byte) => byte === 7)).toBe(true);
  expect(read.subarray(710).every((byte) => byte === 0)).toBe(true);
  objects.all.set("empty", { pieces: new Map(), bytes: 0 });
  objects.all.set("huge", { pieces: new Map(), bytes: 65_537 * GIB });
  for (const key of ["empty", "huge", "missing"]) {
    const refused = engine.snapshots.importImage({ bucket, key });
    await expect(refused).rejects.toMatchObject({ code: "FIRN_SNAPSHOT_EXPORT" });
  }
});

test("parts are as many as an object may have at the most", () => {
  expect(partBytesFor(GIB)).toBe(IMAGE_PART_BYTES);
  const largest = 65_536 * GIB;
  expect(Math.ceil(largest / partBytesFor(largest))).toBeLessThanOrEqual(10_000);
});
