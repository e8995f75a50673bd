import { rm } from "node:fs/promises";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import type { ArchiveOptions } from "./archive-options.ts";
import { TREE_LEAF_BYTES } from "./constants.ts";
import { treeHashHex } from "./tree-hash.ts";

const START = Date.UTC(2026, 10, 24, 8, 30);
const HOUR = 3_600_000;
const mib = TREE_LEAF_BYTES;
const vaultName = "v";

interface Fixture {
  readonly directory: string;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly archive: Archive;
}

const opened: Fixture[] = [];

async function open(options: Omit<ArchiveOptions, "store"> = {}): Promise<Fixture> {
  const clock = new ManualClock(START);
  const directory = await makeTemporaryDirectory();
  const random = new SeededRandom(11);
  const store = await openStore({ directory, ephemeral: true, clock, random });
  const archive = await Archive.open({ store, ...options });
  const fixture = { directory, clock, store, archive };
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  for (const { archive, store, directory } of opened.splice(0)) {
    await archive.close();
    await store.close();
    await rm(directory, { recursive: true });
  }
});

function pattern(length: number, seed = 1): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = ((i + seed) * 2654435761) >>> 13;
  return out;
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

test("a vault is made once, described, listed in ASCII order by pages, and deleted", async () => {
  const { archive } = await open();
  expect(await archive.createVault({ vaultName })).toEqual({ location: "/000000000000/vaults/v" });
  await archive.createVault({ vaultName });
  expect(await archive.describeVault({ vaultName })).toEqual({
    vaultArn: "arn:aws:glacier:us-east-1:000000000000:vaults/v",
    vaultName: "v",
    creationDate: START,
    lastInventoryDate: undefined,
    numberOfArchives: 0,
    sizeInBytes: 0,
  });
  for (const name of ["b", "B", "a-1", "a"]) await archive.createVault({ vaultName: name });
  const pages: string[][] = [];
  for await (const page of archive.listVaults({ limit: 2 }).pages()) {
    pages.push(page.items.map((vault) => vault.vaultName));
  }
  expect(pages).toEqual([["B", "a"], ["a-1", "b"], ["v"]]);
  await archive.deleteVault({ vaultName });
  await expect(archive.describeVault({ vaultName })).rejects.toMatchObject({
    code: "FIRN_VAULT_NOT_FOUND",
  });
});

test("accounts and regions do not see one another's vaults", async () => {
  const { archive } = await open();
  await archive.createVault({ vaultName });
  const other = archive.in({ accountId: "111111111111", region: "us-east-1" });
  const abroad = archive.in({ accountId: "000000000000", region: "eu-west-1" });
  for (const engine of [other, abroad]) {
    expect((await engine.listVaults().page()).items).toEqual([]);
    await expect(engine.describeVault({ vaultName })).rejects.toThrow(/Vault not found for ARN/);
  }
});

test("an archive comes with its tree hash, counts in the vault, and its id is new every time", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const body = pattern(3 * mib + 7);
  clock.advance(1000);
  const one = await archive.uploadArchive({ vaultName, body: pieces(body, 100_001) });
  const two = await archive.uploadArchive({ vaultName, body, checksum: treeHashHex(body) });
  expect(one.checksum).toBe(treeHashHex(body));
  expect(one.archiveId).toHaveLength(138);
  expect(two.archiveId).not.toBe(one.archiveId);
  expect(one.location).toBe(`/000000000000/vaults/v/archives/${one.archiveId}`);
  expect(await archive.describeVault({ vaultName })).toMatchObject({
    numberOfArchives: 2,
    sizeInBytes: 2 * body.length,
    lastInventoryDate: START + 1000,
  });
  await expect(archive.deleteVault({ vaultName })).rejects.toThrow(/Vault not empty/);
  for (const { archiveId } of [one, two, two])
    await archive.deleteArchive({ vaultName, archiveId });
  expect(await archive.describeVault({ vaultName })).toMatchObject({ numberOfArchives: 0 });
  await archive.deleteVault({ vaultName });
});

test("with a wrong hash, an empty body or a failing one, nothing is stored", async () => {
  const { archive } = await open();
  await archive.createVault({ vaultName });
  const body = pattern(mib + 1);
  const checksum = "0".repeat(64);
  const upload = (options: object): Promise<unknown> =>
    archive.uploadArchive({ vaultName, body, ...options });
  await expect(upload({ checksum })).rejects.toThrow(
    `Checksum mismatch: expected ${checksum}, computed ${treeHashHex(body)}`,
  );
  await expect(upload({ contentSha256: checksum })).rejects.toThrow(/Checksum mismatch/);
  await expect(upload({ checksum: "7" })).rejects.toThrow(/64 hexadecimal/);
  await expect(upload({ body: new Uint8Array() })).rejects.toThrow(/Content-Length: 0/);
  await expect(upload({ archiveDescription: "é" })).rejects.toThrow(/printable ASCII/);
  async function* torn(): AsyncGenerator<Uint8Array> {
    yield body;
    throw new Error("the client is gone");
  }
  await expect(upload({ body: torn() })).rejects.toThrow("the client is gone");
  await expect(upload({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    kind: "aborted",
  });
  expect(await archive.describeVault({ vaultName })).toMatchObject({ numberOfArchives: 0 });
  await expect(upload({ vaultName: "none" })).rejects.toThrow(/Vault not found/);
});

test("a retrieval takes its tier's time, is kept a day, and gives back the bytes", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const body = pattern(2 * mib + 5);
  const { archiveId, checksum } = await archive.uploadArchive({
    vaultName,
    body,
    archiveDescription: "photos",
  });
  const windows = { Expedited: [1 / 60, 5 / 60], Standard: [3, 5], Bulk: [5, 12] } as const;
  for (const [tier, [from, to]] of Object.entries(windows)) {
    const type = "archive-retrieval";
    const { jobId } = await archive.initiateJob({ vaultName, type, archiveId, tier });
    const job = { vaultName, jobId };
    clock.advance(from * HOUR - 1);
    expect(await archive.describeJob(job)).toMatchObject({
      completed: false,
      statusCode: "InProgress",
      tier,
      archiveSha256TreeHash: checksum,
      sha256TreeHash: undefined,
      retrievalByteRange: `0-${body.length - 1}`,
    });
    await expect(archive.getJobOutput(job)).rejects.toMatchObject({ code: "FIRN_JOB_NOT_READY" });
    clock.advance((to - from) * HOUR + 1);
    const done = await archive.describeJob(job);
    expect(done).toMatchObject({ statusCode: "Succeeded", sha256TreeHash: checksum });
    const output = await archive.getJobOutput(job);
    expect(output).toMatchObject({ status: 200, checksum, archiveDescription: "photos" });
    expect(Buffer.compare(await collect(output.body), body)).toBe(0);
    clock.advance(done.completionDate! + 24 * HOUR - clock.now() - 1);
    expect((await archive.getJobOutput(job)).contentLength).toBe(body.length);
    clock.advance(1);
    await expect(archive.getJobOutput(job)).rejects.toMatchObject({ code: "FIRN_JOB_NOT_FOUND" });
    await expect(archive.describeJob(job)).rejects.toThrow(/The job ID was not found/);
  }
});

test("a range is retrieved alone, and its output by ranges, hashed where they are nodes", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const body = pattern(7 * mib + 9);
  const { archiveId } = await archive.uploadArchive({ vaultName, body });
  const start = async (range: string): Promise<string> => {
    const { jobId } = await archive.initiateJob({
      vaultName,
      type: "archive-retrieval",
      archiveId,
      retrievalByteRange: range,
      tier: "Expedited",
    });
    return jobId;
  };
  const aligned = await start(`${4 * mib}-${6 * mib - 1}`);
  const unaligned = await start(`${3 * mib}-${body.length - 1}`);
  const hash = (from: number, to: number): string => treeHashHex(body.subarray(from, to));
  expect(await archive.describeJob({ vaultName, jobId: aligned })).toMatchObject({
    sha256TreeHash: hash(4 * mib, 6 * mib),
    retrievalByteRange: `${4 * mib}-${6 * mib - 1}`,
  });
  expect((await archive.describeJob({ vaultName, jobId: unaligned })).sha256TreeHash).toBe(
    undefined,
  );
  clock.advance(HOUR);
  const whole = await archive.getJobOutput({ vaultName, jobId: unaligned });
  expect(whole.checksum).toBe(hash(3 * mib, body.length));
  expect(Buffer.compare(await collect(whole.body), body.subarray(3 * mib))).toBe(0);
  const part = await archive.getJobOutput({
    vaultName,
    jobId: unaligned,
    range: `bytes=${2 * mib}-${4 * mib - 1}`,
  });
  expect(part).toMatchObject({
    status: 206,
    contentRange: `bytes ${2 * mib}-${4 * mib - 1}/${4 * mib + 9}`,
    checksum: hash(5 * mib, 7 * mib),
  });
  expect(Buffer.compare(await collect(part.body), body.subarray(5 * mib, 7 * mib))).toBe(0);
  const odd = await archive.getJobOutput({ vaultName, jobId: unaligned, range: "bytes=1-10" });
  expect(odd.checksum).toBe(undefined);
  expect(Buffer.compare(await collect(odd.body), body.subarray(3 * mib + 1, 3 * mib + 11))).toBe(0);
  await expect(start("0-5")).rejects.toThrow(/megabyte aligned/);
});

test("a job keeps the bytes of an archive that is deleted meanwhile; later none are left", async () => {
  const { archive, store, clock } = await open();
  await archive.createVault({ vaultName });
  const body = pattern(mib + 3);
  const { archiveId } = await archive.uploadArchive({ vaultName, body });
  const job = { vaultName, type: "archive-retrieval", archiveId };
  const { jobId } = await archive.initiateJob(job);
  await archive.deleteArchive({ vaultName, archiveId });
  await expect(archive.initiateJob(job)).rejects.toThrow(/The archive ID was not found/);
  clock.advance(5 * HOUR);
  const output = await archive.getJobOutput({ vaultName, jobId });
  expect(Buffer.compare(await collect(output.body), body)).toBe(0);
  const late = await archive.getJobOutput({ vaultName, jobId });
  clock.advance(30 * HOUR);
  await archive.close();
  // The sweeper that the clock woke has let go of the bytes.
  const again = await Archive.open({ store });
  clock.advance(HOUR);
  await again.close();
  await expect(collect(late.body)).rejects.toMatchObject({ code: "FIRN_BLOB_NOT_FOUND" });
});

test("jobs list in the order of their start, filtered, by pages", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body: pattern(5) });
  const ids: string[] = [];
  for (const tier of ["Bulk", "Expedited", "Standard", "Expedited"]) {
    clock.advance(1);
    const type = "archive-retrieval";
    ids.push((await archive.initiateJob({ vaultName, type, archiveId, tier })).jobId);
  }
  clock.advance(HOUR);
  const list = async (options: object): Promise<string[]> => {
    const found: string[] = [];
    for await (const job of archive.listJobs({ vaultName, limit: 1, ...options }))
      found.push(job.jobId);
    return found;
  };
  expect(await list({})).toEqual(ids);
  expect(await list({ completed: true })).toEqual([ids[1], ids[3]]);
  expect(await list({ statusCode: "InProgress" })).toEqual([ids[0], ids[2]]);
  expect(await list({ statusCode: "Failed" })).toEqual([]);
  await expect(list({ statusCode: "Odd" })).rejects.toThrow(/statuscode/);
});

test("an inventory holds what was there when it was started, within its dates and limit", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    const archiveDescription = `number, ${i}`;
    ids.push(
      (await archive.uploadArchive({ vaultName, body: pattern(i + 1), archiveDescription }))
        .archiveId,
    );
    clock.advance(HOUR);
  }
  const type = "inventory-retrieval";
  const all = await archive.initiateJob({ vaultName, type });
  const some = await archive.initiateJob({
    vaultName,
    type,
    format: "CSV",
    inventoryRetrievalParameters: { startDate: new Date(START + HOUR).toISOString(), limit: 2 },
  });
  await archive.deleteArchive({ vaultName, archiveId: ids[0]! });
  clock.advance(5 * HOUR);
  const json = await archive.getJobOutput({ vaultName, jobId: all.jobId });
  expect(json).toMatchObject({ contentType: "application/json", checksum: undefined });
  const inventory = JSON.parse((await collect(json.body)).toString()) as {
    ArchiveList: { ArchiveId: string; Size: number }[];
  };
  expect(inventory.ArchiveList.map((one) => one.ArchiveId)).toEqual(ids);
  const csv = await archive.getJobOutput({ vaultName, jobId: some.jobId });
  expect(csv.contentType).toBe("text/csv");
  const lines = (await collect(csv.body)).toString().trimEnd().split("\n");
  expect(lines.map((line) => line.split(",")[0])).toEqual(["ArchiveId", ids[1], ids[2]]);
  const { inventoryRetrievalParameters: told, inventorySizeInBytes } = await archive.describeJob({
    vaultName,
    jobId: some.jobId,
  });
  expect(told).toMatchObject({ format: "CSV", limit: 2, marker: ids[3] });
  expect(inventorySizeInBytes).toBe(csv.contentLength);
  const now: string[] = [];
  for await (const one of archive.listArchives({ vaultName, marker: ids[3] }))
    now.push(one.archiveId);
  expect(now).toEqual(ids.slice(3));
});

test("a job of an unknown type, tier or archive, or with what is not its own, is refused", async () => {
  const { archive } = await open();
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body: pattern(5) });
  const start = (options: object): Promise<unknown> =>
    archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId, ...options });
  await expect(start({ tier: "Warp" })).rejects.toThrow(/Invalid tier: Warp/);
  await expect(start({ type: "select" })).rejects.toMatchObject({
    code: "FIRN_SELECT_UNSUPPORTED",
  });
  await expect(start({ type: "fetch" })).rejects.toThrow(/Invalid job type: fetch/);
  await expect(start({ type: "" })).rejects.toThrow(/Required parameter missing: Type/);
  await expect(start({ archiveId: undefined })).rejects.toThrow(/missing: ArchiveId/);
  await expect(start({ archiveId: "x" })).rejects.toMatchObject({ code: "FIRN_ARCHIVE_NOT_FOUND" });
  await expect(start({ format: "CSV" })).rejects.toThrow(/inventory-retrieval jobs only/);
  await expect(start({ type: "inventory-retrieval" })).rejects.toThrow(
    /archive-retrieval jobs only/,
  );
  await expect(start({ snsTopic: "x" })).rejects.toThrow(/SNS/);
  expect((await archive.listJobs({ vaultName }).page()).items).toEqual([]);
});

test("a policy of bytes per hour bounds Standard retrievals, and the hour slides", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body: pattern(600) });
  expect(await archive.getDataRetrievalPolicy()).toEqual({ rules: [{ strategy: "None" }] });
  await archive.setDataRetrievalPolicy({
    rules: [{ strategy: "BytesPerHour", bytesPerHour: 1000 }],
  });
  const start = (tier: string): Promise<unknown> =>
    archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId, tier });
  await start("Standard");
  await expect(start("Standard")).rejects.toMatchObject({ code: "FIRN_RETRIEVAL_DENIED" });
  await start("Bulk");
  clock.advance(HOUR);
  await start("Standard");
  const set = (rule: { strategy: string; bytesPerHour?: number }): Promise<void> =>
    archive.setDataRetrievalPolicy({ rules: [rule] });
  await expect(set({ strategy: "None", bytesPerHour: 1 })).rejects.toThrow(/BytesPerHour/);
  await expect(set({ strategy: "BytesPerHour" })).rejects.toThrow(/missing: BytesPerHour/);
  await expect(set({ strategy: "Odd" })).rejects.toThrow(/Strategy/);
});

test("the free tier knows what was retrieved in the month before the policy was set", async () => {
  const { archive, clock } = await open();
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body: pattern(600) });
  const start = (tier: string): Promise<unknown> =>
    archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId, tier });
  await start("Standard");
  await start("Bulk");
  await archive.setDataRetrievalPolicy({ rules: [{ strategy: "FreeTier" }] });
  await start("Standard");
  const used = async (month?: string): Promise<unknown> =>
    (await archive.usage({ minimumDays: () => 0, month }))
      .filter(({ item }) => item.startsWith("retrieval"))
      .map(({ item, count, bytes }) => [item, count, bytes]);
  const november = [
    ["retrieval VAULT Bulk", 1, 600],
    ["retrieval VAULT Standard", 2, 1200],
  ];
  expect(await used()).toEqual(november);
  clock.advance(8 * 24 * HOUR);
  expect(await used()).toEqual([]);
  expect(await used("2026-11")).toEqual(november);
});

test("Expedited retrievals beyond what is there on demand need provisioned capacity, which is certain", async () => {
  const { archive, clock, store } = await open({ expeditedOnDemand: 1 });
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body: pattern(6) });
  const start = (tier = "Expedited"): Promise<unknown> =>
    archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId, tier });
  const refused = { code: "FIRN_EXPEDITED_UNAVAILABLE" };
  await start();
  await expect(start()).rejects.toMatchObject(refused);
  await start("Standard");
  await archive.purchaseProvisionedCapacity();
  for (let i = 0; i < 3; i++) await start();
  await expect(start()).rejects.toMatchObject(refused);
  clock.advance(5 * 60_000);
  for (let i = 0; i < 4; i++) await start();
  await expect(start()).rejects.toMatchObject(refused);
  // A month on the unit is over.
  clock.advance(31 * 24 * HOUR);
  await start();
  await expect(start()).rejects.toMatchObject(refused);
  expect((await archive.listJobs({ vaultName }).page()).items).toHaveLength(1);
  await expect(Archive.open({ store, expeditedOnDemand: -1 })).rejects.toThrow(
    /expeditedOnDemand is 0 to 1000/,
  );
});

test("capacity is bought for a month, two units at a time", async () => {
  const { archive, clock } = await open();
  const { capacityId } = await archive.purchaseProvisionedCapacity();
  await archive.purchaseProvisionedCapacity();
  await expect(archive.purchaseProvisionedCapacity()).rejects.toMatchObject({
    code: "FIRN_CAPACITY_LIMIT",
  });
  expect((await archive.listProvisionedCapacity())[0]).toEqual({
    capacityId,
    startDate: START,
    expirationDate: Date.UTC(2026, 11, 24, 8, 30),
  });
  clock.advance(31 * 24 * HOUR);
  expect(await archive.listProvisionedCapacity()).toEqual([]);
});

test("a closed archive says so", async () => {
  const { archive } = await open();
  await archive.close();
  await archive.close();
  await expect(archive.createVault({ vaultName })).rejects.toMatchObject({ kind: "closed" });
});
