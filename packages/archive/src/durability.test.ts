import { rm } from "node:fs/promises";
import {
  ManualClock,
  SeededRandom,
  checkStore,
  makeTemporaryDirectory,
  openStore,
} from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import { treeHashHex } from "./tree-hash.ts";

const vaultName = "v";
const body: Uint8Array = new Uint8Array(3_000_000).map((_, i) => i % 251);
let directory: string;
let clock: ManualClock;
let store: Store;
let archive: Archive;

async function open(): Promise<void> {
  const random = new SeededRandom(14);
  store = await openStore({ directory, clock, random, clockMode: { kind: "manual" } });
  archive = await Archive.open({ store });
}

async function reopen(): Promise<void> {
  await archive.close();
  await store.close();
  await open();
}

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  clock = new ManualClock(Date.UTC(2026, 10, 24));
  await open();
});

afterEach(async () => {
  await archive.close();
  await store.close();
  await rm(directory, { recursive: true });
});

test("jobs, uploads and locks are there again after a new opening, each once", async () => {
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body });
  const type = "archive-retrieval";
  const { jobId } = await archive.initiateJob({ vaultName, type, archiveId, tier: "Bulk" });
  const partSize = 2 ** 21;
  const { uploadId } = await archive.initiateMultipartUpload({ vaultName, partSize });
  const range = `bytes 0-${partSize - 1}/*`;
  const part = { vaultName, uploadId, range, body: body.subarray(0, partSize) };
  await archive.uploadMultipartPart(part);
  const before = await archive.describeJob({ vaultName, jobId });
  await reopen();
  expect(await archive.describeJob({ vaultName, jobId })).toEqual(before);
  expect((await archive.listJobs({ vaultName }).page()).items).toHaveLength(1);
  expect((await archive.listParts({ vaultName, uploadId })).items).toHaveLength(1);
  const rest = { range: `bytes ${partSize}-${body.length - 1}/*`, body: body.subarray(partSize) };
  await archive.uploadMultipartPart({ ...part, ...rest });
  const checksum = treeHashHex(body);
  const whole = { vaultName, uploadId, archiveSize: body.length, checksum };
  const made = await archive.completeMultipartUpload(whole);
  await reopen();
  expect((await archive.completeMultipartUpload(whole)).archiveId).toBe(made.archiveId);
  expect(await archive.describeVault({ vaultName })).toMatchObject({ numberOfArchives: 2 });
});

test("when a job completes is decided when it starts: a new opening does not draw again", async () => {
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body });
  const { jobId } = await archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId });
  await reopen();
  clock.advance(5 * 3_600_000);
  const { completionDate } = await archive.describeJob({ vaultName, jobId });
  await reopen();
  expect((await archive.describeJob({ vaultName, jobId })).completionDate).toBe(completionDate);
  const output = await archive.getJobOutput({ vaultName, jobId });
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.body) chunks.push(chunk);
  expect(treeHashHex(Buffer.concat(chunks))).toBe(output.checksum);
});

test("what was due in a deleted vault hinders nobody; what is over gives its room back", async () => {
  await archive.createVault({ vaultName });
  const { archiveId } = await archive.uploadArchive({ vaultName, body });
  await archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId });
  await archive.initiateMultipartUpload({ vaultName, partSize: 2 ** 20 });
  await archive.deleteArchive({ vaultName, archiveId });
  await archive.deleteVault({ vaultName });
  await archive.createVault({ vaultName });
  const again = await archive.uploadArchive({ vaultName, body });
  const type = "archive-retrieval";
  const { jobId } = await archive.initiateJob({ vaultName, type, archiveId: again.archiveId });
  await archive.deleteArchive({ vaultName, archiveId: again.archiveId });
  clock.advance(30 * 24 * 3_600_000);
  await reopen();
  while ((await countRootEntries()) > 4) await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(archive.describeJob({ vaultName, jobId })).rejects.toThrow(/not found/);
  await archive.close();
  await store.close();
  expect(await checkStore({ directory })).toMatchObject({ blobs: 0, problems: [] });
  await open();
});

/** A vault, the count of vaults, what was used and retrieved; whatever is due comes on top. */
async function countRootEntries(): Promise<number> {
  const root = await store.openKeySpace("archive");
  const view = store.view();
  try {
    return (await view.page(root, { limit: 9 })).length;
  } finally {
    view.close();
  }
}
