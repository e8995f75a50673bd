import { ManualClock, openStore, SeededRandom, type Store } from "@firn/core";
import { SimFileSystem, SimIndex } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BIN_SWEEP_MS, DAY_MS, HOUR_MS } from "./constants.ts";
import { Volumes } from "./volumes.ts";

const disk = { fileSystem: new SimFileSystem({ seed: 1 }), index: new SimIndex({ seed: 1 }) };
const clock = new ManualClock(Date.UTC(2026, 10, 24));
let store: Store;
let engine: Volumes;

beforeEach(async () => {
  disk.fileSystem = new SimFileSystem({ seed: 1 });
  disk.index = new SimIndex({ seed: 1 });
  await open();
});

afterEach(async () => {
  await engine.close();
  await store.close();
});

async function open(): Promise<void> {
  store = await openStore({ directory: "/sim", ...disk, clock, random: new SeededRandom(1) });
  engine = await Volumes.open({ store });
}

const block = new Uint8Array(4096).fill(7);

/** A snapshot with one block, and its volume. */
async function taken(tags: { key: string; value: string }[] = []) {
  const { volumeId } = await engine.createVolume({ sizeGiB: 1 });
  const volume = await engine.openVolume({ volumeId });
  await volume.write(0, block);
  const { snapshotId } = await engine.createSnapshot({ volumeId, tags });
  return { volumeId, volume, snapshotId };
}

async function bytesOf(snapshotId: string, from: Volumes = engine): Promise<Uint8Array> {
  const snapshot = await from.openSnapshot({ snapshotId });
  const bytes = await snapshot.read(0, 4096);
  await snapshot.close();
  return bytes;
}

async function binned(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { snapshotId } of engine.snapshots.bin()) ids.push(snapshotId);
  return ids;
}

test("a copy is a snapshot of its own: source, volume and a restart do not matter to it", async () => {
  const { volumeId, volume, snapshotId } = await taken();
  const west = engine.in({ accountId: "000000000000", region: "us-west-2" });
  const copy = await west.snapshots.copy({ snapshotId, sourceRegion: "us-east-1" });
  await volume.write(0, new Uint8Array(4096).fill(9));
  await engine.deleteSnapshot({ snapshotId });
  await engine.deleteVolume({ volumeId });
  expect(await bytesOf(copy.snapshotId, west)).toEqual(block);
  await engine.close();
  await store.close();
  await open();
  const again = engine.in({ accountId: "000000000000", region: "us-west-2" });
  expect(await bytesOf(copy.snapshotId, again)).toEqual(block);
});

test("a snapshot of another account exists for whom it is shared with, and for nobody else", async () => {
  const { snapshotId } = await taken();
  const other = engine.in({ accountId: "111111111111", region: "us-east-1" });
  const missing = { code: "FIRN_SNAPSHOT_NOT_FOUND" };
  await expect(other.createVolume({ snapshotId })).rejects.toMatchObject(missing);
  await engine.snapshots.share({ snapshotId, add: ["111111111111"] });
  const { volumeId } = await other.createVolume({ snapshotId });
  const volume = await other.openVolume({ volumeId });
  expect(await volume.read(0, 4096)).toEqual(block);
  await engine.snapshots.share({ snapshotId, remove: ["111111111111"] });
  await expect(other.snapshots.copy({ snapshotId })).rejects.toMatchObject(missing);
  await engine.snapshots.share({ snapshotId, add: ["all"] });
  const copy = await other.snapshots.copy({ snapshotId });
  expect(copy.ownerId).toBe("111111111111");
  await engine.snapshots.setBlockPublicAccess("block-all-sharing");
  await expect(other.describeSnapshot({ snapshotId })).rejects.toMatchObject(missing);
  await expect(engine.snapshots.share({ snapshotId, add: ["all"] })).rejects.toMatchObject({
    code: "FIRN_SNAPSHOT_SHARING",
  });
  await engine.deleteSnapshot({ snapshotId });
  expect(await volume.read(0, 4096)).toEqual(block);
});

test("a compliance lock can be taken back while it cools off, then only be prolonged", async () => {
  const { snapshotId } = await taken();
  const locked = { code: "FIRN_SNAPSHOT_LOCKED" };
  const options = { snapshotId, mode: "compliance", durationDays: 10 } as const;
  await engine.snapshots.lock({ ...options, coolOffHours: 2 });
  await expect(engine.deleteSnapshot({ snapshotId })).rejects.toMatchObject(locked);
  await engine.snapshots.unlock({ snapshotId });
  await engine.snapshots.lock({ ...options, coolOffHours: 1 });
  clock.advance(HOUR_MS);
  await expect(engine.snapshots.unlock({ snapshotId })).rejects.toMatchObject(locked);
  const shorter = engine.snapshots.lock({ ...options, durationDays: 9 });
  await expect(shorter).rejects.toMatchObject(locked);
  await engine.snapshots.lock({ ...options, durationDays: 20 });
  clock.advance(19 * DAY_MS);
  await expect(engine.deleteSnapshot({ snapshotId })).rejects.toMatchObject(locked);
  clock.advance(DAY_MS);
  await engine.deleteSnapshot({ snapshotId });
});

test("a governance lock holds until somebody takes it back", async () => {
  const { snapshotId } = await taken();
  const lock = { snapshotId, mode: "governance" } as const;
  await expect(engine.snapshots.lock(lock)).rejects.toMatchObject({
    code: "FIRN_VOLUME_PARAMETER_COMBINATION",
  });
  await engine.snapshots.lock({ ...lock, expiryTime: clock.now() + DAY_MS });
  await expect(engine.deleteSnapshot({ snapshotId })).rejects.toMatchObject({
    code: "FIRN_SNAPSHOT_LOCKED",
  });
  await engine.snapshots.unlock({ snapshotId });
  await engine.deleteSnapshot({ snapshotId });
});

test("an archived snapshot is out of reach until its restore is done, and again after it", async () => {
  const { snapshotId } = await taken();
  const away = { code: "FIRN_SNAPSHOT_TIER" };
  await expect(engine.snapshots.restore({ snapshotId })).rejects.toMatchObject(away);
  await engine.snapshots.archive({ snapshotId });
  await expect(engine.createVolume({ snapshotId })).rejects.toMatchObject(away);
  await expect(bytesOf(snapshotId)).rejects.toMatchObject(away);
  await engine.snapshots.restore({ snapshotId, days: 2 });
  clock.advance(DAY_MS - 1);
  await expect(bytesOf(snapshotId)).rejects.toMatchObject(away);
  clock.advance(1);
  expect(await bytesOf(snapshotId)).toEqual(block);
  clock.advance(2 * DAY_MS);
  await expect(bytesOf(snapshotId)).rejects.toMatchObject(away);
  await engine.snapshots.restore({ snapshotId });
  clock.advance(DAY_MS);
  expect(await bytesOf(snapshotId)).toEqual(block);
  await engine.snapshots.archive({ snapshotId });
});

test("a rule keeps deleted snapshots in the bin, whole, until their time is over", async () => {
  const { ruleId } = await engine.snapshots.createRule({
    retentionDays: 3,
    excludeResourceTags: [{ key: "keep", value: "no" }],
  });
  const { volumeId, snapshotId } = await taken();
  const other = await taken([{ key: "keep", value: "no" }]);
  await engine.deleteSnapshot({ snapshotId });
  await engine.deleteSnapshot({ snapshotId: other.snapshotId });
  await engine.deleteVolume({ volumeId });
  expect(await binned()).toEqual([snapshotId]);
  const missing = { code: "FIRN_SNAPSHOT_NOT_FOUND" };
  await expect(bytesOf(snapshotId)).rejects.toMatchObject(missing);
  await engine.snapshots.restoreFromBin({ snapshotId });
  expect(await bytesOf(snapshotId)).toEqual(block);
  await engine.deleteSnapshot({ snapshotId });
  await engine.snapshots.deleteRule({ ruleId });
  clock.advance(3 * DAY_MS);
  const late = engine.snapshots.restoreFromBin({ snapshotId });
  await expect(late).rejects.toMatchObject(missing);
  clock.advance(BIN_SWEEP_MS);
  await expect.poll(binned).toEqual([]);
});

test("rules have bounds, and are changed and found by their ids", async () => {
  const bad = { code: "FIRN_VOLUME_PARAMETER" };
  await expect(engine.snapshots.createRule({ retentionDays: 0 })).rejects.toMatchObject(bad);
  await expect(engine.snapshots.createRule({ retentionDays: 366 })).rejects.toMatchObject(bad);
  const { ruleId } = await engine.snapshots.createRule({ retentionDays: 1, description: "a" });
  expect(ruleId).toMatch(/^[0-9A-Za-z]{11}$/);
  await engine.snapshots.updateRule(ruleId, { retentionDays: 5 });
  expect(await engine.snapshots.rule({ ruleId })).toMatchObject({
    retentionDays: 5,
    description: "a",
  });
  await engine.snapshots.deleteRule({ ruleId });
  await expect(engine.snapshots.updateRule(ruleId, {})).rejects.toMatchObject({
    code: "FIRN_RULE_NOT_FOUND",
  });
});
