import * as sdk from "@aws-sdk/client-ec2";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { gatewaySetup, testRoot } from "@firn/testing";
import { Volumes } from "@firn/volumes";
import aws4 from "aws4";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createEc2Service } from "./service.ts";

const credentials = { accessKeyId: "AKIDEC2", secretAccessKey: "ec2/secret" };
const stranger = { accessKeyId: "AKIDOTHER", secretAccessKey: "other/secret" };
const OTHER = "111111111111";
const DAY_MS = 86_400_000;
const zone = "us-east-1a";
const clock = new ManualClock(Date.UTC(2026, 10, 24, 8, 30));
let store: Store;
let volumes: Volumes;
let gateway: Gateway;
let endpoint: string;
let ec2: sdk.EC2;

const root = testRoot(credentials.accessKeyId, { canonicalId: "0".repeat(64) });

beforeAll(async () => {
  const directory = await makeTemporaryDirectory();
  const random = new SeededRandom(6);
  store = await openStore({ directory, ephemeral: true, clock, random });
  volumes = await Volumes.open({ store });
  gateway = new Gateway({
    services: [createEc2Service({ volumes, store })],
    ...gatewaySetup(store, [
      { ...credentials, caller: root },
      { ...stranger, caller: testRoot(stranger.accessKeyId, { accountId: OTHER }) },
    ]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  endpoint = `http://127.0.0.1:${port}`;
  ec2 = clientOf(credentials);
});

afterAll(async () => {
  ec2.destroy();
  await gateway.close();
  await volumes.close();
  await store.close();
});

function clientOf(of: typeof credentials, region = "us-east-1"): sdk.EC2 {
  return new sdk.EC2({ endpoint, region, credentials: of, maxAttempts: 1 });
}

async function taken(more: Partial<sdk.CreateSnapshotRequest> = {}): Promise<string> {
  const { VolumeId } = await ec2.createVolume({ Size: 1, AvailabilityZone: zone });
  return (await ec2.createSnapshot({ VolumeId, ...more })).SnapshotId ?? "";
}

test("a snapshot is shared with an account, and with everybody unless that is blocked", async () => {
  const SnapshotId = await taken();
  const other = clientOf(stranger);
  const Attribute = "createVolumePermission";
  const permissions = async () =>
    (await ec2.describeSnapshotAttribute({ SnapshotId, Attribute })).CreateVolumePermissions;
  expect(await permissions()).toEqual([]);
  const use = () => other.createVolume({ SnapshotId, AvailabilityZone: zone });
  await expect(use()).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  await ec2.modifySnapshotAttribute({
    SnapshotId,
    CreateVolumePermission: { Add: [{ UserId: OTHER }] },
  });
  expect(await permissions()).toEqual([{ UserId: OTHER }]);
  await use();
  const seen = await other.describeSnapshots({ SnapshotIds: [SnapshotId] });
  expect(seen.Snapshots).toMatchObject([{ SnapshotId, OwnerId: root.accountId }]);
  const own = await other.describeSnapshots({ SnapshotIds: [SnapshotId], OwnerIds: ["self"] });
  expect(own.Snapshots).toEqual([]);
  await ec2.modifySnapshotAttribute({
    SnapshotId,
    Attribute,
    OperationType: "add",
    GroupNames: ["all"],
  });
  await ec2.modifySnapshotAttribute({ SnapshotId, OperationType: "remove", UserIds: [OTHER] });
  expect(await permissions()).toEqual([{ Group: "all" }]);
  const state = async () => (await ec2.getSnapshotBlockPublicAccessState({})).State;
  expect(await state()).toBe("unblocked");
  const State = "block-all-sharing";
  expect(await ec2.enableSnapshotBlockPublicAccess({ State })).toMatchObject({ State });
  expect(await state()).toBe(State);
  await expect(use()).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  const again = ec2.modifySnapshotAttribute({
    SnapshotId,
    CreateVolumePermission: { Add: [{ Group: "all" }] },
  });
  await expect(again).rejects.toMatchObject({ name: "OperationNotPermitted" });
  expect(await ec2.disableSnapshotBlockPublicAccess({})).toMatchObject({ State: "unblocked" });
  await use();
  await ec2.resetSnapshotAttribute({ SnapshotId, Attribute });
  expect(await permissions()).toEqual([]);
  const bad = ec2.modifySnapshotAttribute({
    SnapshotId,
    OperationType: "add",
    UserIds: ["somebody"],
  });
  await expect(bad).rejects.toMatchObject({ name: "InvalidParameterValue" });
  const codes = await ec2.describeSnapshotAttribute({ SnapshotId, Attribute: "productCodes" });
  expect(codes.ProductCodes).toEqual([]);
  other.destroy();
});

test("a snapshot is copied to another region, with the copy's own tags and description", async () => {
  const SourceSnapshotId = await taken({ Description: "source" });
  const west = clientOf(credentials, "us-west-2");
  const copy = await west.copySnapshot({
    SourceRegion: "us-east-1",
    SourceSnapshotId,
    Description: "copy",
    TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "a", Value: "b" }] }],
  });
  expect(copy).toMatchObject({ Tags: [{ Key: "a", Value: "b" }] });
  const SnapshotIds = [copy.SnapshotId ?? ""];
  const { Snapshots } = await west.describeSnapshots({ SnapshotIds });
  expect(Snapshots).toMatchObject([{ Description: "copy", State: "completed", VolumeSize: 1 }]);
  const missing = west.copySnapshot({ SourceRegion: "eu-west-1", SourceSnapshotId });
  await expect(missing).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  const sealed = west.copySnapshot({
    SourceRegion: "us-east-1",
    SourceSnapshotId,
    Encrypted: true,
  });
  await expect(sealed).rejects.toMatchObject({ name: "UnsupportedOperation" });
  west.destroy();
});

test("a lock keeps a snapshot, is listed, and ends as it was said", async () => {
  const SnapshotId = await taken();
  const locked = await ec2.lockSnapshot({
    SnapshotId,
    LockMode: "compliance",
    LockDuration: 2,
    CoolOffPeriod: 1,
  });
  const now = clock.now();
  expect(locked).toMatchObject({
    SnapshotId,
    LockState: "compliance-cooloff",
    LockDuration: 2,
    CoolOffPeriod: 1,
    CoolOffPeriodExpiresOn: new Date(now + 3_600_000),
    LockCreatedOn: new Date(now),
    LockExpiresOn: new Date(now + 2 * DAY_MS),
  });
  const refused = { name: "OperationNotPermitted" };
  await expect(ec2.deleteSnapshot({ SnapshotId })).rejects.toMatchObject(refused);
  await store.advanceClock(3_600_000);
  await expect(ec2.unlockSnapshot({ SnapshotId })).rejects.toMatchObject(refused);
  const listed = await ec2.describeLockedSnapshots({
    Filters: [{ Name: "lock-state", Values: ["compliance"] }],
  });
  expect(listed.Snapshots).toMatchObject([{ SnapshotId, OwnerId: root.accountId }]);
  await store.advanceClock(2 * DAY_MS);
  await ec2.deleteSnapshot({ SnapshotId });
  const second = await taken();
  await ec2.lockSnapshot({ SnapshotId: second, LockMode: "governance", LockDuration: 1 });
  expect(await ec2.unlockSnapshot({ SnapshotId: second })).toMatchObject({ SnapshotId: second });
  const free = ec2.unlockSnapshot({ SnapshotId: second });
  await expect(free).rejects.toMatchObject({ name: "IncorrectState" });
  const neither = ec2.lockSnapshot({ SnapshotId: second, LockMode: "governance" });
  await expect(neither).rejects.toMatchObject({ name: "InvalidParameterCombination" });
});

test("a snapshot goes to the archive and comes back, for a while or for good", async () => {
  const SnapshotId = await taken();
  const started = await ec2.modifySnapshotTier({ SnapshotId, StorageTier: "archive" });
  expect(started).toMatchObject({ SnapshotId, TieringStartTime: new Date(clock.now()) });
  const use = () => ec2.createVolume({ SnapshotId, AvailabilityZone: zone });
  await expect(use()).rejects.toMatchObject({ name: "IncorrectState" });
  const Filters = [{ Name: "snapshot-id", Values: [SnapshotId] }];
  const status = async () =>
    (await ec2.describeSnapshotTierStatus({ Filters })).SnapshotTierStatuses;
  expect(await status()).toMatchObject([
    { StorageTier: "archive", LastTieringOperationStatus: "archival-completed" },
  ]);
  const restore = await ec2.restoreSnapshotTier({ SnapshotId, TemporaryRestoreDays: 1 });
  expect(restore).toMatchObject({ SnapshotId, IsPermanentRestore: false });
  await store.advanceClock(DAY_MS / 2);
  expect(await status()).toMatchObject([
    { LastTieringOperationStatus: "temporary-restore-in-progress", LastTieringProgress: 50 },
  ]);
  await store.advanceClock(DAY_MS / 2);
  await use();
  const { Snapshots } = await ec2.describeSnapshots({ SnapshotIds: [SnapshotId] });
  expect(Snapshots).toMatchObject([
    { StorageTier: "archive", RestoreExpiryTime: new Date(clock.now() + DAY_MS) },
  ]);
  await ec2.restoreSnapshotTier({ SnapshotId, PermanentRestore: true });
  await store.advanceClock(DAY_MS);
  expect(await status()).toMatchObject([{ StorageTier: "standard" }]);
  const both = { SnapshotId, PermanentRestore: true, TemporaryRestoreDays: 1 };
  await expect(ec2.restoreSnapshotTier(both)).rejects.toMatchObject({
    name: "InvalidParameterCombination",
  });
});

test("fast restore is noted for zones, and failures are told one by one", async () => {
  const SnapshotId = await taken();
  const missing = "snap-00000000000000000";
  const enabled = await ec2.enableFastSnapshotRestores({
    AvailabilityZones: [zone],
    SourceSnapshotIds: [SnapshotId, missing],
  });
  expect(enabled.Successful).toMatchObject([
    { SnapshotId, AvailabilityZone: zone, AvailabilityZoneId: "use1-az1", State: "enabled" },
  ]);
  expect(enabled.Unsuccessful).toMatchObject([
    {
      SnapshotId: missing,
      FastSnapshotRestoreStateErrors: [{ Error: { Code: "InvalidSnapshot.NotFound" } }],
    },
  ]);
  const Filters = [{ Name: "snapshot-id", Values: [SnapshotId] }];
  const { FastSnapshotRestores } = await ec2.describeFastSnapshotRestores({ Filters });
  expect(FastSnapshotRestores).toMatchObject([{ SnapshotId, State: "enabled" }]);
  const disabled = await ec2.disableFastSnapshotRestores({
    AvailabilityZoneIds: ["use1-az1"],
    SourceSnapshotIds: [SnapshotId],
  });
  expect(disabled.Successful).toMatchObject([{ SnapshotId, State: "disabled" }]);
  expect((await ec2.describeFastSnapshotRestores({})).FastSnapshotRestores).toEqual([]);
});

test("a deleted snapshot that a rule keeps is in the recycle bin, and comes back", async () => {
  const rule = await volumes.snapshots.createRule({
    retentionDays: 2,
    resourceTags: [{ key: "keep", value: "yes" }],
  });
  const SnapshotId = await taken({
    Description: "kept",
    TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "keep", Value: "yes" }] }],
  });
  await ec2.deleteSnapshot({ SnapshotId });
  const gone = ec2.describeSnapshots({ SnapshotIds: [SnapshotId] });
  await expect(gone).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  const { Snapshots } = await ec2.listSnapshotsInRecycleBin({});
  expect(Snapshots).toMatchObject([
    {
      SnapshotId,
      Description: "kept",
      RecycleBinExitTime: new Date(clock.now() + 2 * DAY_MS),
    },
  ]);
  const back = await ec2.restoreSnapshotFromRecycleBin({ SnapshotId });
  expect(back).toMatchObject({ SnapshotId, State: "completed", VolumeSize: 1 });
  await ec2.describeSnapshots({ SnapshotIds: [SnapshotId] });
  await volumes.snapshots.deleteRule(rule);
});

test("encryption by default is off, and is not said to be on", async () => {
  const off = { EbsEncryptionByDefault: false };
  expect(await ec2.getEbsEncryptionByDefault({})).toMatchObject(off);
  expect(await ec2.disableEbsEncryptionByDefault({})).toMatchObject(off);
  await expect(ec2.enableEbsEncryptionByDefault({})).rejects.toMatchObject({
    name: "UnsupportedOperation",
  });
});

test("a volume's status and attributes are told and changed", async () => {
  const { VolumeId = "" } = await ec2.createVolume({ Size: 1, AvailabilityZone: zone });
  const { VolumeStatuses } = await ec2.describeVolumeStatus({ VolumeIds: [VolumeId] });
  expect(VolumeStatuses).toMatchObject([
    {
      VolumeId,
      AvailabilityZone: zone,
      VolumeStatus: {
        Status: "ok",
        Details: [{ Name: "io-enabled", Status: "passed" }, { Name: "io-performance" }],
      },
      Actions: [],
    },
  ]);
  const Filters = [{ Name: "volume-status.status", Values: ["impaired"] }];
  expect((await ec2.describeVolumeStatus({ Filters })).VolumeStatuses).toEqual([]);
  const Attribute = "autoEnableIO";
  const told = await ec2.describeVolumeAttribute({ VolumeId, Attribute });
  expect(told.AutoEnableIO).toEqual({ Value: false });
  await ec2.modifyVolumeAttribute({ VolumeId, AutoEnableIO: { Value: true } });
  const changed = await ec2.describeVolumeAttribute({ VolumeId, Attribute });
  expect(changed.AutoEnableIO).toEqual({ Value: true });
  const codes = await ec2.describeVolumeAttribute({ VolumeId, Attribute: "productCodes" });
  expect(codes.ProductCodes).toEqual([]);
  await ec2.enableVolumeIO({ VolumeId });
  const missing = ec2.enableVolumeIO({ VolumeId: "vol-00000000000000000" });
  await expect(missing).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
});

test("an instance is there while it holds a volume, and a device of it is one volume", async () => {
  const InstanceId = "i-0aaaaaaaaaaaaaaaa";
  const one = await ec2.createVolume({ Size: 1, AvailabilityZone: zone });
  const two = await ec2.createVolume({ Size: 1, AvailabilityZone: zone });
  const VolumeId = one.VolumeId ?? "";
  await ec2.attachVolume({ VolumeId, InstanceId, Device: "/dev/sdf" });
  const taken = ec2.attachVolume({ VolumeId: two.VolumeId, InstanceId, Device: "/dev/sdf" });
  await expect(taken).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: expect.stringContaining("already in use"),
  });
  const Filters = [{ Name: "instance-state-name", Values: ["running"] }];
  const { Reservations } = await ec2.describeInstances({ InstanceIds: [InstanceId], Filters });
  expect(Reservations).toMatchObject([
    {
      OwnerId: root.accountId,
      Instances: [
        {
          InstanceId,
          State: { Code: 16, Name: "running" },
          Placement: { AvailabilityZone: zone },
          BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeId } }],
        },
      ],
    },
  ]);
  await ec2.detachVolume({ VolumeId });
  const gone = ec2.describeInstances({ InstanceIds: [InstanceId] });
  await expect(gone).rejects.toMatchObject({ name: "InvalidInstanceID.NotFound" });
});

test("every action names the API's version, and no other", async () => {
  const post = async (body: string): Promise<string> => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
    const { host } = new URL(endpoint);
    const asked = { host, method: "POST", path: "/", service: "ec2", region: "us-east-1" };
    const signed = aws4.sign({ ...asked, body, headers }, credentials);
    const answer = await fetch(endpoint, {
      method: "POST",
      body,
      headers: signed.headers as Record<string, string>,
    });
    return answer.text();
  };
  const action = "Action=DescribeVolumes";
  expect(await post(`${action}&Version=2016-11-15`)).toContain("<volumeSet>");
  expect(await post(`${action}&Version=1999-01-01`)).toContain("<Code>NoSuchVersion</Code>");
  expect(await post(action)).toContain("The request must contain the parameter Version");
  const unknown = await post(`${action}&Version=2016-11-15&Nonsense=1`);
  expect(unknown).toContain("<Code>UnknownParameter</Code>");
});
