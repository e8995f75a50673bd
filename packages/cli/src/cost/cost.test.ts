import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyFromText } from "@firn/core";
import { Firn } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProgram } from "../program.ts";
import type { CostReport } from "./cost-report.ts";

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;
const rootCredentials = { accessKeyId: "COSTROOT", secretAccessKey: "cost/secret" };

let directory: string;
let data: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-cost-"));
  data = join(directory, "data");
  const firn = await Firn.open({ directory: data, clockMode: { kind: "manual" }, rootCredentials });
  await fill(firn);
  await firn.close();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Ten days of storing, then a deletion that is 80 days early. */
async function fill({ archive, objects, tables, volumes, store }: Firn): Promise<void> {
  await archive.createVault({ vaultName: "v" });
  const body = new Uint8Array(MIB);
  await archive.uploadArchive({ vaultName: "v", body });
  const { archiveId } = await archive.uploadArchive({ vaultName: "v", body });
  await objects.createBucket({ bucket: "cold-and-warm" });
  const put = { bucket: "cold-and-warm", body } as const;
  await objects.putObject({ ...put, key: "warm" });
  await objects.putObject({ ...put, key: "cold", storageClass: "DEEP_ARCHIVE" });
  await tables.createTable({
    tableName: "t",
    attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    provisionedThroughput: { readCapacityUnits: 5, writeCapacityUnits: 7 },
  });
  const { volumeId } = await volumes.createVolume({ sizeGiB: 2 });
  const volume = await volumes.openVolume({ volumeId });
  await volume.write(0, new Uint8Array(8192).fill(1));
  await volume.close();
  await volumes.createSnapshot({ volumeId });
  await volumes.createSnapshot({ volumeId });
  const { snapshotId } = await volumes.createSnapshot({ volumeId });
  await volumes.snapshots.archive({ snapshotId });
  for (const [key, storageClass] of [
    ["seldom", "STANDARD_IA"],
    ["frozen", "GLACIER"],
  ] as const) {
    await objects.putObject({ ...put, key, storageClass });
  }
  await objects.createBucket({ bucket: "gone" });
  await objects.putObject({ bucket: "gone", key: "k", body, storageClass: "GLACIER_IR" });
  await store.advanceClock(10 * DAY_MS);
  await objects.restoreObject({ bucket: put.bucket, key: "frozen", days: 1, tier: "Bulk" });
  await archive.initiateJob({ vaultName: "v", type: "archive-retrieval", archiveId });
  await archive.deleteArchive({ vaultName: "v", archiveId });
  await volumes.deleteSnapshot({ snapshotId });
  for (const key of ["seldom", "frozen"]) await objects.deleteObject({ bucket: put.bucket, key });
  await objects.deleteObject({ bucket: "gone", key: "k" });
  await objects.deleteBucket({ bucket: "gone" });
}

async function cost(environment: Record<string, string>, ...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const io = { environment, print: (line: string) => lines.push(line) };
  const program = makeProgram({ ...io, stopped: new Promise(() => {}) });
  await program.parseAsync(["cost", ...words], { from: "user" });
  return lines;
}

test("every class of every engine is counted, and what was deleted early is billed", async () => {
  const [text = ""] = await cost({}, data, "--json");
  const report = JSON.parse(text) as CostReport;
  const line = (name: string): CostReport["lines"][number] | undefined =>
    report.lines.find(({ service, item }) => `${service} ${item}` === name);
  const gb = MIB / 2 ** 30;
  const vault = line("glacier storage VAULT");
  expect(vault).toMatchObject({ count: 1, bytes: MIB, owedByteDays: 80 * MIB });
  expect(vault?.perMonth).toBeCloseTo((gb + 32_768 / 2 ** 30) * 0.0036, 12);
  expect(vault?.earlyDeletion).toBeCloseTo(((gb * 80) / 30) * 0.0036, 12);
  expect(line("s3 storage STANDARD")).toMatchObject({ count: 1, bytes: MIB, earlyByteDays: 0 });
  const cold = line("s3 storage DEEP_ARCHIVE");
  expect(cold).toMatchObject({ count: 1, earlyByteDays: 170 * MIB });
  expect(cold?.ifDeletedNow).toBeCloseTo(((gb * 170) / 30) * 0.00099, 12);
  expect(line("dynamodb read units STANDARD")).toMatchObject({ units: 5, perMonth: 5 * 0.0949 });
  expect(line("dynamodb write units STANDARD")).toMatchObject({ units: 7 });
  expect(line("dynamodb table STANDARD")).toMatchObject({ count: 1 });
  // The second snapshot shares all with the first.
  expect(line("ebs snapshot standard")).toMatchObject({ count: 2, bytes: 8192 });
  expect(line("ebs snapshot archive")).toMatchObject({ count: 0, owedByteDays: 80 * 8192 });
  expect(
    report.lines.some(({ item, bytes }) => item.startsWith("volume ") && bytes === 2 ** 31),
  ).toBe(true);
  // What was deleted before its time, whatever became of its bucket.
  expect(line("s3 storage STANDARD_IA")).toMatchObject({ count: 0, owedByteDays: 20 * MIB });
  expect(line("s3 storage STANDARD_IA")?.earlyDeletion).toBeCloseTo(((gb * 20) / 30) * 0.0125, 12);
  expect(line("s3 storage GLACIER")).toMatchObject({ count: 0, owedByteDays: 80 * MIB });
  expect(line("s3 storage GLACIER_IR")).toMatchObject({ count: 0, owedByteDays: 80 * MIB });
  // What was fetched, by class and tier.
  expect(line("s3 retrieval GLACIER Bulk")).toMatchObject({ count: 1, bytes: MIB, used: 0 });
  const retrieval = line("glacier retrieval VAULT Standard");
  expect(retrieval).toMatchObject({ count: 1, bytes: MIB });
  expect(retrieval?.used).toBeCloseTo(gb * 0.01 + 0.05 / 1000, 12);
  expect(report.unpriced).toEqual([]);
  const sum = report.lines.reduce((total, { perMonth }) => total + perMonth, 0);
  expect(report.total).toBeCloseTo(sum + report.used + report.earlyDeletion, 12);
});

test("prices of one's own change the report item by item, and a running server tells the same", async () => {
  const prices = join(directory, "prices.json");
  const items = { "s3 storage STANDARD": { perGbMonth: 1024 } };
  await writeFile(prices, JSON.stringify({ date: "2030-01-01", items }));
  const firn = await Firn.open({ directory: data });
  const server = await firn.listen({ port: 0, logLevel: "silent" });
  try {
    const environment = {
      AWS_ACCESS_KEY_ID: rootCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: server.address.endpoint,
    };
    const lines = await cost(environment, "--prices", prices);
    expect(lines.find((line) => line.includes("s3 storage STANDARD"))).toMatch(/\$1\.00$/);
    expect(lines.join("\n")).toContain("Prices of 2030-01-01");
    expect(lines.join("\n")).toMatch(/deleted early {2}\$0\.000/);
  } finally {
    await firn.close();
  }
});

test("a month that is none is refused, one of a year ago has no requests", async () => {
  await expect(cost({}, data, "--month", "last")).rejects.toMatchObject({ exitCode: 2 });
  const [text = ""] = await cost({}, data, "--json", "--month", "2020-02");
  expect(JSON.parse(text)).toMatchObject({ month: "2020-02", used: 0, earlyDeletion: 0 });
});

test("a price that is no number and a directory without a store are told", async () => {
  const prices = join(directory, "bad.json");
  await writeFile(prices, '{ "items": { "s3 storage STANDARD": { "perGbMonth": "free" } } }');
  await expect(cost({}, data, "--prices", prices)).rejects.toMatchObject({ exitCode: 2 });
  await expect(cost({}, join(directory, "nowhere"))).rejects.toMatchObject({ exitCode: 3 });
});

test("an encrypted directory tells its cost to whoever has its key", async () => {
  const sealed = join(directory, "sealed");
  const FIRN_ENCRYPTION_KEY = "07".repeat(32);
  const encryption = { keys: keyFromText(FIRN_ENCRYPTION_KEY) };
  const firn = await Firn.open({ directory: sealed, encryption });
  await firn.close();
  await expect(cost({}, sealed)).rejects.toMatchObject({ exitCode: 2 });
  expect((await cost({ FIRN_ENCRYPTION_KEY }, sealed)).join("\n")).toContain("total");
  const wrong = { FIRN_ENCRYPTION_KEY: "08".repeat(32) };
  await expect(cost(wrong, sealed)).rejects.toMatchObject({ exitCode: 2 });
});
