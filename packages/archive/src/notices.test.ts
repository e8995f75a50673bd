import { openStore, makeTemporaryDirectory, ManualClock } from "@firn/core";
import type { LogStore } from "@firn/core";
import { turn } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import type { JobNotice } from "./notices.ts";

const HOUR = 3_600_000;
const topic = (name: string): string => `arn:aws:sns:us-east-1:000000000000:${name}`;

let directory: string;
let clock: ManualClock;
let store: LogStore;
let archive: Archive;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  clock = new ManualClock(1_800_000_000_000);
  await open();
  await archive.createVault({ vaultName: "v" });
});

afterEach(async () => {
  await archive.close();
  await store.close();
});

async function open(): Promise<void> {
  store = await openStore({ directory, clock, ephemeral: true });
  archive = await Archive.open({ store });
}

async function startJob(snsTopic?: string): Promise<string> {
  const type = "inventory-retrieval";
  return (await archive.initiateJob({ vaultName: "v", type, snsTopic })).jobId;
}

/** Lets what is ready happen, disk writes included. */
async function settle(until: () => boolean): Promise<void> {
  for (let turns = 0; turns < 20_000 && !until(); turns++) await turn();
}

test("a completed job is told to its own topic and to its vault's", async () => {
  const config = { snsTopic: topic("vault"), events: ["InventoryRetrievalCompleted"] };
  await archive.setVaultNotifications({ vaultName: "v", config });
  const seen: JobNotice[] = [];
  archive.deliver(async (notice) => void seen.push(notice));
  const jobId = await startJob(topic("job"));
  await store.advanceClock(2 * HOUR);
  await settle(() => seen.length > 0);
  expect(seen).toEqual([]);
  await store.advanceClock(4 * HOUR);
  await settle(() => seen.length === 2);
  expect(seen.map((notice) => notice.topic)).toEqual([topic("job"), topic("vault")]);
  expect(seen[0]?.job).toMatchObject({ jobId, completed: true, statusCode: "Succeeded" });
});

test("events that a vault does not want are not told", async () => {
  const config = { snsTopic: topic("vault"), events: ["ArchiveRetrievalCompleted"] };
  await archive.setVaultNotifications({ vaultName: "v", config });
  const seen: JobNotice[] = [];
  archive.deliver(async (notice) => void seen.push(notice));
  await startJob();
  const second = await startJob(topic("job"));
  await store.advanceClock(6 * HOUR);
  await settle(() => seen.length === 1);
  expect(seen.map(({ job }) => job.jobId)).toEqual([second]);
});

test("a notice that is refused comes again, later and later, and survives a restart", async () => {
  await startJob(topic("job"));
  await store.advanceClock(6 * HOUR);
  let tries = 0;
  const delivery = archive.deliver(async () => {
    tries++;
    throw new Error("not now");
  });
  await settle(() => tries === 1);
  await store.advanceClock(1000);
  await settle(() => tries === 2);
  await store.advanceClock(1000);
  await settle(() => tries > 2);
  expect(tries).toBe(2);
  expect(delivery.lastError).toMatchObject({ message: "not now" });
  expect(() => archive.deliver(async () => {})).toThrow(/already/);
  await archive.close();
  await store.close();
  await open();
  const seen: JobNotice[] = [];
  archive.deliver(async (notice) => void seen.push(notice));
  await settle(() => seen.length === 1);
  expect(seen).toHaveLength(1);
  await store.advanceClock(HOUR);
  await settle(() => seen.length > 1);
  expect(seen).toHaveLength(1);
});

test("nobody is told of a job that is gone, nor of one whose vault was deleted", async () => {
  await startJob(topic("old"));
  await store.advanceClock(40 * HOUR);
  await startJob(topic("deleted"));
  await archive.deleteVault({ vaultName: "v" });
  await archive.createVault({ vaultName: "v" });
  const third = await startJob(topic("new"));
  await store.advanceClock(6 * HOUR);
  const seen: JobNotice[] = [];
  archive.deliver(async (notice) => void seen.push(notice));
  await settle(() => seen.length === 1);
  expect(seen.map(({ job }) => job.jobId)).toEqual([third]);
});
