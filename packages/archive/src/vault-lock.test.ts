import { rm } from "node:fs/promises";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";

const DAY = 86_400_000;
const vaultName = "v";
let clock: ManualClock;
let directory: string;
let store: Store;
let archive: Archive;

beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2026, 10, 24));
  directory = await makeTemporaryDirectory();
  const random = new SeededRandom(13);
  store = await openStore({ directory, ephemeral: true, clock, random });
  archive = await Archive.open({ store });
  await archive.createVault({ vaultName });
});

afterEach(async () => {
  await archive.close();
  await store.close();
  await rm(directory, { recursive: true });
});

function policyOf(statement: object): string {
  const whole = {
    Effect: "Deny",
    Principal: "*",
    Action: "glacier:*",
    Resource: "*",
    ...statement,
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [whole] });
}

const keepOneYear: string = policyOf({
  Action: "glacier:DeleteArchive",
  Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } },
});

async function upload(): Promise<{ vaultName: string; archiveId: string }> {
  const { archiveId } = await archive.uploadArchive({ vaultName, body: new Uint8Array(3) });
  return { vaultName, archiveId };
}

test("a lock that is not completed within a day is gone", async () => {
  const name = await upload();
  const { lockId } = await archive.initiateVaultLock({ vaultName, policy: keepOneYear });
  expect(await archive.getVaultLock({ vaultName })).toEqual({
    policy: keepOneYear,
    state: "InProgress",
    creationDate: clock.now(),
    expirationDate: clock.now() + DAY,
  });
  await expect(archive.deleteArchive(name)).rejects.toMatchObject({ code: "FIRN_LOCK_DENIES" });
  clock.advance(DAY);
  await expect(archive.getVaultLock({ vaultName })).rejects.toMatchObject({
    code: "FIRN_LOCK_NOT_FOUND",
  });
  await expect(archive.completeVaultLock({ vaultName, lockId })).rejects.toThrow(/No vault lock/);
  await archive.deleteArchive(name);
});

test("a completed lock holds against the account's root and a new opening, until the age is met", async () => {
  const name = await upload();
  const { lockId } = await archive.initiateVaultLock({ vaultName, policy: keepOneYear });
  await archive.completeVaultLock({ vaultName, lockId });
  await archive.completeVaultLock({ vaultName, lockId });
  expect(await archive.getVaultLock({ vaultName })).toMatchObject({
    state: "Locked",
    expirationDate: undefined,
  });
  await archive.close();
  archive = await Archive.open({ store });
  clock.advance(364 * DAY);
  await expect(archive.deleteArchive(name)).rejects.toThrow(/explicit deny in a vault lock policy/);
  await expect(archive.abortVaultLock({ vaultName })).rejects.toMatchObject({
    code: "FIRN_LOCK_STATE",
  });
  clock.advance(DAY);
  await archive.deleteArchive(name);
});

test("a lock in progress can be aborted and begun anew, not begun twice or completed by a guess", async () => {
  await archive.abortVaultLock({ vaultName });
  const { lockId } = await archive.initiateVaultLock({ vaultName, policy: keepOneYear });
  await expect(archive.initiateVaultLock({ vaultName, policy: keepOneYear })).rejects.toMatchObject(
    { code: "FIRN_LOCK_STATE" },
  );
  await expect(archive.completeVaultLock({ vaultName, lockId: "guess" })).rejects.toThrow(
    /Invalid lock ID/,
  );
  await archive.abortVaultLock({ vaultName });
  const again = await archive.initiateVaultLock({ vaultName, policy: keepOneYear });
  expect(again.lockId).not.toBe(lockId);
  await archive.completeVaultLock({ vaultName, lockId: again.lockId });
  await expect(archive.completeVaultLock({ vaultName, lockId })).rejects.toMatchObject({
    code: "FIRN_LOCK_STATE",
  });
});

test("a policy that Firn would not enforce in full is refused", async () => {
  const policy = policyOf({ Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } });
  await expect(archive.initiateVaultLock({ vaultName, policy })).rejects.toThrow(/not supported/);
  await expect(archive.setVaultAccessPolicy({ vaultName, policy })).rejects.toThrow(
    /not supported/,
  );
});

test("an access policy denies at once, and the owner can take it back", async () => {
  await expect(archive.getVaultAccessPolicy({ vaultName })).rejects.toMatchObject({
    code: "FIRN_POLICY_NOT_FOUND",
  });
  const policy = policyOf({});
  await archive.setVaultAccessPolicy({ vaultName, policy });
  await expect(upload()).rejects.toThrow(/explicit deny in a resource-based policy/);
  await expect(archive.describeVault({ vaultName })).rejects.toMatchObject({
    code: "FIRN_LOCK_DENIES",
  });
  expect(await archive.getVaultAccessPolicy({ vaultName })).toEqual({ policy });
  await archive.deleteVaultAccessPolicy({ vaultName });
  await upload();
});

test("a policy can hold one caller back and leave others alone", async () => {
  const alice = "arn:aws:iam::000000000000:user/alice";
  const policy = policyOf({ Principal: { AWS: alice } });
  await archive.setVaultAccessPolicy({ vaultName, policy });
  const asAlice = archive.in({ accountId: "000000000000", region: "us-east-1", caller: alice });
  await expect(asAlice.describeVault({ vaultName })).rejects.toThrow(alice);
  await archive.describeVault({ vaultName });
});

test("a vault has up to ten tags, added, replaced and removed", async () => {
  expect(await archive.listTagsForVault({ vaultName })).toEqual({});
  await archive.addTagsToVault({ vaultName, tags: { a: "1", b: "2" } });
  await archive.addTagsToVault({ vaultName, tags: { b: "3" } });
  await archive.removeTagsFromVault({ vaultName, tagKeys: ["a", "none"] });
  expect(await archive.listTagsForVault({ vaultName })).toEqual({ b: "3" });
  const ten = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, ""]));
  await expect(archive.addTagsToVault({ vaultName, tags: ten })).rejects.toMatchObject({
    code: "FIRN_TAG_LIMIT",
  });
  await expect(archive.addTagsToVault({ vaultName, tags: { "aws:x": "" } })).rejects.toThrow(
    /tag key/,
  );
});

test("a notification configuration is kept as it was set", async () => {
  await expect(archive.getVaultNotifications({ vaultName })).rejects.toMatchObject({
    code: "FIRN_NOTIFICATIONS_NOT_FOUND",
  });
  const config = {
    snsTopic: "arn:aws:sns:us-east-1:000000000000:done",
    events: ["ArchiveRetrievalCompleted"],
  };
  await archive.setVaultNotifications({ vaultName, config });
  expect(await archive.getVaultNotifications({ vaultName })).toEqual(config);
  const odd = { ...config, events: ["Odd"] };
  await expect(archive.setVaultNotifications({ vaultName, config: odd })).rejects.toThrow(/event/);
  await archive.deleteVaultNotifications({ vaultName });
  await expect(archive.getVaultNotifications({ vaultName })).rejects.toThrow(/notification/);
});
