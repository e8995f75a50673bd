import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { rm } from "node:fs/promises";
import * as sdk from "@aws-sdk/client-glacier";
import { Archive, treeHashHex } from "@firn/archive";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { gatewaySetup, testRoot } from "@firn/testing";
import aws4 from "aws4";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { glacierOperations } from "./operations/index.ts";
import { createGlacierService } from "./service.ts";

const HOUR = 3_600_000;
const mib = 1024 * 1024;
const accountId = "-";
const credentials = { accessKeyId: "AKIDGLACIER", secretAccessKey: "glacier/secret" };
const root = testRoot(credentials.accessKeyId, { canonicalId: "0".repeat(64) });
const clock = new ManualClock(Date.UTC(2026, 10, 24, 8, 30));
let directory: string;
let store: Store;
let archive: Archive;
let gateway: Gateway;
let port: number;
let client: sdk.Glacier;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const random = new SeededRandom(5);
  store = await openStore({ directory, ephemeral: true, clock, random });
  archive = await Archive.open({ store });
  gateway = new Gateway({
    services: [createGlacierService({ archive })],
    ...gatewaySetup(store, [{ ...credentials, caller: root }]),
  });
  ({ port } = await gateway.listen({ host: "127.0.0.1", port: 0 }));
  const endpoint = `http://127.0.0.1:${port}`;
  client = new sdk.Glacier({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await archive.close();
  await store.close();
  await rm(directory, { recursive: true });
});

let vaults = 0;

/** A vault of the test's own. */
async function makeVault(): Promise<{ accountId: string; vaultName: string }> {
  const vaultName = `vault-${vaults++}`;
  await client.createVault({ accountId, vaultName });
  return { accountId, vaultName };
}

function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 2654435761) >>> 13);
}

/** The service's error, as the SDK understood it. */
async function errorOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as sdk.GlacierServiceException,
  );
  return `${error?.$metadata.httpStatusCode} ${error?.name} ${error?.message}`;
}

test("the service has the API's 33 operations", () => {
  const declared = glacierOperations.map((operation) => operation.name);
  const wanted = Object.keys(sdk)
    .filter((name) => name.endsWith("Command") && name !== "$Command")
    .map((name) => name.slice(0, -"Command".length));
  expect(wanted).toHaveLength(33);
  expect([...declared].sort()).toEqual(wanted.sort());
});

test("CreateVault, DescribeVault, ListVaults and DeleteVault: a vault's life", async () => {
  const vaultName = "a-vault";
  expect(await client.createVault({ accountId, vaultName })).toMatchObject({
    location: "/000000000000/vaults/a-vault",
    $metadata: { httpStatusCode: 201 },
  });
  expect(await client.describeVault({ accountId: "000000000000", vaultName })).toMatchObject({
    VaultARN: "arn:aws:glacier:us-east-1:000000000000:vaults/a-vault",
    VaultName: vaultName,
    CreationDate: "2026-11-24T08:30:00.000Z",
    NumberOfArchives: 0,
    SizeInBytes: 0,
  });
  await client.createVault({ accountId, vaultName: "b-vault" });
  const first = await client.listVaults({ accountId, limit: 1 });
  expect(first.VaultList?.map((vault) => vault.VaultName)).toEqual(["a-vault"]);
  expect(first.Marker).toBe("arn:aws:glacier:us-east-1:000000000000:vaults/b-vault");
  const second = await client.listVaults({ accountId, marker: first.Marker });
  expect(second.VaultList?.[0]?.VaultName).toBe("b-vault");
  for (const name of ["a-vault", "b-vault"]) {
    const { $metadata } = await client.deleteVault({ accountId, vaultName: name });
    expect($metadata.httpStatusCode).toBe(204);
  }
  expect(await errorOf(client.describeVault({ accountId, vaultName }))).toBe(
    "404 ResourceNotFoundException Vault not found for ARN: " +
      "arn:aws:glacier:us-east-1:000000000000:vaults/a-vault",
  );
  expect(await errorOf(client.createVault({ accountId, vaultName: "a b" }))).toMatch(
    /^400 InvalidParameterValueException Invalid vault name/,
  );
});

test("UploadArchive and DeleteArchive: the tree hash that the client computed is verified", async () => {
  const vault = await makeVault();
  const body = pattern(3 * mib + 5);
  const archiveDescription = "my photos";
  const made = await client.uploadArchive({ ...vault, body, archiveDescription });
  expect(made).toMatchObject({ checksum: treeHashHex(body), $metadata: { httpStatusCode: 201 } });
  expect(made.archiveId).toHaveLength(138);
  expect(made.location).toBe(`/000000000000/vaults/${vault.vaultName}/archives/${made.archiveId}`);
  const checksum = "0".repeat(64);
  expect(await errorOf(client.uploadArchive({ ...vault, body, checksum }))).toBe(
    `400 InvalidParameterValueException Checksum mismatch: expected ${checksum}, computed ${treeHashHex(body)}`,
  );
  expect(await errorOf(client.deleteVault(vault))).toMatch(
    /^400 InvalidParameterValueException Vault not empty or recently written to/,
  );
  const { archiveId } = made;
  expect(await errorOf(client.deleteArchive({ ...vault, archiveId: "none" }))).toBe(
    "404 ResourceNotFoundException The archive ID was not found: none",
  );
  await client.deleteArchive({ ...vault, archiveId });
  await client.deleteArchive({ ...vault, archiveId });
  expect((await client.describeVault(vault)).NumberOfArchives).toBe(0);
});

test("InitiateJob, DescribeJob and GetJobOutput: an archive and a range come back in time", async () => {
  const vault = await makeVault();
  const body = pattern(3 * mib + 5);
  const archiveDescription = "my photos";
  const { archiveId, checksum } = await client.uploadArchive({
    ...vault,
    body,
    archiveDescription,
  });
  const start = (more: object): Promise<sdk.InitiateJobCommandOutput> =>
    client.initiateJob({
      ...vault,
      jobParameters: { Type: "archive-retrieval", ArchiveId: archiveId, ...more },
    });
  const whole = await start({ Description: "all of it" });
  const part = await start({ Tier: "Expedited", RetrievalByteRange: `${mib}-${3 * mib - 1}` });
  expect(whole.$metadata.httpStatusCode).toBe(202);
  expect(whole.location).toBe(`/000000000000/vaults/${vault.vaultName}/jobs/${whole.jobId}`);
  const { jobId } = whole;
  expect(await client.describeJob({ ...vault, jobId })).toMatchObject({
    JobDescription: "all of it",
    Action: "ArchiveRetrieval",
    ArchiveId: archiveId,
    Completed: false,
    StatusCode: "InProgress",
    ArchiveSizeInBytes: body.length,
    ArchiveSHA256TreeHash: checksum,
    RetrievalByteRange: `0-${body.length - 1}`,
    Tier: "Standard",
  });
  expect(await errorOf(client.getJobOutput({ ...vault, jobId }))).toBe(
    `400 InvalidParameterValueException The job is not currently available for download: ${jobId}`,
  );
  clock.advance(5 * HOUR);
  expect(await client.describeJob({ ...vault, jobId })).toMatchObject({
    Completed: true,
    StatusCode: "Succeeded",
    SHA256TreeHash: checksum,
  });
  const output = await client.getJobOutput({ ...vault, jobId });
  expect(output).toMatchObject({
    status: 200,
    checksum,
    archiveDescription,
    contentType: "application/octet-stream",
    acceptRanges: "bytes",
  });
  expect(Buffer.compare(await output.body!.transformToByteArray(), body)).toBe(0);
  const cut = await client.getJobOutput({ ...vault, jobId: part.jobId, range: "bytes=0-1048575" });
  expect(cut).toMatchObject({
    status: 206,
    contentRange: `bytes 0-1048575/${2 * mib}`,
    checksum: treeHashHex(body.subarray(mib, 2 * mib)),
  });
  const bytes = await cut.body!.transformToByteArray();
  expect(Buffer.compare(bytes, body.subarray(mib, 2 * mib))).toBe(0);
  clock.advance(24 * HOUR);
  expect(await errorOf(client.getJobOutput({ ...vault, jobId }))).toBe(
    `404 ResourceNotFoundException The job ID was not found: ${jobId}`,
  );
  expect(await errorOf(start({ Tier: "Warp" }))).toMatch(/^400 InvalidParameterValueException/);
  expect(await errorOf(start({ RetrievalByteRange: "0-7" }))).toMatch(/megabyte aligned/);
  expect(await errorOf(start({ Type: "select" }))).toMatch(/^400 NoLongerSupportedException/);
  expect(await errorOf(start({ ArchiveId: undefined }))).toBe(
    "400 MissingParameterValueException Required parameter missing: ArchiveId",
  );
});

test("ListJobs and an inventory as CSV: filtered, and one row with the right hash", async () => {
  const vault = await makeVault();
  const body = pattern(10);
  const { archiveId, checksum } = await client.uploadArchive({
    ...vault,
    body,
    archiveDescription: 'a, "b"',
  });
  const { jobId } = await client.initiateJob({
    ...vault,
    jobParameters: {
      Type: "inventory-retrieval",
      Format: "CSV",
      InventoryRetrievalParameters: { Limit: "5", StartDate: "2026-11-24T00:00:00Z" },
    },
  });
  const pending = await client.listJobs({ ...vault, statuscode: "InProgress", completed: "false" });
  expect(pending.JobList?.map((job) => job.JobId)).toEqual([jobId]);
  expect(pending.JobList?.[0]?.InventoryRetrievalParameters).toEqual({
    Format: "CSV",
    Limit: "5",
    StartDate: "2026-11-24T00:00:00Z",
  });
  expect((await client.listJobs({ ...vault, completed: "true" })).JobList).toEqual([]);
  clock.advance(5 * HOUR);
  const output = await client.getJobOutput({ ...vault, jobId });
  expect(output.contentType).toBe("text/csv");
  const [, row] = (await output.body!.transformToString()).split("\n");
  expect(row).toMatch(`${archiveId},"a, \\"b\\"",`);
  expect(row).toMatch(`,10,${checksum}`);
});

test("the six multipart operations: parts are listed, completed once, or aborted", async () => {
  const vault = await makeVault();
  const body = pattern(2 * mib + 77);
  const begin = (): Promise<sdk.InitiateMultipartUploadCommandOutput> =>
    client.initiateMultipartUpload({ ...vault, partSize: String(mib), archiveDescription: "d" });
  const { uploadId, location } = await begin();
  expect(location).toBe(`/000000000000/vaults/${vault.vaultName}/multipart-uploads/${uploadId}`);
  for (const start of [2 * mib, 0, mib]) {
    const part = body.subarray(start, start + mib);
    const range = `bytes ${start}-${start + part.length - 1}/*`;
    const sent = await client.uploadMultipartPart({ ...vault, uploadId, range, body: part });
    expect(sent.checksum).toBe(treeHashHex(part));
  }
  const parts = await client.listParts({ ...vault, uploadId, limit: 2 });
  expect(parts).toMatchObject({ PartSizeInBytes: mib, ArchiveDescription: "d", Marker: "2" });
  expect(parts.Parts?.map((part) => part.RangeInBytes)).toEqual(["0-1048575", "1048576-2097151"]);
  const other = await begin();
  const open = await client.listMultipartUploads({ ...vault });
  expect(open.UploadsList?.map((one) => one.MultipartUploadId).sort()).toEqual(
    [uploadId, other.uploadId].sort(),
  );
  await client.abortMultipartUpload({ ...vault, uploadId: other.uploadId });
  expect(await errorOf(client.listParts({ ...vault, uploadId: other.uploadId }))).toBe(
    `404 ResourceNotFoundException The upload ID was not found: ${other.uploadId}`,
  );
  const whole = {
    ...vault,
    uploadId,
    archiveSize: String(body.length),
    checksum: treeHashHex(body),
  };
  expect(await errorOf(client.completeMultipartUpload({ ...whole, archiveSize: "5" }))).toMatch(
    /^400 InvalidParameterValueException Invalid archive size/,
  );
  const made = await client.completeMultipartUpload(whole);
  expect(made.checksum).toBe(whole.checksum);
  expect((await client.completeMultipartUpload(whole)).archiveId).toBe(made.archiveId);
  expect((await client.describeVault(vault)).SizeInBytes).toBe(body.length);
  expect(await errorOf(client.initiateMultipartUpload({ ...vault, partSize: "3000000" }))).toBe(
    "400 InvalidParameterValueException Invalid part size: 3000000. Part size must not be null, " +
      "must be a power of two and be between 1048576 and 4294967296 bytes.",
  );
});

test("tags: added, listed, removed", async () => {
  const vault = await makeVault();
  await client.addTagsToVault({ ...vault, Tags: { a: "1", b: "2" } });
  await client.removeTagsFromVault({ ...vault, TagKeys: ["a"] });
  expect((await client.listTagsForVault(vault)).Tags).toEqual({ b: "2" });
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, "v"]));
  expect(await errorOf(client.addTagsToVault({ ...vault, Tags: many }))).toMatch(
    /^400 LimitExceededException/,
  );
});

test("vault lock: initiated, aborted, completed, and it holds", async () => {
  const vault = await makeVault();
  const statement = {
    Sid: "keep",
    Effect: "Deny",
    Principal: "*",
    Action: "glacier:DeleteArchive",
    Resource: `arn:aws:glacier:us-east-1:000000000000:vaults/${vault.vaultName}`,
    Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } },
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  expect(await errorOf(client.getVaultLock(vault))).toMatch(/^404 ResourceNotFoundException/);
  await client.initiateVaultLock({ ...vault, policy: { Policy } });
  expect(await errorOf(client.initiateVaultLock({ ...vault, policy: { Policy } }))).toMatch(
    /^403 AccessDeniedException/,
  );
  await client.abortVaultLock(vault);
  const { lockId } = await client.initiateVaultLock({ ...vault, policy: { Policy } });
  expect(await client.getVaultLock(vault)).toMatchObject({ Policy, State: "InProgress" });
  await client.completeVaultLock({ ...vault, lockId });
  expect((await client.getVaultLock(vault)).State).toBe("Locked");
  const { archiveId } = await client.uploadArchive({ ...vault, body: pattern(3) });
  expect(await errorOf(client.deleteArchive({ ...vault, archiveId }))).toMatch(
    /^403 AccessDeniedException User: arn:aws:iam::000000000000:root is not authorized/,
  );
  const big = JSON.stringify({ Statement: [{ ...statement, Sid: "x".repeat(20_480) }] });
  expect(await errorOf(client.initiateVaultLock({ ...vault, policy: { Policy: big } }))).toMatch(
    /^400 InvalidParameterValueException/,
  );
});

test("access policy and notifications: set, shown, deleted", async () => {
  const vault = await makeVault();
  const Policy =
    '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"glacier:UploadArchive","Resource":"*"}]}';
  await client.setVaultAccessPolicy({ ...vault, policy: { Policy } });
  expect((await client.getVaultAccessPolicy(vault)).policy).toEqual({ Policy });
  expect(await errorOf(client.uploadArchive({ ...vault, body: pattern(3) }))).toMatch(/^403/);
  await client.deleteVaultAccessPolicy(vault);
  expect(await errorOf(client.getVaultAccessPolicy(vault))).toMatch(/^404/);
  const vaultNotificationConfig = {
    SNSTopic: "arn:aws:sns:us-east-1:000000000000:done",
    Events: ["ArchiveRetrievalCompleted"],
  };
  await client.setVaultNotifications({ ...vault, vaultNotificationConfig });
  expect((await client.getVaultNotifications(vault)).vaultNotificationConfig).toEqual(
    vaultNotificationConfig,
  );
  await client.deleteVaultNotifications(vault);
  expect(await errorOf(client.getVaultNotifications(vault))).toMatch(/^404/);
});

test("data retrieval policy and provisioned capacity belong to the account", async () => {
  const Policy = { Rules: [{ Strategy: "BytesPerHour", BytesPerHour: 5 }] };
  await client.setDataRetrievalPolicy({ accountId, Policy });
  expect((await client.getDataRetrievalPolicy({ accountId })).Policy).toEqual(Policy);
  const vault = await makeVault();
  const { archiveId } = await client.uploadArchive({ ...vault, body: pattern(6) });
  const jobParameters = { Type: "archive-retrieval", ArchiveId: archiveId };
  expect(await errorOf(client.initiateJob({ ...vault, jobParameters }))).toBe(
    "400 PolicyEnforcedException InitiateJob request denied by current data retrieval policy.",
  );
  await client.setDataRetrievalPolicy({ accountId, Policy: { Rules: [{ Strategy: "None" }] } });
  const { capacityId } = await client.purchaseProvisionedCapacity({ accountId });
  const { ProvisionedCapacityList } = await client.listProvisionedCapacity({ accountId });
  expect(ProvisionedCapacityList?.[0]).toMatchObject({ CapacityId: capacityId });
});

interface Raw {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A request as no SDK would send it. */
async function send(path: string, raw: Raw = {}): Promise<string> {
  const signed = aws4.sign(
    { host: `127.0.0.1:${port}`, service: "glacier", region: "us-east-1", path, ...raw },
    credentials,
  );
  const { method, headers } = signed;
  const out = request({ host: "127.0.0.1", port, path, method, headers: headers as never });
  out.end(raw.body);
  const [response] = (await once(out, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
  return `${response.statusCode} ${text}`;
}

test("what no SDK sends gets the service's own error", async () => {
  const version = { "x-amz-glacier-version": "2012-06-01" };
  const { vaultName } = await makeVault();
  expect(await send("/-/vaults")).toBe(
    '400 {"code":"MissingParameterValueException","message":"Required parameter missing: API version","type":"Client"}',
  );
  expect(await send("/-/vaults", { headers: { "x-amz-glacier-version": "2011" } })).toMatch(
    /InvalidParameterValueException/,
  );
  expect(await send("/111111111111/vaults", { headers: version })).toMatch(
    /^403 .*AccessDeniedException/,
  );
  expect(await send("/-/vaults?limit=many", { headers: version })).toMatch(
    /^400 .*InvalidParameterValueException.*limit/,
  );
  expect(await send("/-/nothing", { headers: version })).toMatch(
    /^404 .*UnknownOperationException/,
  );
  const declared = { "X-Amz-Content-Sha256": treeHashHex(Buffer.from("abc")) };
  const upload = { method: "POST", body: "abc", headers: { ...version, ...declared } };
  expect(await send(`/-/vaults/${vaultName}/archives`, upload)).toMatch(
    /^400 .*Required parameter missing: x-amz-sha256-tree-hash/,
  );
  const job = { method: "POST", headers: version };
  expect(await send(`/-/vaults/${vaultName}/jobs`, { ...job, body: "{" })).toMatch(
    /^400 .*InvalidParameterValueException/,
  );
  expect(await send(`/-/vaults/${vaultName}/jobs`, { ...job, body: '{"Type":7}' })).toMatch(/^400/);
  expect(await send(`/-/vaults/${vaultName}/jobs`, { ...job, body: "" })).toMatch(
    /Required parameter missing: Type/,
  );
});

test("a client that leaves in the middle of its upload leaves nothing behind", async () => {
  const vault = await makeVault();
  const body = pattern(2 * mib);
  const path = `/-/vaults/${vault.vaultName}/archives`;
  const { headers } = aws4.sign(
    {
      host: `127.0.0.1:${port}`,
      service: "glacier",
      region: "us-east-1",
      method: "POST",
      path,
      headers: {
        "Content-Length": body.length,
        "X-Amz-Content-Sha256": createHash("sha256").update(body).digest("hex"),
        "x-amz-glacier-version": "2012-06-01",
        "x-amz-sha256-tree-hash": treeHashHex(body),
      },
    },
    credentials,
  );
  const out = request({ host: "127.0.0.1", port, path, method: "POST", headers: headers as never });
  out.on("error", () => undefined);
  await new Promise((resolve) => out.write(body.subarray(0, mib), resolve));
  const closed = new Promise((resolve) => out.once("close", resolve));
  out.destroy();
  await closed;
  expect((await client.describeVault(vault)).NumberOfArchives).toBe(0);
  await client.uploadArchive({ ...vault, body });
  expect((await client.describeVault(vault)).NumberOfArchives).toBe(1);
});
