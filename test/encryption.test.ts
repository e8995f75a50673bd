/**
 * Encryption at rest, as clients and operators meet it: through the SDKs, on the disk, in backups,
 * by the command.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { EBS } from "@aws-sdk/client-ebs";
import { Glacier } from "@aws-sdk/client-glacier";
import { S3 } from "@aws-sdk/client-s3";
import { DirectoryTarget, NodeFileSystem } from "@firn/core";
import { Firn, keyFromBytes, treeHashHex } from "@firn/firn";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeProgram } from "../packages/cli/src/program.ts";

const keys = keyFromBytes({ key: Buffer.alloc(32, 0xa5) });
/** What must be found nowhere on the disk, in names apart. */
const SECRET = "the-plain-words-of-";
const UNIT = 512 * 1024;
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "firn-encryption-"));
});

afterEach(() => rm(home, { recursive: true, force: true }));

/** Bytes that hold the secret every 64 bytes, so that no unit of any size lacks it. */
function secretBytes(of: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${SECRET}${of}`.padEnd(64, "."));
}

interface Clients {
  readonly s3: S3;
  readonly tables: DynamoDB;
  readonly ebs: EBS;
  readonly glacier: Glacier;
  close(): void;
}

function clientsOf(endpoint: string, firn: Firn): Clients {
  const { rootCredentials: credentials } = firn;
  const options = { endpoint, credentials, region: "us-east-1", maxAttempts: 1 };
  const s3 = new S3({ ...options, forcePathStyle: true });
  const tables = new DynamoDB(options);
  const [ebs, glacier] = [new EBS(options), new Glacier(options)];
  const close = (): void => [s3, tables, ebs, glacier].forEach((client) => client.destroy());
  return { s3, tables, ebs, glacier, close };
}

interface Written {
  readonly archiveId: string;
  readonly snapshotId: string;
}

/** Something in every engine, written twice where there is history. */
async function write({ s3, tables, ebs, glacier }: Clients): Promise<Written> {
  await s3.createBucket({ Bucket: "photos" });
  const object = { Bucket: "photos", Key: "named", Metadata: { note: `${SECRET}metadata` } };
  await s3.putObject({ ...object, Body: secretBytes("a small object", 1000) });
  await s3.putObject({ ...object, Key: "large", Body: secretBytes("a large object", 300_000) });
  await tables.createTable({
    TableName: "people",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
  });
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  const recovery = { TableName: "people", PointInTimeRecoverySpecification };
  await tables.updateContinuousBackups(recovery);
  for (const version of ["an old item", "a new item"]) {
    const words = { S: `${SECRET}${version}` };
    const more = { S: `${SECRET}${"m".repeat(3000)}` };
    await tables.putItem({ TableName: "people", Item: { id: { S: "one" }, words, more } });
  }
  await glacier.createVault({ accountId: "-", vaultName: "attic" });
  const body = secretBytes("an archive", 200_000);
  const checksum = treeHashHex(body);
  const archive = { accountId: "-", vaultName: "attic", body, checksum };
  const { archiveId } = await glacier.uploadArchive(archive);
  const { SnapshotId } = await ebs.startSnapshot({ VolumeSize: 1 });
  const BlockData = secretBytes("a block of a volume", UNIT);
  await ebs.putSnapshotBlock({
    SnapshotId,
    BlockIndex: 0,
    BlockData,
    DataLength: UNIT,
    Checksum: createHash("sha256").update(BlockData).digest("base64"),
    ChecksumAlgorithm: "SHA256",
  });
  await ebs.completeSnapshot({ SnapshotId, ChangedBlocksCount: 1 });
  return { archiveId: archiveId as string, snapshotId: SnapshotId as string };
}

async function verify({ s3, tables, ebs }: Clients, { snapshotId }: Written): Promise<void> {
  const small = await s3.getObject({ Bucket: "photos", Key: "named" });
  expect(small.Metadata).toEqual({ note: `${SECRET}metadata` });
  const bytes = Buffer.from((await small.Body?.transformToByteArray()) ?? []);
  expect(bytes.equals(secretBytes("a small object", 1000))).toBe(true);
  const Range = "bytes=65490-131080";
  const part = await s3.getObject({ Bucket: "photos", Key: "large", Range });
  const inRange = Buffer.from((await part.Body?.transformToByteArray()) ?? []);
  const whole = secretBytes("a large object", 300_000);
  expect(inRange.equals(whole.subarray(65_490, 131_081))).toBe(true);
  const { Item } = await tables.getItem({ TableName: "people", Key: { id: { S: "one" } } });
  expect(Item?.["words"]).toEqual({ S: `${SECRET}a new item` });
  const listed = await ebs.listSnapshotBlocks({ SnapshotId: snapshotId });
  const block = listed.Blocks?.[0];
  const { BlockIndex, BlockToken } = block ?? {};
  const wanted = { SnapshotId: snapshotId, BlockIndex, BlockToken };
  const { BlockData } = await ebs.getSnapshotBlock(wanted);
  const read = Buffer.from((await BlockData?.transformToByteArray()) ?? []);
  expect(read.equals(secretBytes("a block of a volume", UNIT))).toBe(true);
}

/** Every file below a directory with the secret in it, and how many bytes were looked at. */
async function filesWith(directory: string, wanted: Buffer): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(wanted)) found.push(path.slice(directory.length + 1));
  }
  return found;
}

async function withFirn<T>(
  directory: string,
  encryption: { readonly keys: typeof keys } | undefined,
  work: (clients: Clients, firn: Firn) => Promise<T>,
): Promise<T> {
  const firn = await Firn.open({ directory, encryption });
  try {
    const { address } = await firn.listen({ port: 0 });
    const clients = clientsOf(address.endpoint, firn);
    try {
      return await work(clients, firn);
    } finally {
      clients.close();
    }
  } finally {
    await firn.close();
  }
}

test("no byte of what four engines hold lies readable on the disk or in a backup", async () => {
  const directory = join(home, "data");
  const backup = join(home, "backup");
  const secretKey = { text: "" };
  const written = await withFirn(directory, { keys }, async (clients, firn) => {
    const done = await write(clients);
    secretKey.text = firn.rootCredentials.secretAccessKey;
    await firn.store.compact();
    const target = new DirectoryTarget(backup, new NodeFileSystem());
    await firn.store.backups.run({ target });
    return done;
  });
  expect(await filesWith(home, Buffer.from(SECRET))).toEqual([]);
  expect(await filesWith(home, Buffer.from(secretKey.text))).toEqual([]);
  expect(await filesWith(home, Buffer.alloc(32, 0xa5))).toEqual([]);
  await withFirn(directory, { keys }, (clients) => verify(clients, written));
  // What is said not to be hidden is not, or this test would find nothing whatever happens.
  expect(await filesWith(directory, Buffer.from("named"))).not.toEqual([]);
});

test("without a key the same bytes lie there as they are", async () => {
  await withFirn(join(home, "data"), undefined, (clients) => write(clients));
  const found = await filesWith(home, Buffer.from(SECRET));
  expect(found.some((path) => path.includes("/log/"))).toBe(true);
  expect(found.some((path) => path.includes("/extents/"))).toBe(true);
});

/** Runs one command to its end. @returns its lines. */
async function firn(...args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const print = (line: string): unknown => lines.push(line);
  const stopped = new Promise<void>(() => undefined);
  await makeProgram({ environment: {}, print, stopped }).parseAsync(args, { from: "user" });
  return lines;
}

test("check, scrub, compact, status, backup and restore take no key; the copy takes its own", async () => {
  const directory = join(home, "data");
  const written = await withFirn(directory, { keys }, (clients) => write(clients));
  for (const command of ["check", "scrub", "compact", "status"]) await firn(command, directory);
  await firn("backup", join(home, "backup"), "--directory", directory);
  const copy = join(home, "copy");
  await firn("restore", join(home, "backup"), copy);
  await firn("check", copy);
  expect(await filesWith(home, Buffer.from(SECRET))).toEqual([]);
  await expect(Firn.open({ directory: copy })).rejects.toMatchObject({
    code: "FIRN_ENCRYPTION_KEY_REQUIRED",
  });
  await withFirn(copy, { keys }, (clients) => verify(clients, written));
});

test("`firn keys` makes a key, shows what a directory names, and gives it another", async () => {
  const directory = join(home, "data");
  const [old, fresh] = [join(home, "old.key"), join(home, "new.key")];
  await firn("keys", "new", old);
  await firn("keys", "new", fresh);
  const { keyFromFile } = await import("@firn/firn");
  const first = { keys: await keyFromFile(old) };
  const written = await withFirn(directory, first, (clients) => write(clients));
  expect(await firn("keys", "show", directory)).toEqual([
    "encrypted from the beginning",
    expect.stringMatching(`^data key 1 .* wrapped by ${first.keys.id}$`),
  ]);
  await firn("keys", "rotate", directory, "--key-file", old, "--new-key-file", fresh);
  const [, ...lines] = await firn("keys", "show", directory);
  const second = { keys: await keyFromFile(fresh) };
  expect(lines).toEqual([
    expect.stringMatching(`^data key 1 .* wrapped by ${second.keys.id}$`),
    expect.stringMatching(`^data key 2 .* wrapped by ${second.keys.id}$`),
  ]);
  await expect(Firn.open({ directory, encryption: first })).rejects.toMatchObject({
    code: "FIRN_ENCRYPTION_KEY_WRONG",
  });
  await withFirn(directory, second, (clients) => verify(clients, written));
  await expect(
    firn("keys", "rotate", directory, "--key-file", old, "--new-key-file", fresh),
  ).rejects.toMatchObject({ exitCode: 2 });
});
