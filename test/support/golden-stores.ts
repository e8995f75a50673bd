import { Archive } from "@firn/archive";
import { SeededRandom, keyFromBytes } from "@firn/core";
import type { KeyProvider, Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { Tables } from "@firn/tables";
import { Volumes } from "@firn/volumes";
import { expect } from "vitest";

/**
 * A small store of a released format: how it was filled, and what has to be found in it for ever.
 */
export interface GoldenStore {
  /**
   * `name-version`: the folder under test/golden. A changed format gets a new one; old ones stay.
   */
  readonly folder: string;
  /** Of an encrypted store. */
  readonly keys?: KeyProvider | undefined;
  fill(store: Store): Promise<void>;
  verify(store: Store): Promise<void>;
}

const LARGE_BYTES = 200 * 1024;
const goldenKey = keyFromBytes({ key: Buffer.alloc(32, "golden"), random: new SeededRandom(2) });
const HOUR_MS = 60 * 60 * 1000;

export const goldenStores: readonly GoldenStore[] = [
  { folder: "core-1", fill: fillCore, verify: verifyCore },
  { folder: "objects-1", fill: fillObjects, verify: verifyObjects },
  { folder: "tables-1", fill: fillTables, verify: verifyTables },
  { folder: "volumes-1", fill: fillVolumes, verify: verifyVolumes },
  { folder: "archive-1", fill: fillArchive, verify: verifyArchive },
  { folder: "sealed-1", fill: fillSealed, verify: verifySealed, keys: goldenKey },
];

async function fillSealed(store: Store): Promise<void> {
  await fillCore(store);
  await fillVolumes(store);
}

async function verifySealed(store: Store): Promise<void> {
  await verifyCore(store);
  await verifyVolumes(store);
}

async function fillCore(store: Store): Promise<void> {
  const space = await store.openKeySpace("golden");
  const small = await store.blobs.stage(pattern(100));
  const large = await store.blobs.stage(pattern(LARGE_BYTES));
  await store.transact((tx) => {
    tx.put(space, Buffer.from("short"), Buffer.from("in the index"));
    tx.put(space, Buffer.from("long"), pattern(5000));
    tx.put(space, Buffer.from("gone"), Buffer.from("for a while"));
    tx.put(space, Buffer.from("small blob"), Buffer.from(tx.attachBlob(small)));
    tx.put(space, Buffer.from("large blob"), Buffer.from(tx.attachBlob(large)));
  });
  await store.transact((tx) => tx.delete(space, Buffer.from("gone")));
}

async function verifyCore(store: Store): Promise<void> {
  const space = await store.openKeySpace("golden");
  const get = async (key: string): Promise<Uint8Array | undefined> =>
    store.get(space, Buffer.from(key));
  const blob = async (key: string): Promise<Buffer> =>
    collect(store.blobs.read(Buffer.from((await get(key)) ?? []).toString()));
  expect(Buffer.from((await get("short")) ?? []).toString()).toBe("in the index");
  expectBytes(Buffer.from((await get("long")) ?? []), pattern(5000));
  expect(await get("gone")).toBeUndefined();
  expectBytes(await blob("small blob"), pattern(100));
  expectBytes(await blob("large blob"), pattern(LARGE_BYTES));
}

async function fillObjects(store: Store): Promise<void> {
  const objects = await ObjectStore.open({ store });
  const bucket = "golden";
  await objects.createBucket({ bucket });
  const metadata = { from: "the first version" };
  await objects.putObject({ bucket, key: "a/small", body: pattern(100), metadata });
  await objects.putObject({ bucket, key: "a/large", body: pattern(LARGE_BYTES) });
  const upload = { bucket, key: "b/parts" };
  const { uploadId } = await objects.createMultipartUpload(upload);
  const part = { ...upload, uploadId, partNumber: 1, body: pattern(1000) };
  const { eTag } = await objects.uploadPart(part);
  const parts = [{ partNumber: 1, eTag }];
  await objects.completeMultipartUpload({ ...upload, uploadId, parts });
  await objects.close();
}

async function verifyObjects(store: Store): Promise<void> {
  const objects = await ObjectStore.open({ store });
  const bucket = "golden";
  const read = async (key: string): Promise<Buffer> =>
    collect((await objects.getObject({ bucket, key })).body);
  const keys: string[] = [];
  for await (const { key } of objects.listObjectsV2({ bucket })) keys.push(key);
  expect(keys).toEqual(["a/large", "a/small", "b/parts"]);
  expectBytes(await read("a/small"), pattern(100));
  expectBytes(await read("a/large"), pattern(LARGE_BYTES));
  expectBytes(await read("b/parts"), pattern(1000));
  const head = await objects.headObject({ bucket, key: "a/small" });
  expect(head.metadata).toEqual({ from: "the first version" });
  await objects.close();
}

const tableName = "golden";

async function fillTables(store: Store): Promise<void> {
  const tables = await Tables.open({ store });
  await tables.createTable({
    tableName,
    billingMode: "PAY_PER_REQUEST",
    attributeDefinitions: [
      { attributeName: "pk", attributeType: "S" },
      { attributeName: "sk", attributeType: "N" },
    ],
    keySchema: [
      { attributeName: "pk", keyType: "HASH" },
      { attributeName: "sk", keyType: "RANGE" },
    ],
  });
  for (const sk of [-10, 0, 2.5, 1e20]) {
    await tables.putItem({ tableName, item: { pk: "p", sk, tags: new Set(["x", "y"]) } });
  }
  await tables.putItem({ tableName, item: { pk: "long", sk: 0, text: "t".repeat(5000) } });
}

async function verifyTables(store: Store): Promise<void> {
  const tables = await Tables.open({ store });
  const found = await tables
    .query({
      tableName,
      keyConditionExpression: "pk = :pk",
      expressionAttributeValues: { ":pk": "p" },
    })
    .toArray();
  expect(found.map(({ sk }) => sk)).toEqual([-10, 0, 2.5, 1e20]);
  expect(found[0]?.["tags"]).toEqual(new Set(["x", "y"]));
  const { item } = await tables.getItem({ tableName, key: { pk: "long", sk: 0 } });
  expect(item?.["text"]).toBe("t".repeat(5000));
}

const BLOCK = 4096;

async function fillVolumes(store: Store): Promise<void> {
  const volumes = await Volumes.open({ store });
  const { volumeId } = await volumes.createVolume({ sizeGiB: 1 });
  const volume = await volumes.openVolume({ volumeId });
  await volume.write(BLOCK, pattern(3 * BLOCK));
  await volumes.createSnapshot({ volumeId, description: "golden" });
  await volume.write(2 * BLOCK, Buffer.alloc(BLOCK, "new"));
  await volume.trim(3 * BLOCK, BLOCK);
  await volume.flush();
  await volumes.close();
}

async function verifyVolumes(store: Store): Promise<void> {
  const volumes = await Volumes.open({ store });
  for await (const { volumeId } of volumes.describeVolumes()) {
    const volume = await volumes.openVolume({ volumeId });
    const expected = Buffer.concat([
      pattern(BLOCK),
      Buffer.alloc(BLOCK, "new"),
      Buffer.alloc(BLOCK),
    ]);
    expect(Buffer.from(await volume.read(BLOCK, 3 * BLOCK))).toEqual(expected);
  }
  let snapshots = 0;
  for await (const { snapshotId, description } of volumes.describeSnapshots()) {
    expect(description).toBe("golden");
    const snapshot = await volumes.openSnapshot({ snapshotId });
    expectBytes(Buffer.from(await snapshot.read(BLOCK, 3 * BLOCK)), pattern(3 * BLOCK));
    snapshots++;
  }
  expect(snapshots).toBe(1);
  await volumes.close();
}

const vaultName = "golden";

async function fillArchive(store: Store): Promise<void> {
  const archive = await Archive.open({ store });
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({
    vaultName,
    archiveDescription: "golden",
    body: pattern(LARGE_BYTES),
  });
  await archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId, tier: "Bulk" });
  await archive.close();
}

async function verifyArchive(store: Store): Promise<void> {
  const archive = await Archive.open({ store });
  const { numberOfArchives } = await archive.describeVault({ vaultName });
  expect(numberOfArchives).toBe(1);
  store.clock.advance(12 * HOUR_MS);
  let jobs = 0;
  for await (const { jobId, statusCode } of archive.listJobs({ vaultName })) {
    expect(statusCode).toBe("Succeeded");
    const { body } = await archive.getJobOutput({ vaultName, jobId });
    expectBytes(await collect(body), pattern(LARGE_BYTES));
    jobs++;
  }
  expect(jobs).toBe(1);
  await archive.close();
}

/** Bytes that anybody can make again, and that do not repeat at any power of two. */
function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) % 251));
}

/** Deep equality looks at each byte through the matcher: seconds for a large blob. */
function expectBytes(found: Buffer, expected: Buffer): void {
  expect(found.length).toBe(expected.length);
  expect(found.compare(expected)).toBe(0);
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}
