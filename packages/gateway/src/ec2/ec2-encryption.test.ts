import { EBS } from "@aws-sdk/client-ebs";
import * as sdk from "@aws-sdk/client-ec2";
import { keyFromBytes, makeTemporaryDirectory, openStore } from "@firn/core";
import { Volumes } from "@firn/volumes";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterEach, expect, test } from "vitest";
import { createEbsService } from "../ebs/service.ts";
import { Gateway } from "../frame/gateway.ts";
import { createEc2Service } from "./service.ts";

const credentials = { accessKeyId: "AKIDEC2", secretAccessKey: "ec2/secret" };
const caller = testRoot(credentials.accessKeyId, { canonicalId: "0".repeat(64) });
const keys = keyFromBytes({ key: Buffer.alloc(32, 0xa5) });
const zone = "us-east-1a";
let close: () => Promise<void> = async () => undefined;

afterEach(() => close());

/** A server on a directory, with a key or without one. */
async function serve(directory: string, hasKey: boolean): Promise<{ ec2: sdk.EC2; ebs: EBS }> {
  const store = await openStore({ directory, ...(hasKey && { encryption: { keys } }) });
  const volumes = await Volumes.open({ store });
  const gateway = new Gateway({
    services: [createEc2Service({ volumes, store }), createEbsService({ volumes, store })],
    ...gatewaySetup(store, [{ ...credentials, caller }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const options = { endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", credentials };
  const ec2 = new sdk.EC2({ ...options, maxAttempts: 1 });
  const ebs = new EBS({ ...options, maxAttempts: 1 });
  close = async () => {
    ec2.destroy();
    ebs.destroy();
    await gateway.close();
    await volumes.close();
    await store.close();
  };
  return { ec2, ebs };
}

test("in a store with a key everything new is encrypted, and said to be", async () => {
  const { ec2, ebs } = await serve(await makeTemporaryDirectory(), true);
  expect(await ec2.getEbsEncryptionByDefault({})).toMatchObject({
    EbsEncryptionByDefault: true,
    SseType: "sse-ebs",
  });
  expect(await ec2.enableEbsEncryptionByDefault({})).toMatchObject({
    EbsEncryptionByDefault: true,
  });
  await expect(ec2.disableEbsEncryptionByDefault({})).rejects.toMatchObject({
    name: "UnsupportedOperation",
  });
  const made = await ec2.createVolume({ Size: 1, AvailabilityZone: zone, Encrypted: true });
  expect(made).toMatchObject({ Encrypted: true });
  const plain = await ec2.createVolume({ Size: 1, AvailabilityZone: zone });
  expect(plain).toMatchObject({ Encrypted: true });
  const { SnapshotId = "" } = await ec2.createSnapshot({ VolumeId: made.VolumeId });
  const Filters = [{ Name: "encrypted", Values: ["true"] }];
  const { Snapshots } = await ec2.describeSnapshots({ Filters, OwnerIds: ["self"] });
  expect(Snapshots).toMatchObject([{ SnapshotId, Encrypted: true }]);
  const clone = { SnapshotId, AvailabilityZone: zone, Encrypted: true };
  expect(await ec2.createVolume(clone)).toMatchObject({ Encrypted: true });
  const source = { SourceRegion: "us-east-1", SourceSnapshotId: SnapshotId };
  const copy = await ec2.copySnapshot({ ...source, Encrypted: true });
  const copies = await ec2.describeSnapshots({ SnapshotIds: [copy.SnapshotId ?? ""] });
  expect(copies.Snapshots).toMatchObject([{ Encrypted: true }]);
  const started = await ebs.startSnapshot({ VolumeSize: 1, Encrypted: true });
  expect(started).toMatchObject({ SseType: "sse-ebs" });
  const child = { VolumeSize: 1, Encrypted: true, ParentSnapshotId: SnapshotId };
  await expect(ebs.startSnapshot(child)).rejects.toMatchObject({ name: "ValidationException" });
});

test("what was made before the store had a key is not said to be encrypted", async () => {
  const directory = await makeTemporaryDirectory();
  const before = await serve(directory, false);
  const old = await before.ec2.createVolume({ Size: 1, AvailabilityZone: zone });
  expect(old).toMatchObject({ Encrypted: false });
  const { SnapshotId = "" } = await before.ec2.createSnapshot({ VolumeId: old.VolumeId });
  await close();
  const { ec2 } = await serve(directory, true);
  const { Volumes: listed } = await ec2.describeVolumes({});
  expect(listed).toMatchObject([{ VolumeId: old.VolumeId, Encrypted: false }]);
  const clone = { SnapshotId, AvailabilityZone: zone };
  expect(await ec2.createVolume(clone)).toMatchObject({ Encrypted: false });
  const unsupported = { name: "UnsupportedOperation" };
  await expect(ec2.createVolume({ ...clone, Encrypted: true })).rejects.toMatchObject(unsupported);
  const copy = { SourceRegion: "us-east-1", SourceSnapshotId: SnapshotId, Encrypted: true };
  await expect(ec2.copySnapshot(copy)).rejects.toMatchObject(unsupported);
  expect(await ec2.createVolume({ Size: 1, AvailabilityZone: zone })).toMatchObject({
    Encrypted: true,
  });
});
