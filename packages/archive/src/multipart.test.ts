import { rm } from "node:fs/promises";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import { TREE_LEAF_BYTES, UPLOAD_IDLE_MS } from "./constants.ts";
import { treeHashHex } from "./tree-hash.ts";

const mib = TREE_LEAF_BYTES;
const vaultName = "v";
let clock: ManualClock;
let directory: string;
let store: Store;
let archive: Archive;

beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2026, 10, 24));
  directory = await makeTemporaryDirectory();
  const random = new SeededRandom(12);
  store = await openStore({ directory, ephemeral: true, clock, random });
  archive = await Archive.open({ store });
  await archive.createVault({ vaultName });
});

afterEach(async () => {
  await archive.close();
  await store.close();
  await rm(directory, { recursive: true });
});

const body: Uint8Array = new Uint8Array(5 * mib + 11).map((_, i) => (i * 2654435761) >>> 13);

async function begin(partSize: number = 2 * mib): Promise<string> {
  const made = await archive.initiateMultipartUpload({
    vaultName,
    partSize,
    archiveDescription: "in parts",
  });
  return made.uploadId;
}

/** Sends bytes `from` to `to` of the body as one part. */
async function send(uploadId: string, from: number, to: number): Promise<string> {
  const range = `bytes ${from}-${to - 1}/*`;
  const part = body.subarray(from, to);
  return (await archive.uploadMultipartPart({ vaultName, uploadId, range, body: part })).checksum;
}

function complete(uploadId: string, changes: object = {}): Promise<{ archiveId: string }> {
  const whole = { archiveSize: body.length, checksum: treeHashHex(body) };
  return archive.completeMultipartUpload({ vaultName, uploadId, ...whole, ...changes });
}

test("parts in any order become one archive, which retrieves equal, with hashes of its ranges", async () => {
  const uploadId = await begin();
  await send(uploadId, 4 * mib, body.length);
  await send(uploadId, 2 * mib, 4 * mib);
  expect(await send(uploadId, 0, 2 * mib)).toBe(treeHashHex(body.subarray(0, 2 * mib)));
  const { archiveId } = await complete(uploadId);
  expect(await archive.describeVault({ vaultName })).toMatchObject({
    numberOfArchives: 1,
    sizeInBytes: body.length,
  });
  const retrievalByteRange = `${mib}-${body.length - 1}`;
  const type = "archive-retrieval";
  const { jobId } = await archive.initiateJob({ vaultName, type, archiveId, retrievalByteRange });
  clock.advance(5 * 3_600_000);
  const output = await archive.getJobOutput({ vaultName, jobId });
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.body) chunks.push(chunk);
  expect(Buffer.compare(Buffer.concat(chunks), body.subarray(mib))).toBe(0);
  expect(output).toMatchObject({
    checksum: treeHashHex(body.subarray(mib)),
    archiveDescription: "in parts",
  });
  const range = `bytes=${2 * mib}-${4 * mib - 1}`;
  const middle = await archive.getJobOutput({ vaultName, jobId, range });
  expect(middle.checksum).toBe(treeHashHex(body.subarray(3 * mib, 5 * mib)));
});

test("completing again answers with the same archive, completing otherwise does not", async () => {
  const uploadId = await begin();
  for (let at = 0; at < body.length; at += 2 * mib) {
    await send(uploadId, at, Math.min(body.length, at + 2 * mib));
  }
  const { archiveId } = await complete(uploadId);
  expect((await complete(uploadId)).archiveId).toBe(archiveId);
  await expect(complete(uploadId, { checksum: "0".repeat(64) })).rejects.toThrow(/mismatch/);
  await expect(archive.abortMultipartUpload({ vaultName, uploadId })).rejects.toThrow(
    /The upload ID was not found/,
  );
  expect((await archive.describeVault({ vaultName })).numberOfArchives).toBe(1);
});

test("with a part missing, short, or other hashes, completing fails and stores nothing", async () => {
  const uploadId = await begin();
  await expect(complete(uploadId)).rejects.toThrow(/no parts/);
  await send(uploadId, 0, 2 * mib);
  await send(uploadId, 4 * mib, body.length);
  await expect(complete(uploadId)).rejects.toThrow(/lacks the part/);
  await send(uploadId, 2 * mib, 3 * mib);
  await expect(complete(uploadId)).rejects.toThrow(/shorter than the part size/);
  await send(uploadId, 2 * mib, 4 * mib);
  await expect(complete(uploadId, { archiveSize: 7 })).rejects.toThrow(/Invalid archive size: 7/);
  await expect(complete(uploadId, { checksum: "0".repeat(64) })).rejects.toThrow(
    /Checksum mismatch/,
  );
  expect((await archive.describeVault({ vaultName })).numberOfArchives).toBe(0);
  await complete(uploadId);
});

test("a part must be aligned, as long as its range says, and hash as it says", async () => {
  const uploadId = await begin();
  const put = (options: object): Promise<unknown> =>
    archive.uploadMultipartPart({
      vaultName,
      uploadId,
      range: "bytes 0-9/*",
      body: body.subarray(0, 10),
      ...options,
    });
  await expect(put({ range: "bytes 5-14/*" })).rejects.toThrow(/not aligned/);
  await expect(put({ range: `bytes 0-${2 * mib}/*` })).rejects.toThrow(/not aligned/);
  await expect(put({ range: "bytes 0-10/*" })).rejects.toThrow(/incompatible/);
  await expect(put({ range: "bytes 0-8/*" })).rejects.toThrow(/longer than 9 bytes/);
  await expect(put({ checksum: "0".repeat(64) })).rejects.toThrow(/Checksum mismatch/);
  await expect(put({ uploadId: "x" })).rejects.toMatchObject({ code: "FIRN_UPLOAD_NOT_FOUND" });
  const far = 10_000 * 2 * mib;
  await expect(put({ range: `bytes ${far}-${far + 9}/*` })).rejects.toThrow(/at most 10000 parts/);
  expect((await archive.listParts({ vaultName, uploadId })).items).toEqual([]);
});

test("parts list in the order of their ranges and uploads in that of their start, by pages", async () => {
  const first = await begin(mib);
  clock.advance(1);
  const second = await begin();
  for (const at of [3, 0, 2]) await send(first, at * mib, (at + 1) * mib);
  await send(first, 0, mib);
  const page = await archive.listParts({ vaultName, uploadId: first, limit: 2 });
  expect(page).toMatchObject({ partSizeInBytes: mib, archiveDescription: "in parts" });
  expect(page.items).toEqual([
    { rangeInBytes: "0-1048575", sha256TreeHash: treeHashHex(body.subarray(0, mib)) },
    {
      rangeInBytes: "2097152-3145727",
      sha256TreeHash: treeHashHex(body.subarray(2 * mib, 3 * mib)),
    },
  ]);
  const rest = await archive.listParts({ vaultName, uploadId: first, marker: page.marker });
  expect(rest.items.map((part) => part.rangeInBytes)).toEqual(["3145728-4194303"]);
  expect(rest.marker).toBe(undefined);
  const ids: string[] = [];
  for await (const upload of archive.listMultipartUploads({ vaultName, limit: 1 })) {
    ids.push(upload.multipartUploadId);
  }
  expect(ids).toEqual([first, second]);
});

test("an aborted upload is gone, and aborting it again succeeds", async () => {
  const uploadId = await begin();
  await send(uploadId, 0, 2 * mib);
  await archive.abortMultipartUpload({ vaultName, uploadId });
  await archive.abortMultipartUpload({ vaultName, uploadId });
  await expect(send(uploadId, 0, 2 * mib)).rejects.toMatchObject({ code: "FIRN_UPLOAD_NOT_FOUND" });
  expect((await archive.listMultipartUploads({ vaultName }).page()).items).toEqual([]);
});

test("an upload that is idle for a week goes, one with a new part stays", async () => {
  const idle = await begin();
  const busy = await begin();
  clock.advance(UPLOAD_IDLE_MS - 1000);
  await send(busy, 0, 2 * mib);
  clock.advance(1000);
  const left = await archive.listMultipartUploads({ vaultName }).page();
  expect(left.items.map((upload) => upload.multipartUploadId)).toEqual([busy]);
  await expect(send(idle, 0, 2 * mib)).rejects.toMatchObject({ code: "FIRN_UPLOAD_NOT_FOUND" });
});

test("a vault can be deleted with an upload open; what it held is let go", async () => {
  const uploadId = await begin();
  await send(uploadId, 0, 2 * mib);
  await archive.deleteVault({ vaultName });
  await archive.createVault({ vaultName });
  expect((await archive.listMultipartUploads({ vaultName }).page()).items).toEqual([]);
  await expect(send(uploadId, 0, 2 * mib)).rejects.toMatchObject({ code: "FIRN_UPLOAD_NOT_FOUND" });
});
