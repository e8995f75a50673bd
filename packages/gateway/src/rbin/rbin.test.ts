import * as sdk from "@aws-sdk/client-rbin";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { Volumes } from "@firn/volumes";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createRbinService } from "./service.ts";

const credentials = { accessKeyId: "AKIDRBIN", secretAccessKey: "rbin/secret" };
const root = testRoot(credentials.accessKeyId, { canonicalId: "0".repeat(64) });
let store: Store;
let volumes: Volumes;
let gateway: Gateway;
let rbin: sdk.Rbin;

beforeAll(async () => {
  const directory = await makeTemporaryDirectory();
  const random = new SeededRandom(6);
  store = await openStore({ directory, ephemeral: true, random });
  volumes = await Volumes.open({ store });
  gateway = new Gateway({
    services: [createRbinService({ volumes })],
    ...gatewaySetup(store, [{ ...credentials, caller: root }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}`;
  rbin = new sdk.Rbin({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
});

afterAll(async () => {
  rbin.destroy();
  await gateway.close();
  await volumes.close();
  await store.close();
});

const ResourceType = "EBS_SNAPSHOT";
const days = (RetentionPeriodValue: number): sdk.RetentionPeriod => ({
  RetentionPeriodValue,
  RetentionPeriodUnit: "DAYS",
});

test("a rule is made, told, changed, listed and removed, and keeps deleted snapshots", async () => {
  const ResourceTags = [{ ResourceTagKey: "keep", ResourceTagValue: "yes" }];
  const made = await rbin.createRule({
    RetentionPeriod: days(7),
    ResourceType,
    ResourceTags,
    Description: "a week",
  });
  expect(made).toMatchObject({
    $metadata: { httpStatusCode: 201 },
    Identifier: expect.stringMatching(/^[0-9a-zA-Z]{11}$/),
    RetentionPeriod: days(7),
    ResourceTags,
    Status: "available",
    Description: "a week",
  });
  const Identifier = made.Identifier ?? "";
  await rbin.updateRule({ Identifier, RetentionPeriod: days(9) });
  const told = await rbin.getRule({ Identifier });
  expect(told).toMatchObject({ RetentionPeriod: days(9), Description: "a week", ResourceTags });
  const { volumeId } = await volumes.createVolume({ sizeGiB: 1 });
  const tags = [{ key: "keep", value: "yes" }];
  const { snapshotId } = await volumes.createSnapshot({ volumeId, tags });
  await volumes.deleteSnapshot({ snapshotId });
  await volumes.snapshots.restoreFromBin({ snapshotId });
  const listed = await rbin.listRules({ ResourceType, ResourceTags });
  expect(listed.Rules).toMatchObject([{ Identifier, RetentionPeriod: days(9) }]);
  expect((await rbin.listRules({ ResourceType, LockState: "locked" })).Rules).toEqual([]);
  await rbin.deleteRule({ Identifier });
  await expect(rbin.getRule({ Identifier })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    Reason: "RULE_NOT_FOUND",
    $metadata: { httpStatusCode: 404 },
  });
});

test("pages of rules follow one another, and wrong parameters are refused", async () => {
  for (let i = 0; i < 5; i++) await rbin.createRule({ RetentionPeriod: days(1), ResourceType });
  const sizes: number[] = [];
  const ids = new Set<string | undefined>();
  const pager = sdk.paginateListRules({ client: rbin, pageSize: 2 }, { ResourceType });
  for await (const { Rules = [] } of pager) {
    sizes.push(Rules.length);
    for (const { Identifier } of Rules) ids.add(Identifier);
  }
  expect(sizes).toEqual([2, 2, 1]);
  expect(ids.size).toBe(5);
  const invalid = { name: "ValidationException", Reason: "INVALID_PARAMETER_VALUE" };
  const long = rbin.createRule({ RetentionPeriod: days(400), ResourceType });
  await expect(long).rejects.toMatchObject(invalid);
  const image = rbin.createRule({ RetentionPeriod: days(1), ResourceType: "EC2_IMAGE" });
  await expect(image).rejects.toMatchObject(invalid);
  const Tags = [{ Key: "a", Value: "b" }];
  const tagged = rbin.createRule({ RetentionPeriod: days(1), ResourceType, Tags });
  await expect(tagged).rejects.toMatchObject(invalid);
  const token = rbin.listRules({ ResourceType, NextToken: "AAAA" });
  await expect(token).rejects.toMatchObject({ Reason: "INVALID_PAGE_TOKEN" });
});
