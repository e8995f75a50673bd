import * as sdk from "@aws-sdk/client-ec2";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { Volumes } from "@firn/volumes";
import { gatewaySetup, testRoot } from "@firn/testing";
import aws4 from "aws4";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createEc2Service } from "./service.ts";

const credentials = { accessKeyId: "AKIDEC2", secretAccessKey: "ec2/secret" };
const root = testRoot(credentials.accessKeyId, { canonicalId: "0".repeat(64) });
const clock = new ManualClock(Date.UTC(2026, 10, 24, 8, 30));
const zone = "us-east-1a";
let store: Store;
let volumes: Volumes;
let gateway: Gateway;
let endpoint: string;
let ec2: sdk.EC2;

beforeAll(async () => {
  const directory = await makeTemporaryDirectory();
  const random = new SeededRandom(6);
  store = await openStore({ directory, ephemeral: true, clock, random });
  volumes = await Volumes.open({ store });
  gateway = new Gateway({
    services: [createEc2Service({ volumes, store })],
    ...gatewaySetup(store, [{ ...credentials, caller: root }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  endpoint = `http://127.0.0.1:${port}`;
  ec2 = clientIn("us-east-1");
});

afterAll(async () => {
  ec2.destroy();
  await gateway.close();
  await volumes.close();
  await store.close();
});

function clientIn(region: string): sdk.EC2 {
  return new sdk.EC2({ endpoint, region, credentials, maxAttempts: 1 });
}

/** A request in a region of its own, so that tests do not see one another's volumes. */
async function inRegion(name: string, use: (client: sdk.EC2) => Promise<void>): Promise<void> {
  const client = clientIn(name);
  try {
    await use(client);
  } finally {
    client.destroy();
  }
}

async function create(more: Partial<sdk.CreateVolumeRequest> = {}): Promise<string> {
  const made = await ec2.createVolume({ Size: 1, AvailabilityZone: zone, ...more });
  return made.VolumeId ?? "";
}

/** The status and body of a form that no SDK would send. */
async function post(body: string): Promise<{ status: number; text: string }> {
  const headers = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
  const { host } = new URL(endpoint);
  const asked = { host, method: "POST", path: "/", service: "ec2", region: "us-east-1" };
  const signed = aws4.sign({ ...asked, body, headers }, credentials);
  const answer = await fetch(endpoint, {
    method: "POST",
    body,
    headers: signed.headers as Record<string, string>,
  });
  return { status: answer.status, text: await answer.text() };
}

test("a volume lives from its creation to its end", async () => {
  const made = await ec2.createVolume({
    Size: 10,
    VolumeType: "gp3",
    AvailabilityZone: zone,
    Encrypted: false,
    TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "Name", Value: "data" }] }],
  });
  expect(made).toMatchObject({
    VolumeId: expect.stringMatching(/^vol-[0-9a-f]{17}$/),
    State: "available",
    Size: 10,
    VolumeType: "gp3",
    Iops: 3000,
    Throughput: 125,
    SnapshotId: "",
    AvailabilityZone: zone,
    AvailabilityZoneId: "use1-az1",
    Encrypted: false,
    MultiAttachEnabled: false,
    CreateTime: new Date(Date.UTC(2026, 10, 24, 8, 30)),
    Tags: [{ Key: "Name", Value: "data" }],
  });
  const VolumeId = made.VolumeId ?? "";
  const described = await ec2.describeVolumes({ VolumeIds: [VolumeId] });
  expect(described.Volumes).toHaveLength(1);
  expect(described.Volumes?.[0]).toMatchObject({ VolumeId, Attachments: [], Size: 10 });
  await ec2.deleteVolume({ VolumeId });
  await expect(ec2.describeVolumes({ VolumeIds: [VolumeId] })).rejects.toMatchObject({
    name: "InvalidVolume.NotFound",
    message: `The volume '${VolumeId}' does not exist.`,
  });
});

test("a volume from a snapshot has its bytes, its size and its id", async () => {
  const source = await create();
  const before = await volumes.openVolume({ volumeId: source });
  await before.write(8192, Buffer.alloc(4096, 7));
  const snapshot = await ec2.createSnapshot({
    VolumeId: source,
    Description: "before the upgrade",
    TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "run", Value: "1" }] }],
  });
  expect(snapshot).toMatchObject({
    State: "completed",
    Progress: "100%",
    VolumeId: source,
    VolumeSize: 1,
    OwnerId: root.accountId,
    Description: "before the upgrade",
    Tags: [{ Key: "run", Value: "1" }],
  });
  await before.write(8192, Buffer.alloc(4096, 8));
  await before.close();
  const SnapshotId = snapshot.SnapshotId ?? "";
  const clone = await ec2.createVolume({ SnapshotId, AvailabilityZoneId: "use1-az2" });
  expect(clone).toMatchObject({ SnapshotId, Size: 1, AvailabilityZone: "us-east-1b" });
  const after = await volumes.openVolume({ volumeId: clone.VolumeId ?? "" });
  expect((await after.read(8192, 4096)).every((byte) => byte === 7)).toBe(true);
  await after.close();
  const small = ec2.createVolume({ SnapshotId, Size: 0, AvailabilityZone: zone });
  await expect(small).rejects.toMatchObject({ name: "InvalidParameterValue" });
  const found = await ec2.describeSnapshots({ OwnerIds: ["self"], SnapshotIds: [SnapshotId] });
  expect(found.Snapshots).toHaveLength(1);
  const others = await ec2.describeSnapshots({ OwnerIds: ["amazon"] });
  expect(others.Snapshots).toEqual([]);
  await ec2.deleteSnapshot({ SnapshotId });
  await expect(ec2.deleteSnapshot({ SnapshotId })).rejects.toMatchObject({
    name: "InvalidSnapshot.NotFound",
  });
});

test("an attachment is a lease on the volume that one instance holds at a time", async () => {
  const VolumeId = await create();
  const InstanceId = "i-0123456789abcdef0";
  const attached = await ec2.attachVolume({ VolumeId, InstanceId, Device: "/dev/sdf" });
  expect(attached).toMatchObject({ VolumeId, InstanceId, Device: "/dev/sdf", State: "attached" });
  const again = ec2.attachVolume({ VolumeId, InstanceId: "i-12345678", Device: "xvdg" });
  await expect(again).rejects.toMatchObject({ name: "VolumeInUse" });
  await expect(ec2.deleteVolume({ VolumeId })).rejects.toMatchObject({ name: "VolumeInUse" });
  const Filters = [{ Name: "attachment.instance-id", Values: [InstanceId] }];
  const held = await ec2.describeVolumes({ Filters });
  expect(held.Volumes).toMatchObject([
    { State: "in-use", Attachments: [{ Device: "/dev/sdf", State: "attached" }] },
  ]);
  const detached = await ec2.detachVolume({ VolumeId, Force: true });
  expect(detached).toMatchObject({ VolumeId, State: "detached" });
  await expect(ec2.detachVolume({ VolumeId })).rejects.toMatchObject({ name: "IncorrectState" });
  await ec2.deleteVolume({ VolumeId });
});

test("a volume grows, keeps its modification, and does not shrink", async () => {
  const VolumeId = await create({ Size: 4 });
  const { VolumeModification } = await ec2.modifyVolume({ VolumeId, Size: 8, VolumeType: "gp3" });
  expect(VolumeModification).toMatchObject({
    ModificationState: "completed",
    Progress: 100,
    OriginalSize: 4,
    OriginalVolumeType: "gp2",
    TargetSize: 8,
    TargetVolumeType: "gp3",
  });
  const told = await ec2.describeVolumesModifications({ VolumeIds: [VolumeId] });
  expect(told.VolumesModifications).toEqual([VolumeModification]);
  const Filters = [{ Name: "target-size", Values: ["8"] }];
  const found = await ec2.describeVolumesModifications({ Filters });
  expect(found.VolumesModifications).toEqual([VolumeModification]);
  await expect(ec2.modifyVolume({ VolumeId, Size: 7 })).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: "New size cannot be smaller than existing size",
  });
  await expect(ec2.modifyVolume({ VolumeId })).rejects.toMatchObject({ name: "MissingParameter" });
  const fresh = await create();
  const never = ec2.describeVolumesModifications({ VolumeIds: [fresh] });
  await expect(never).rejects.toMatchObject({ name: "InvalidVolumeModification.NotFound" });
});

test("snapshots of an instance's volumes are taken together, its boot volume aside", async () => {
  const InstanceId = "i-00000000000000abc";
  const [boot, data, other] = [await create(), await create(), await create()];
  await ec2.attachVolume({ VolumeId: boot, InstanceId, Device: "/dev/sda1" });
  await ec2.attachVolume({ VolumeId: data, InstanceId, Device: "/dev/sdf" });
  await ec2.attachVolume({ VolumeId: other, InstanceId, Device: "/dev/sdg" });
  const { Snapshots } = await ec2.createSnapshots({
    InstanceSpecification: { InstanceId, ExcludeBootVolume: true, ExcludeDataVolumeIds: [other] },
    Description: "together",
  });
  expect(Snapshots).toMatchObject([
    { VolumeId: data, State: "completed", Description: "together", VolumeSize: 1 },
  ]);
  const nobody = { InstanceId: "i-00000000000000000" };
  await expect(ec2.createSnapshots({ InstanceSpecification: nobody })).rejects.toMatchObject({
    name: "InvalidParameterValue",
  });
});

test("tags are added, replaced, found, and removed by key or by key and value", () =>
  inRegion("eu-west-1", async (client) => {
    const made = await client.createVolume({ Size: 1, AvailabilityZone: "eu-west-1c" });
    const VolumeId = made.VolumeId ?? "";
    const { SnapshotId = "" } = await client.createSnapshot({ VolumeId });
    const Resources = [VolumeId, SnapshotId];
    const tag = (Key: string, Value: string): sdk.Tag => ({ Key, Value });
    await client.createTags({ Resources, Tags: [tag("env", "test"), tag("team", "a")] });
    await client.createTags({ Resources: [VolumeId], Tags: [tag("env", "live")] });
    const { Tags } = await client.describeTags({});
    expect(Tags).toEqual([
      { Key: "env", Value: "test", ResourceId: SnapshotId, ResourceType: "snapshot" },
      { Key: "team", Value: "a", ResourceId: SnapshotId, ResourceType: "snapshot" },
      { Key: "env", Value: "live", ResourceId: VolumeId, ResourceType: "volume" },
      { Key: "team", Value: "a", ResourceId: VolumeId, ResourceType: "volume" },
    ]);
    const live = await client.describeVolumes({ Filters: [{ Name: "tag:env", Values: ["l?v*"] }] });
    expect(live.Volumes).toHaveLength(1);
    await client.deleteTags({ Resources, Tags: [tag("env", "test")] });
    await client.deleteTags({ Resources, Tags: [{ Key: "team" }] });
    const left = await client.describeTags({ Filters: [{ Name: "key", Values: ["*"] }] });
    expect(left.Tags?.map(({ Value }) => Value)).toEqual(["live"]);
    await client.deleteTags({ Resources: [VolumeId] });
    expect((await client.describeTags({})).Tags).toEqual([]);
    const stranger = client.createTags({ Resources: ["i-12345678"], Tags: [tag("a", "b")] });
    await expect(stranger).rejects.toMatchObject({ name: "InvalidID" });
    const twice = client.createTags({ Resources, Tags: [tag("a", "b"), tag("a", "c")] });
    await expect(twice).rejects.toMatchObject({ name: "InvalidParameterValue" });
    const own = client.createTags({ Resources, Tags: [tag("aws:x", "b")] });
    await expect(own).rejects.toMatchObject({ name: "InvalidParameterValue" });
  }));

test("pages give every volume once, in the order of ids, and filters go with them", () =>
  inRegion("eu-north-1", async (client) => {
    for (let i = 0; i < 12; i++) {
      await client.createVolume({ Size: 1 + (i % 2), AvailabilityZone: "eu-north-1a" });
    }
    const pages: number[] = [];
    const ids: string[] = [];
    for await (const page of sdk.paginateDescribeVolumes({ client, pageSize: 5 }, {})) {
      pages.push(page.Volumes?.length ?? 0);
      ids.push(...(page.Volumes ?? []).map(({ VolumeId }) => VolumeId ?? ""));
    }
    expect(pages).toEqual([5, 5, 2]);
    expect(ids).toEqual([...new Set(ids)].sort());
    const Filters = [{ Name: "size", Values: ["2"] }];
    const first = await client.describeVolumes({ Filters, MaxResults: 5 });
    expect(first.Volumes).toHaveLength(5);
    const { NextToken } = first;
    const second = await client.describeVolumes({ Filters, MaxResults: 5, NextToken });
    expect(second.Volumes).toHaveLength(1);
    expect(second.NextToken).toBeUndefined();
    await expect(client.describeVolumes({ MaxResults: 4 })).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    await expect(client.describeVolumes({ NextToken: "guess" })).rejects.toMatchObject({
      name: "InvalidPaginationToken",
    });
    const both = client.describeVolumes({ VolumeIds: ids, MaxResults: 5 });
    await expect(both).rejects.toMatchObject({ name: "InvalidParameterCombination" });
  }));

test("volumes belong to their region", () =>
  inRegion("ap-northeast-1", async (client) => {
    const VolumeId = await create();
    const asked = client.describeVolumes({ VolumeIds: [VolumeId] });
    await expect(asked).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
  }));

test("the same client token makes one volume, and another request with it is refused", async () => {
  const ClientToken = "token-1";
  const first = await create({ ClientToken });
  expect(await create({ ClientToken })).toBe(first);
  await expect(create({ ClientToken, Size: 2 })).rejects.toMatchObject({
    name: "IdempotentParameterMismatch",
  });
});

test("regions and zones are told, and known by their names and ids", async () => {
  const { AvailabilityZones } = await ec2.describeAvailabilityZones({});
  expect(AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual([
    "us-east-1a",
    "us-east-1b",
    "us-east-1c",
  ]);
  const one = await ec2.describeAvailabilityZones({ ZoneIds: ["use1-az2"] });
  expect(one.AvailabilityZones).toMatchObject([
    { ZoneName: "us-east-1b", State: "available", RegionName: "us-east-1" },
  ]);
  const { Regions } = await ec2.describeRegions({
    Filters: [{ Name: "region-name", Values: ["eu-*"] }],
  });
  expect(Regions?.map(({ RegionName }) => RegionName)).toContain("eu-central-1");
  await expect(ec2.describeRegions({ RegionNames: ["mars-1"] })).rejects.toMatchObject({
    name: "InvalidParameterValue",
  });
  await expect(create({ AvailabilityZone: "us-east-1z" })).rejects.toMatchObject({
    name: "InvalidZone.NotFound",
  });
});

test("a dry run does nothing and says that it would have", async () => {
  const before = (await ec2.describeVolumes({})).Volumes?.length;
  await expect(create({ DryRun: true })).rejects.toMatchObject({
    name: "DryRunOperation",
    message: "Request would have succeeded, but DryRun flag is set.",
    $metadata: { httpStatusCode: 412 },
  });
  expect((await ec2.describeVolumes({})).Volumes?.length).toBe(before);
});

test.each<[Partial<sdk.CreateVolumeRequest>, string]>([
  [{ Size: undefined }, "MissingParameter"],
  [{ AvailabilityZone: undefined }, "MissingParameter"],
  [{ VolumeType: "gp9" as sdk.VolumeType }, "UnknownVolumeType"],
  [{ Size: 100_000, VolumeType: "gp3" }, "InvalidParameterValue"],
  [{ VolumeType: "gp3", Iops: 50_000 }, "InvalidParameterValue"],
  [{ VolumeType: "io2" }, "InvalidParameterValue"],
  [{ VolumeType: "io2", Size: 4 }, "MissingParameter"],
  [{ VolumeType: "gp2", Iops: 3000 }, "InvalidParameterCombination"],
  [{ VolumeType: "st1", Size: 500, Throughput: 500 }, "InvalidParameterCombination"],
  [{ SnapshotId: "snap-x" }, "InvalidParameterValue"],
  [{ SnapshotId: "snap-00000000000000000" }, "InvalidSnapshot.NotFound"],
  [{ Encrypted: true }, "UnsupportedOperation"],
  [{ KmsKeyId: "alias/a" }, "UnsupportedOperation"],
  [{ MultiAttachEnabled: true, VolumeType: "io2" }, "UnsupportedOperation"],
  [{ OutpostArn: "arn:aws:outposts" }, "UnsupportedOperation"],
  [
    { TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "a" }] }] },
    "InvalidParameterValue",
  ],
  [{ TagSpecifications: [{ ResourceType: "volume" }] }, "InvalidParameterValue"],
])("CreateVolume with %j is refused as %s", async (parameters, code) => {
  await expect(create(parameters)).rejects.toMatchObject({ name: code });
});

test.each<[string, string]>([
  ["DeleteVolume", "MissingParameter"],
  ["DeleteVolume&VolumeId=disk", "InvalidParameterValue"],
  ["DeleteVolume&VolumeId=vol-0123456789ABCDEF0", "InvalidParameterValue"],
  ["DeleteVolume&VolumeId=vol-01234567&Colour=red", "UnknownParameter"],
  ["DeleteVolume&VolumeId.1=vol-01234567", "UnknownParameter"],
  ["DescribeVolumes&VolumeId=vol-01234567", "UnknownParameter"],
  ["DescribeVolumes&Filter.1.Name=size&Filter.1.Values.1=1", "UnknownParameter"],
  ["DescribeVolumes&Filter.1.Name=colour&Filter.1.Value.1=red", "InvalidParameterValue"],
  ["DescribeVolumes&Filter.1.Name=size", "InvalidParameterValue"],
  ["CreateVolume&Size=ten&AvailabilityZone=us-east-1a", "InvalidParameterValue"],
  ["AttachVolume&VolumeId=vol-01234567&InstanceId=me&Device=sdf", "InvalidInstanceID.Malformed"],
  [
    "AttachVolume&VolumeId=vol-01234567&InstanceId=i-01234567&Device=/dev/null",
    "InvalidParameterValue",
  ],
  ["RunInstances&ImageId=ami-1", "InvalidAction"],
  ["DescribeVolumes&%zz=1", "MalformedQueryString"],
])("%s is refused as %s", async (action, code) => {
  const { status, text } = await post(`Action=${action}&Version=2016-11-15`);
  expect(status).toBe(400);
  expect(text).toContain(`<Code>${code}</Code>`);
});

test("an unknown parameter is named as it was sent", async () => {
  const { text } = await post("Action=DescribeVolumes&Version=2016-11-15&Filter.1.Nam=size");
  expect(text).toContain("<Message>The parameter Filter.1.Nam is not recognized</Message>");
});
