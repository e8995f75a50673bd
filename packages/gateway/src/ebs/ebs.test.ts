import { createHash } from "node:crypto";
import * as sdk from "@aws-sdk/client-ebs";
import { ManualClock, SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { Volumes } from "@firn/volumes";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createEbsService } from "./service.ts";

const credentials = { accessKeyId: "AKIDEBS", secretAccessKey: "ebs/secret" };
const root = testRoot(credentials.accessKeyId, { canonicalId: "0".repeat(64) });
const BLOCK = 512 * 1024;
const clock = new ManualClock(Date.UTC(2026, 10, 24, 8, 30));
let store: Store;
let volumes: Volumes;
let gateway: Gateway;
let ebs: sdk.EBS;

beforeAll(async () => {
  const directory = await makeTemporaryDirectory();
  const random = new SeededRandom(6);
  store = await openStore({ directory, ephemeral: true, clock, random });
  volumes = await Volumes.open({ store });
  gateway = new Gateway({
    services: [createEbsService({ volumes, store })],
    ...gatewaySetup(store, [{ ...credentials, caller: root }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}`;
  ebs = new sdk.EBS({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
});

afterAll(async () => {
  ebs.destroy();
  await gateway.close();
  await volumes.close();
  await store.close();
});

function filled(byte: number): Buffer {
  return Buffer.alloc(BLOCK, byte);
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function put(
  SnapshotId: string,
  BlockIndex: number,
  BlockData: Buffer,
  more: Partial<Omit<sdk.PutSnapshotBlockRequest, "BlockData">> = {},
): Promise<sdk.PutSnapshotBlockCommandOutput> {
  return ebs.putSnapshotBlock({
    SnapshotId,
    BlockIndex,
    BlockData,
    DataLength: BlockData.length,
    Checksum: sha256(BlockData).toString("base64"),
    ChecksumAlgorithm: "SHA256",
    ...more,
  });
}

async function start(more: Partial<sdk.StartSnapshotRequest> = {}): Promise<string> {
  return (await ebs.startSnapshot({ VolumeSize: 1, ...more })).SnapshotId ?? "";
}

/** A complete snapshot with these blocks. */
async function uploaded(
  blocks: readonly (readonly [index: number, byte: number])[],
  ParentSnapshotId?: string,
): Promise<string> {
  const SnapshotId = await start({ ParentSnapshotId });
  for (const [index, byte] of blocks) await put(SnapshotId, index, filled(byte));
  await ebs.completeSnapshot({ SnapshotId, ChangedBlocksCount: blocks.length });
  return SnapshotId;
}

const invalid = (Reason: string) => ({ name: "ValidationException", Reason });

test("a snapshot is started, filled, completed with its checksum, listed and read", async () => {
  const Tags = [{ Key: "job", Value: "nightly" }];
  const started = await ebs.startSnapshot({ VolumeSize: 8, Description: "first", Tags });
  expect(started).toMatchObject({
    $metadata: { httpStatusCode: 201 },
    SnapshotId: expect.stringMatching(/^snap-[0-9a-f]{17}$/),
    OwnerId: root.accountId,
    Status: "pending",
    StartTime: new Date(clock.now()),
    VolumeSize: 8,
    BlockSize: BLOCK,
    Description: "first",
    Tags,
    SseType: "none",
  });
  const SnapshotId = started.SnapshotId ?? "";
  const written = await put(SnapshotId, 3, filled(3), { Progress: 50 });
  expect(written).toMatchObject({
    $metadata: { httpStatusCode: 201 },
    Checksum: sha256(filled(3)).toString("base64"),
    ChecksumAlgorithm: "SHA256",
  });
  await put(SnapshotId, 1, filled(1));
  const done = await ebs.completeSnapshot({
    SnapshotId,
    ChangedBlocksCount: 2,
    Checksum: sha256(sha256(filled(1)), sha256(filled(3))).toString("base64"),
    ChecksumAlgorithm: "SHA256",
    ChecksumAggregationMethod: "LINEAR",
  });
  expect(done).toMatchObject({ $metadata: { httpStatusCode: 202 }, Status: "completed" });
  const list = await ebs.listSnapshotBlocks({ SnapshotId });
  expect(list).toMatchObject({ VolumeSize: 8, BlockSize: BLOCK });
  expect(list.ExpiryTime?.getTime()).toBeGreaterThan(clock.now());
  expect(list.Blocks?.map(({ BlockIndex }) => BlockIndex)).toEqual([1, 3]);
  const { BlockIndex, BlockToken } = list.Blocks?.[1] ?? {};
  const read = await ebs.getSnapshotBlock({ SnapshotId, BlockIndex, BlockToken });
  expect(read).toMatchObject({ DataLength: BLOCK, ChecksumAlgorithm: "SHA256" });
  const bytes = await read.BlockData?.transformToByteArray();
  expect(Buffer.compare(bytes ?? Buffer.alloc(0), filled(3))).toBe(0);
  expect(read.Checksum).toBe(sha256(filled(3)).toString("base64"));
});

test("a child inherits its parent's blocks, and changed blocks have tokens where they exist", async () => {
  const FirstSnapshotId = await uploaded([
    [0, 1],
    [1, 1],
  ]);
  const SecondSnapshotId = await uploaded(
    [
      [1, 2],
      [2, 2],
    ],
    FirstSnapshotId,
  );
  const { Blocks } = await ebs.listSnapshotBlocks({ SnapshotId: SecondSnapshotId });
  expect(Blocks?.map(({ BlockIndex }) => BlockIndex)).toEqual([0, 1, 2]);
  const changed = await ebs.listChangedBlocks({ FirstSnapshotId, SecondSnapshotId });
  const token = expect.stringMatching(/^[A-Za-z0-9+/=]{1,256}$/);
  expect(changed.ChangedBlocks).toEqual([
    { BlockIndex: 1, FirstBlockToken: token, SecondBlockToken: token },
    { BlockIndex: 2, SecondBlockToken: token },
  ]);
  const whole = await ebs.listChangedBlocks({ SecondSnapshotId });
  expect(whole.ChangedBlocks).toHaveLength(3);
  const { FirstBlockToken: BlockToken } = changed.ChangedBlocks?.[0] ?? {};
  const before = { SnapshotId: FirstSnapshotId, BlockIndex: 1, BlockToken };
  expect((await ebs.getSnapshotBlock(before)).Checksum).toBe(sha256(filled(1)).toString("base64"));
  const stranger = await uploaded([]);
  const unrelated = ebs.listChangedBlocks({ FirstSnapshotId: stranger, SecondSnapshotId });
  await expect(unrelated).rejects.toMatchObject(invalid("UNRELATED_SNAPSHOTS"));
});

test("pages follow one another by token, and begin where they are told to", async () => {
  const volume = await volumes.createVolume({ sizeGiB: 1 });
  const handle = await volumes.openVolume(volume);
  for (let i = 0; i < 250; i++) await handle.write(i * 2 * BLOCK, Buffer.from([1]));
  const { snapshotId: SnapshotId } = await volumes.createSnapshot(volume);
  await handle.close();
  const sizes: number[] = [];
  const indexes: (number | undefined)[] = [];
  const pager = sdk.paginateListSnapshotBlocks({ client: ebs, pageSize: 100 }, { SnapshotId });
  for await (const page of pager) {
    sizes.push(page.Blocks?.length ?? 0);
    indexes.push(...(page.Blocks ?? []).map(({ BlockIndex }) => BlockIndex));
  }
  expect(sizes).toEqual([100, 100, 50]);
  expect(indexes).toEqual(Array.from({ length: 250 }, (_, i) => i * 2));
  const late = await ebs.listSnapshotBlocks({ SnapshotId, StartingBlockIndex: 497 });
  expect(late.Blocks?.map(({ BlockIndex }) => BlockIndex)).toEqual([498]);
  const { NextToken } = await ebs.listSnapshotBlocks({ SnapshotId, MaxResults: 100 });
  const other = await uploaded([]);
  const foreign = ebs.listSnapshotBlocks({ SnapshotId: other, NextToken });
  await expect(foreign).rejects.toMatchObject(invalid("INVALID_PAGE_TOKEN"));
  await store.advanceClock(2 * 3_600_000);
  const stale = ebs.listSnapshotBlocks({ SnapshotId, NextToken });
  await expect(stale).rejects.toMatchObject(invalid("INVALID_PAGE_TOKEN"));
  const few = ebs.listSnapshotBlocks({ SnapshotId, MaxResults: 99 });
  await expect(few).rejects.toMatchObject(invalid("INVALID_PARAMETER_VALUE"));
});

test("a block token is for one block of one snapshot, for seven days, and new in each list", async () => {
  const SnapshotId = await uploaded([[4, 4]]);
  const tokenOf = async (): Promise<string | undefined> =>
    (await ebs.listSnapshotBlocks({ SnapshotId })).Blocks?.[0]?.BlockToken;
  const BlockToken = await tokenOf();
  expect(await tokenOf()).not.toBe(BlockToken);
  const get = (more: Partial<sdk.GetSnapshotBlockRequest> = {}) =>
    ebs.getSnapshotBlock({ SnapshotId, BlockIndex: 4, BlockToken, ...more });
  await get();
  const refused = invalid("INVALID_BLOCK_TOKEN");
  await expect(get({ BlockIndex: 5 })).rejects.toMatchObject(refused);
  await expect(get({ BlockToken: "AAAA" })).rejects.toMatchObject(refused);
  await expect(get({ SnapshotId: await uploaded([]) })).rejects.toMatchObject(refused);
  await store.advanceClock(8 * 24 * 3_600_000);
  await expect(get()).rejects.toMatchObject(refused);
});

test("wrong blocks, counts and checksums are refused with their reasons", async () => {
  const SnapshotId = await start();
  const block = invalid("INVALID_BLOCK");
  const sum = sha256(filled(9)).toString("base64");
  const bad = put(SnapshotId, 0, filled(1), { Checksum: sum });
  await expect(bad).rejects.toMatchObject({
    ...block,
    $metadata: { httpStatusCode: 400 },
    message: "The checksum is not that of the block's data.",
  });
  await expect(put(SnapshotId, 2048, filled(1))).rejects.toMatchObject(block);
  await expect(put(SnapshotId, 0, Buffer.alloc(512))).rejects.toMatchObject(block);
  await expect(put(SnapshotId, 0, filled(1), { DataLength: 1 })).rejects.toMatchObject(block);
  const large = put(SnapshotId, 0, Buffer.alloc(4 * BLOCK));
  await expect(large).rejects.toMatchObject(block);
  await put(SnapshotId, 0, filled(1));
  const complete = (more: Partial<sdk.CompleteSnapshotRequest>) =>
    ebs.completeSnapshot({ SnapshotId, ChangedBlocksCount: 1, ...more });
  const value = invalid("INVALID_PARAMETER_VALUE");
  await expect(complete({ ChangedBlocksCount: 2 })).rejects.toMatchObject(value);
  await expect(complete({ Checksum: sum })).rejects.toMatchObject(value);
  await complete({});
  const late = put(SnapshotId, 0, filled(1));
  await expect(late).rejects.toMatchObject(invalid("INVALID_SNAPSHOT_ID"));
});

test("what does not exist, is too small, too large or not to be had is told so", async () => {
  const SnapshotId = "snap-0123456789abcdef0";
  await expect(ebs.listSnapshotBlocks({ SnapshotId })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    Reason: "SNAPSHOT_NOT_FOUND",
    $metadata: { httpStatusCode: 404 },
  });
  const malformed = ebs.listSnapshotBlocks({ SnapshotId: "vol-1" });
  await expect(malformed).rejects.toMatchObject(invalid("INVALID_SNAPSHOT_ID"));
  const size = invalid("INVALID_VOLUME_SIZE");
  await expect(start({ VolumeSize: 65_537 })).rejects.toMatchObject(size);
  await expect(start({ VolumeSize: 0 })).rejects.toMatchObject(size);
  const ParentSnapshotId = await start({ VolumeSize: 2 });
  const pending = start({ VolumeSize: 2, ParentSnapshotId });
  await expect(pending).rejects.toMatchObject(invalid("INVALID_SNAPSHOT_ID"));
  await ebs.completeSnapshot({ SnapshotId: ParentSnapshotId, ChangedBlocksCount: 0 });
  await expect(start({ ParentSnapshotId })).rejects.toMatchObject(size);
  const sealed = start({ Encrypted: true });
  await expect(sealed).rejects.toMatchObject(invalid("INVALID_PARAMETER_VALUE"));
  const KmsKeyArn = "arn:aws:kms:us-east-1:000000000000:key/1";
  await expect(start({ KmsKeyArn })).rejects.toMatchObject(invalid("INVALID_CUSTOMER_KEY"));
  const Tags = [{ Key: "aws:x", Value: "1" }];
  await expect(start({ Tags })).rejects.toMatchObject(invalid("INVALID_TAG"));
});

test("a client token begins one snapshot, and an idle one fails in time", async () => {
  const ClientToken = "job-1";
  const SnapshotId = await start({ ClientToken, Timeout: 10 });
  expect(await start({ ClientToken, Timeout: 10 })).toBe(SnapshotId);
  const other = start({ ClientToken, VolumeSize: 2 });
  await expect(other).rejects.toMatchObject({
    name: "ConflictException",
    $metadata: { httpStatusCode: 409 },
  });
  await store.advanceClock(11 * 60_000);
  const late = put(SnapshotId, 0, filled(1));
  await expect(late).rejects.toMatchObject(invalid("WRITE_REQUEST_TIMEOUT"));
});
