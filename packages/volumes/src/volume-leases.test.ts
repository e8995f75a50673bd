import { ManualClock, openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Volumes } from "./volumes.ts";

const clock = new ManualClock(Date.UTC(2026, 10, 24));
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  store = await openStore({
    directory: "/sim",
    fileSystem: new SimFileSystem({ seed: 1 }),
    index: new SimIndex({ seed: 1 }),
    random: new SeededRandom(1),
    clock,
  });
  engine = await Volumes.open({ store, throttle: true });
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

const instanceId = "i-0123456789abcdef0";
const fenced = { code: "FIRN_VOLUME_FENCED", kind: "closed" };
const block = new Uint8Array(4096).fill(7);

test("the newest lease is the only one that writes: handles from before are ended", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1, volumeType: "gp3" });
  const free = await engine.openVolume({ volumeId });
  await free.write(0, block);
  const first = await engine.attachVolume({ volumeId, instanceId, device: "/dev/sdf" });
  await expect(free.write(0, block)).rejects.toMatchObject(fenced);
  await expect(free.flush()).rejects.toMatchObject(fenced);
  const leased = await engine.openVolume({ volumeId });
  await leased.write(4096, block);
  await engine.detachVolume({ volumeId });
  await expect(leased.read(0, 1)).rejects.toMatchObject(fenced);
  const second = await engine.attachVolume({ volumeId, instanceId, device: "/dev/sdf" });
  expect(second.generation).toBe(first.generation + 1);
  const now = await engine.openVolume({ volumeId });
  expect(await now.read(0, 8192)).toEqual(new Uint8Array(8192).fill(7));
});

test("a write that waits when the lease ends is not made", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1, volumeType: "standard" });
  await engine.attachVolume({ volumeId, instanceId, device: "/dev/sdf" });
  const volume = await engine.openVolume({ volumeId });
  const writes = Array.from({ length: 301 }, (_, i) => volume.write(i * 8192, block));
  await engine.detachVolume({ volumeId });
  const results = Promise.allSettled(writes);
  clock.advance(10_000);
  expect((await results).at(-1)).toMatchObject({ status: "rejected", reason: fenced });
  const after = await engine.openVolume({ volumeId });
  const read = after.read(300 * 8192, 4096);
  clock.advance(10_000);
  expect(await read).toEqual(new Uint8Array(4096));
});

test("a handle that is opened while a lease begins has it, or is opened again", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  for (let i = 0; i < 20; i++) {
    const [volume] = await Promise.all([
      engine.openVolume({ volumeId }),
      engine.attachVolume({ volumeId, instanceId, device: "/dev/sdf" }),
    ]);
    const again = await engine.openVolume({ volumeId });
    await again.write(0, block);
    await Promise.allSettled([volume.write(0, block)]);
    await engine.detachVolume({ volumeId });
    await expect(volume.write(0, block)).rejects.toMatchObject(fenced);
  }
});

test("a device of an instance is one volume, whichever way its name is written", async () => {
  const one = await engine.createVolume({ sizeGiB: 1 });
  const two = await engine.createVolume({ sizeGiB: 1 });
  await engine.attachVolume({ volumeId: one.volumeId, instanceId, device: "/dev/sdf" });
  const taken = engine.attachVolume({ volumeId: two.volumeId, instanceId, device: "sdf" });
  await expect(taken).rejects.toMatchObject({ code: "FIRN_VOLUME_DEVICE_TAKEN" });
  const other = { volumeId: two.volumeId, instanceId: "i-12345678", device: "/dev/sdf" };
  await engine.attachVolume(other);
  await engine.detachVolume(other);
  await engine.detachVolume({ volumeId: one.volumeId });
  await engine.attachVolume({ volumeId: two.volumeId, instanceId, device: "sdf" });
});

test("credits are one volume's, whoever opens it, and its type's when that changes", async () => {
  const { volumeId } = await engine.createVolume({ sizeGiB: 10, volumeType: "gp2" });
  expect(await engine.burstBalance({ volumeId })).toBe(100);
  const handles = [await engine.openVolume({ volumeId }), await engine.openVolume({ volumeId })];
  const reads = handles.flatMap((handle) =>
    Array.from({ length: 500 }, (_, i) => handle.read(i * 65_536, 4096)),
  );
  expect(await engine.burstBalance({ volumeId })).toBeCloseTo(100 - 1000 / 54_000, 3);
  clock.advance(1000);
  await Promise.all(reads);
  await engine.modifyVolume({ volumeId, volumeType: "gp3" });
  expect(await engine.burstBalance({ volumeId })).toBeUndefined();
});

test("an ephemeral volume goes with its lease, and with the engine", async () => {
  const ephemeral = { sizeGiB: 1, ephemeral: true };
  const one = await engine.createVolume(ephemeral);
  await engine.attachVolume({ volumeId: one.volumeId, instanceId, device: "/dev/sdf" });
  await engine.detachVolume(one);
  const missing = { code: "FIRN_VOLUME_NOT_FOUND" };
  await expect(engine.describeVolume(one)).rejects.toMatchObject(missing);
  const two = await engine.createVolume(ephemeral);
  const kept = await engine.createVolume({ sizeGiB: 1 });
  await engine.attachVolume({ volumeId: two.volumeId, instanceId, device: "/dev/sdf" });
  await engine.close();
  engine = await Volumes.open({ store });
  await expect(engine.describeVolume(two)).rejects.toMatchObject(missing);
  await engine.attachVolume({ volumeId: kept.volumeId, instanceId, device: "/dev/sdf" });
});
