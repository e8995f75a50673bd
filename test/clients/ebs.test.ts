import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EBS } from "@aws-sdk/client-ebs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { downloadImage, refreshImage, uploadImage } from "../support/backup-client.ts";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
const mib = 1024 * 1024;
const IMAGE_BYTES = 2048 * mib;
let server: RunningServer;
let folder: string;
let ebs: EBS;

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "firn-ebs-"));
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
    server.environment;
  const credentials = { accessKeyId, secretAccessKey };
  ebs = new EBS({ endpoint: server.endpoint, region: "us-east-1", credentials });
});

afterAll(async () => {
  ebs.destroy();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

async function output(program: string, ...words: readonly string[]): Promise<string> {
  return (await run(program, words, { maxBuffer: 64 * mib })).stdout;
}

async function aws(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await run("aws", [...words, "--output", "json"], {
    env: { ...process.env, ...server.environment, AWS_PAGER: "" },
  });
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

function uri(id: string): string {
  return `nbd+unix:///${id}?socket=${join(server.directory, "nbd.sock")}`;
}

/** An ext4 file system of 2 GiB with 48 MiB that do not compress. */
async function makeImage(): Promise<string> {
  const image = join(folder, "disk.img");
  await writeFile(image, "");
  await truncate(image, IMAGE_BYTES);
  await output("mkfs.ext4", "-q", "-F", image);
  for (let i = 0; i < 3; i++) await addFile(image, `file-${i}`, randomBytes(16 * mib));
  return image;
}

async function addFile(image: string, name: string, bytes: Uint8Array): Promise<void> {
  const source = join(folder, name);
  await writeFile(source, bytes);
  await output("debugfs", "-w", "-R", `write ${source} ${name}`, image);
}

/** The volume as a file, by FUSE. */
async function onMountedDisk(id: string, use: (disk: string) => Promise<void>): Promise<void> {
  const mount = join(folder, "mount");
  await mkdir(mount, { recursive: true });
  const disk = join(mount, "nbd");
  const fuse = spawn("nbdfuse", [mount, uri(id)], { stdio: "ignore" });
  try {
    const isThere = (): Promise<boolean> =>
      stat(disk).then(
        () => true,
        () => false,
      );
    await expect.poll(isThere, { timeout: 10_000 }).toBe(true);
    await use(disk);
  } finally {
    await output("fusermount3", "-u", mount);
    if (fuse.exitCode === null) await once(fuse, "exit");
  }
}

test("a backup tool's upload is the volume that NBD, EC2 and the direct APIs show", async () => {
  const image = await makeImage();
  const { snapshotId, blocks } = await uploadImage(ebs, image);
  const used = (await stat(image)).blocks * 512;
  expect(blocks).toBeGreaterThan((48 * mib) / (512 * 1024));
  expect(blocks).toBeLessThan(used / 4096);
  const told = await aws("ec2", "describe-snapshots", "--snapshot-ids", snapshotId);
  expect(told["Snapshots"]).toMatchObject([
    { SnapshotId: snapshotId, State: "completed", VolumeSize: 2, VolumeId: "vol-ffffffff" },
  ]);
  const copy = join(folder, "download.img");
  expect(await downloadImage(ebs, snapshotId, copy)).toBe(blocks);
  await output("cmp", image, copy);
  const zone = ["--availability-zone", "us-east-1a"];
  const made = await aws("ec2", "create-volume", "--snapshot-id", snapshotId, ...zone);
  const volumeId = String(made["VolumeId"]);
  for (const id of [snapshotId, volumeId]) {
    const read = join(folder, "nbd.img");
    await output("nbdcopy", uri(id), read);
    await output("cmp", image, read);
    await output("e2fsck", "-fn", read);
  }
  await checkIncremental({ image, copy, snapshotId, volumeId });
});

/** A file is added to the volume over NBD; the copy follows by changed blocks, and a new upload. */
async function checkIncremental(at: {
  image: string;
  copy: string;
  snapshotId: string;
  volumeId: string;
}): Promise<void> {
  const { image, copy, snapshotId, volumeId } = at;
  await onMountedDisk(volumeId, (disk) => addFile(disk, "later", randomBytes(3 * mib)));
  await output("nbdcopy", uri(volumeId), image);
  const made = await aws("ec2", "create-snapshot", "--volume-id", volumeId);
  const later = String(made["SnapshotId"]);
  const changed = await refreshImage(ebs, { from: snapshotId, to: later, image: copy });
  expect(changed.length).toBeGreaterThanOrEqual(6);
  expect(changed.length).toBeLessThan(24);
  await output("cmp", image, copy);
  await output("e2fsck", "-fn", copy);
  const listed = await aws(
    ...["ebs", "list-changed-blocks", "--first-snapshot-id", snapshotId],
    ...["--second-snapshot-id", later],
  );
  expect(listed["ChangedBlocks"]).toHaveLength(changed.length);
  const second = await uploadImage(ebs, image, {
    parentSnapshotId: snapshotId,
    only: new Set(changed),
  });
  expect(second.blocks).toBe(changed.length);
  const again = join(folder, "again.img");
  await downloadImage(ebs, second.snapshotId, again);
  await output("cmp", image, again);
}

test("an upload survives kill -9 of the server between two of its blocks", async () => {
  const image = join(folder, "small.img");
  await writeFile(image, randomBytes(8 * mib));
  const { snapshotId } = await uploadImage(ebs, image);
  const { SnapshotId = "" } = await ebs.startSnapshot({
    VolumeSize: 1,
    ParentSnapshotId: snapshotId,
  });
  const { directory } = server;
  server.process.kill("SIGKILL");
  await server.stop();
  server = await startServer({ directory });
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
    server.environment;
  const credentials = { accessKeyId, secretAccessKey };
  ebs.destroy();
  ebs = new EBS({ endpoint: server.endpoint, region: "us-east-1", credentials });
  await ebs.completeSnapshot({ SnapshotId, ChangedBlocksCount: 0 });
  const copy = join(folder, "small-copy.img");
  expect(await downloadImage(ebs, SnapshotId, copy)).toBe(16);
  await output("cmp", "-n", String(8 * mib), image, copy);
});
