import { rm } from "node:fs/promises";
import { Glacier } from "@aws-sdk/client-glacier";
import type { GlacierServiceException } from "@aws-sdk/client-glacier";
import { Archive } from "@firn/archive";
import { parsePolicy } from "@firn/auth";
import { ManualClock, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Caller } from "../frame/context.ts";
import { Gateway } from "../frame/gateway.ts";
import { createGlacierService } from "./service.ts";

const DAY = 86_400_000;
const accountId = "-";
const owner = "000000000000";
const other = "111111111111";
const bytes = new Uint8Array(3);
const clock = new ManualClock(Date.UTC(2026, 10, 24, 8, 30));
let directory: string;
let store: Store;
let archive: Archive;
let gateway: Gateway;
let vaults = 0;
let vault: { accountId: string; vaultName: string };
const clients: Glacier[] = [];
let root: Glacier;
let alice: Glacier;
let stranger: Glacier;

const key = (name: string): { accessKeyId: string; secretAccessKey: string } => ({
  accessKeyId: `AKID${name}`,
  secretAccessKey: `secret/of/${name}`,
});

function policyText(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Alice may look at everything, and upload to and delete from vaults whose team is hers. */
const alicesPolicy = policyText(
  { Effect: "Allow", Action: ["glacier:Describe*", "glacier:List*"], Resource: "*" },
  {
    Effect: "Allow",
    Action: ["glacier:UploadArchive", "glacier:DeleteArchive"],
    Resource: `arn:aws:glacier:us-east-1:${owner}:vaults/*`,
    Condition: { StringEquals: { "glacier:ResourceTag/team": "films" } },
  },
);

function userNamed(name: string, text: string): Caller {
  const policies = [parsePolicy(text, { kind: "identity", bytesMax: 20_480 })];
  const arn = `arn:aws:iam::${owner}:user/${name}`;
  const accessKeyId = key(name).accessKeyId;
  const common = { accountId: owner, canonicalId: "0".repeat(64), displayName: "root" };
  return { ...common, arn, accessKeyId, isRoot: false, userName: name, userId: "AIDA", policies };
}

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true, clock });
  archive = await Archive.open({ store, expeditedOnDemand: 1 });
  const rootOf = (name: string, account: string): Caller =>
    testRoot(key(name).accessKeyId, {
      canonicalId: "0".repeat(64),
      accountId: account,
      arn: `arn:aws:iam::${account}:root`,
    });
  const callers: Parameters<typeof gatewaySetup>[1] = [
    { ...key("ROOT"), caller: rootOf("ROOT", owner) },
    { ...key("OTHER"), caller: rootOf("OTHER", other) },
    { ...key("ALICE"), caller: userNamed("ALICE", alicesPolicy) },
  ];
  gateway = new Gateway({
    services: [createGlacierService({ archive })],
    ...gatewaySetup(store, callers),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}`;
  const clientOf = (name: string): Glacier => {
    const client = new Glacier({
      endpoint,
      region: "us-east-1",
      credentials: key(name),
      maxAttempts: 1,
    });
    clients.push(client);
    return client;
  };
  [root, alice, stranger] = [clientOf("ROOT"), clientOf("ALICE"), clientOf("OTHER")];
});

beforeEach(async () => {
  vault = { accountId, vaultName: `vault-${vaults++}` };
  await root.createVault(vault);
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await gateway.close();
  await archive.close();
  await store.close();
  await rm(directory, { recursive: true });
});

async function errorOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as GlacierServiceException,
  );
  return `${error?.$metadata.httpStatusCode} ${error?.name} ${error?.message}`;
}

test("a user may what its policies allow on this vault, by its tags", async () => {
  const { vaultName } = vault;
  expect(await errorOf(alice.uploadArchive({ ...vault, body: bytes }))).toBe(
    "403 AccessDeniedException User: arn:aws:iam::000000000000:user/ALICE is not authorized to " +
      "perform: glacier:UploadArchive on resource: " +
      `arn:aws:glacier:us-east-1:000000000000:vaults/${vaultName} ` +
      "because no identity-based policy allows the glacier:UploadArchive action",
  );
  await root.addTagsToVault({ ...vault, Tags: { team: "films" } });
  const { archiveId } = await alice.uploadArchive({ ...vault, body: bytes });
  await alice.deleteArchive({ ...vault, archiveId });
  await alice.describeVault(vault);
  await alice.listVaults({ accountId });
  const deny = { Effect: "Deny", Principal: "*", Action: "glacier:*", Resource: "*" };
  const calls: (() => Promise<unknown>)[] = [
    () => alice.deleteVault(vault),
    () => alice.createVault({ accountId, vaultName: "alices" }),
    () => alice.purchaseProvisionedCapacity({ accountId }),
    () => alice.setDataRetrievalPolicy({ accountId, Policy: { Rules: [{ Strategy: "None" }] } }),
    () => alice.initiateVaultLock({ ...vault, policy: { Policy: policyText(deny) } }),
    // What is not there is not told to who may not ask.
    () => alice.deleteVault({ accountId, vaultName: "nowhere" }),
  ];
  for (const call of calls) {
    expect(await errorOf(call())).toMatch(/^403 AccessDeniedException .*no identity-based policy/);
  }
  expect(await errorOf(alice.describeVault({ accountId, vaultName: "nowhere" }))).toMatch(/^404/);
});

test("an access policy lets a user in by itself, and holds everybody back by address", async () => {
  const Resource = `arn:aws:glacier:us-east-1:${owner}:vaults/${vault.vaultName}`;
  const lets = {
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${owner}:user/ALICE` },
    Action: "glacier:UploadArchive",
    Resource,
  };
  await root.setVaultAccessPolicy({ ...vault, policy: { Policy: policyText(lets) } });
  await alice.uploadArchive({ ...vault, body: bytes });
  const holds = {
    Effect: "Deny",
    Principal: "*",
    Action: "glacier:*",
    Resource,
    Condition: { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  };
  await root.setVaultAccessPolicy({ ...vault, policy: { Policy: policyText(lets, holds) } });
  for (const client of [alice, root]) {
    expect(await errorOf(client.uploadArchive({ ...vault, body: bytes }))).toMatch(
      /^403 .*explicit deny in a resource-based policy/,
    );
  }
  const tls = { ...holds, Condition: { Bool: { "aws:SecureTransport": "false" } } };
  await root.setVaultAccessPolicy({ ...vault, policy: { Policy: policyText(lets, tls) } });
  expect(await errorOf(root.describeVault(vault))).toMatch(/^403/);
  await root.deleteVaultAccessPolicy(vault);
  await root.describeVault(vault);
});

test("another account gets in where the vault's policy says so, and nowhere else", async () => {
  const theirs = { ...vault, accountId: owner };
  expect(await errorOf(stranger.describeVault(theirs))).toMatch(/^403 .*no resource-based policy/);
  const { vaultName } = vault;
  expect(await errorOf(stranger.describeVault({ accountId, vaultName }))).toMatch(/^404/);
  const Policy = policyText({
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${other}:root` },
    Action: ["glacier:UploadArchive", "glacier:InitiateJob"],
    Resource: `arn:aws:glacier:us-east-1:${owner}:vaults/${vaultName}`,
  });
  await root.setVaultAccessPolicy({ ...vault, policy: { Policy } });
  const { archiveId, location } = await stranger.uploadArchive({ ...theirs, body: bytes });
  expect(location).toMatch(`/${owner}/vaults/${vaultName}/archives/`);
  expect(await errorOf(stranger.deleteArchive({ ...theirs, archiveId }))).toMatch(/^403/);
  expect(await errorOf(stranger.listVaults({ accountId: owner }))).toMatch(/^403/);
  expect(await errorOf(stranger.createVault({ ...theirs, vaultName: "new" }))).toMatch(/^403/);
  expect(await errorOf(stranger.getDataRetrievalPolicy({ accountId: owner }))).toMatch(/^403/);
  expect((await root.describeVault(vault)).NumberOfArchives).toBe(1);
});

test("a lock by tag holds against root and the user until the tag is gone, by age until it is met", async () => {
  const Resource = `arn:aws:glacier:us-east-1:${owner}:vaults/${vault.vaultName}`;
  const deny = { Effect: "Deny", Principal: "*", Action: "glacier:DeleteArchive", Resource };
  const Policy = policyText(
    { ...deny, Condition: { StringLike: { "glacier:ResourceTag/LegalHold": ["true", ""] } } },
    { ...deny, Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } } },
  );
  await root.addTagsToVault({ ...vault, Tags: { team: "films", LegalHold: "true" } });
  const { archiveId } = await alice.uploadArchive({ ...vault, body: bytes });
  const { lockId } = await root.initiateVaultLock({ ...vault, policy: { Policy } });
  await root.completeVaultLock({ ...vault, lockId });
  const held = /^403 .*explicit deny in a vault lock policy/;
  for (const client of [root, alice]) {
    expect(await errorOf(client.deleteArchive({ ...vault, archiveId }))).toMatch(held);
  }
  clock.advance(365 * DAY);
  expect(await errorOf(root.deleteArchive({ ...vault, archiveId }))).toMatch(held);
  await root.removeTagsFromVault({ ...vault, TagKeys: ["LegalHold"] });
  await alice.deleteArchive({ ...vault, archiveId });
});

test("Expedited without capacity is refused once what is there on demand is spent", async () => {
  const { archiveId } = await root.uploadArchive({ ...vault, body: bytes });
  const start = (Tier: string): Promise<unknown> =>
    root.initiateJob({
      ...vault,
      jobParameters: { Type: "archive-retrieval", ArchiveId: archiveId, Tier },
    });
  await start("Expedited");
  expect(await errorOf(start("Expedited"))).toMatch(
    /^400 InsufficientCapacityException There is insufficient capacity/,
  );
  await start("Bulk");
  await root.purchaseProvisionedCapacity({ accountId });
  for (let i = 0; i < 3; i++) await start("Expedited");
  expect(await errorOf(start("Expedited"))).toMatch(/^400 InsufficientCapacityException/);
  expect((await root.listJobs(vault)).JobList).toHaveLength(5);
});
