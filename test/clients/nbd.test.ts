import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Firn } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
const mib = 1024 * 1024;
let server: RunningServer;
let folder: string;
let nbdPort: number;

const fresh: string[] = [];
const FRESH_VOLUMES = 15;

beforeAll(async () => {
  nbdPort = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "firn-server-"));
  const firn = await Firn.open({ directory });
  for (let i = 0; i < FRESH_VOLUMES; i++) {
    fresh.push((await firn.volumes.createVolume({ sizeGiB: 1 })).volumeId);
  }
  await firn.close();
  server = await start(directory);
  folder = await mkdtemp(join(tmpdir(), "firn-nbd-"));
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

function start(directory: string): Promise<RunningServer> {
  return startServer({ directory, flags: ["--nbd-port", String(nbdPort)] });
}

/** Power is not cut, but nobody gets to say goodbye. */
async function killAndRestart(): Promise<void> {
  const { directory } = server;
  server.process.kill("SIGKILL");
  await server.stop();
  server = await start(directory);
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  await new Promise((resolve) => holder.close(resolve));
  return port;
}

type Answer = Readonly<Record<string, unknown>>;

async function aws(command: string, ...words: readonly string[]): Promise<Answer> {
  const { stdout } = await run("aws", ["ec2", command, ...words, "--output", "json"], {
    env: { ...process.env, ...server.environment, AWS_PAGER: "" },
  });
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as Answer);
}

const zone = ["--availability-zone", "us-east-1a"] as const;

async function createVolume(...words: readonly string[]): Promise<string> {
  return String((await aws("create-volume", ...zone, ...words))["VolumeId"]);
}

/** A volume of 1 GiB that nobody has used: made before there was a server, the embedded way. */
function makeVolume(): string {
  const volumeId = fresh.pop();
  if (volumeId === undefined) throw new Error("raise FRESH_VOLUMES");
  return volumeId;
}

function uri(id: string): string {
  return `nbd+unix:///${id}?socket=${join(server.directory, "nbd.sock")}`;
}

/** What a program prints; a failure tells all of it. */
async function output(program: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(program, words, { maxBuffer: 64 * mib });
  return stdout;
}

/** Runs qemu-io's commands on an export; it tells a wrong pattern in words. */
async function qemuIo(id: string, ...commands: readonly string[]): Promise<string> {
  const words = commands.flatMap((command) => ["-c", command]);
  const told = await output("qemu-io", "-f", "raw", ...words, uri(id));
  expect(told).not.toMatch(/failed|error/i);
  return told;
}

interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly type: number;
}

async function mapOf(id: string): Promise<readonly Extent[]> {
  return JSON.parse(await output("nbdinfo", "--map", "--json", uri(id))) as Extent[];
}

const DATA = 0;
const ZERO = 2;
const HOLE = 3;

/** Bytes that take room. */
async function allocatedBytes(id: string): Promise<number> {
  const taken = (await mapOf(id)).filter(({ type }) => type !== HOLE);
  return taken.reduce((sum, { length }) => sum + length, 0);
}

/** An ext4 file system of 256 MiB with some files in it. */
async function makeImage(): Promise<string> {
  const tree = join(folder, "tree");
  await mkdir(join(tree, "deep/er"), { recursive: true });
  for (let i = 0; i < 40; i++) {
    const bytes = Buffer.alloc(1000 + i * 7919, `content of ${i} `);
    await writeFile(join(tree, i % 2 === 0 ? "deep" : "deep/er", `file-${i}`), bytes);
  }
  const image = join(folder, "disk.img");
  await rm(image, { force: true });
  await output("mkfs.ext4", "-q", "-F", "-d", tree, image, "256M");
  return image;
}

test("nbdinfo sees what an export can do, by socket and by port, and every export", async () => {
  const volumeId = makeVolume();
  const { exports: told } = JSON.parse(await output("nbdinfo", "--json", uri(volumeId))) as {
    exports: Answer[];
  };
  expect(told).toEqual([
    expect.objectContaining({
      "export-name": volumeId,
      "export-size": 1024 * mib,
      contexts: ["base:allocation"],
      is_rotational: false,
      is_read_only: false,
      can_cache: true,
      can_df: true,
      can_fast_zero: true,
      can_flush: true,
      can_fua: true,
      can_multi_conn: true,
      can_trim: true,
      can_zero: true,
      block_size_minimum: 1,
      block_size_preferred: 4096,
      block_size_maximum: 32 * mib,
    }),
  ]);
  const slow = await createVolume("--size", "1", "--volume-type", "standard");
  await output("nbdinfo", "--is", "rotational", uri(slow));
  const port = `nbd://127.0.0.1:${nbdPort}`;
  expect(await output("nbdinfo", "--size", `${port}/${volumeId}`)).toBe(`${1024 * mib}\n`);
  const listed = await output("nbdinfo", "--list", port);
  expect(listed).toContain(`export="${volumeId}"`);
  expect(listed).toContain(`export="${slow}"`);
  const unknown = run("nbdinfo", [uri("vol-00000000000000000")]);
  await expect(unknown).rejects.toThrow("No such file or directory");
  expect((await stat(join(server.directory, "nbd.sock"))).mode & 0o777).toBe(0o600);
});

test("an ext4 image goes in and comes out the same, and takes room for its data only", async () => {
  const image = await makeImage();
  const volumeId = makeVolume();
  expect(await mapOf(volumeId)).toEqual([
    expect.objectContaining({ offset: 0, length: 1024 * mib, type: HOLE }),
  ]);
  await output("nbdcopy", "--flush", image, uri(volumeId));
  const used = (await stat(image)).blocks * 512;
  expect(await allocatedBytes(volumeId)).toBeLessThanOrEqual(used);
  const copy = join(folder, "copy.img");
  await output("nbdcopy", uri(volumeId), copy);
  await output("cmp", "-n", String(256 * mib), image, copy);
  await output("truncate", "-s", String(256 * mib), copy);
  await output("e2fsck", "-fn", copy);
  await output("debugfs", "-R", "cat deep/er/file-39", copy).then((text) =>
    expect(text).toBe(Buffer.alloc(1000 + 39 * 7919, "content of 39 ").toString()),
  );
});

test("fio reads back what it wrote in any order and size", async () => {
  const volumeId = makeVolume();
  const job = ["--name=verify", "--ioengine=nbd", `--uri=${uri(volumeId)}`, "--size=64m"];
  // Writes that overlap in time and place may land in either order: fio is to avoid that.
  const load = ["--rw=randwrite", "--bsrange=512-64k", "--bs_unaligned=1", "--iodepth=16"];
  const overlap = ["--serialize_overlap=1", "--verify_state_save=0"];
  const check = [...overlap, "--verify=crc32c", "--do_verify=1", "--verify_fatal=1"];
  const told = await output("fio", "--output-format=json", "--fsync=64", ...job, ...load, ...check);
  const [first] = (JSON.parse(told.slice(told.indexOf("{"))) as { jobs: Answer[] }).jobs;
  expect(first).toMatchObject({ error: 0 });
  expect((first?.["write"] as Answer)["io_bytes"]).toBeGreaterThan(50 * mib);
  expect((first?.["read"] as Answer)["io_bytes"]).toBeGreaterThan(50 * mib);
});

test("qemu-img converts an export to qcow2, compares, and maps it", async () => {
  const volumeId = makeVolume();
  await qemuIo(volumeId, "write -P 7 0 1M", "write -P 8 100M 64k", "write -P 9 1023M 1M");
  const target = join(folder, "disk.qcow2");
  await output("qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri(volumeId), target);
  const formats = ["-f", "raw", "-F", "qcow2"];
  const compared = await output("qemu-img", "compare", ...formats, uri(volumeId), target);
  expect(compared).toContain("Images are identical");
  const map = JSON.parse(await output("qemu-img", "map", "--output=json", uri(volumeId))) as {
    data: boolean;
    start: number;
    length: number;
  }[];
  const data = map.filter((extent) => extent.data).map(({ start: at, length }) => [at, length]);
  expect(data).toEqual([
    [0, mib],
    [100 * mib, 64 * 1024],
    [1023 * mib, mib],
  ]);
});

test("qemu-img bench reads and writes what it asks for, with flushes in between", async () => {
  const volumeId = makeVolume();
  const bench = (...words: string[]): Promise<string> =>
    output("qemu-img", "bench", "-f", "raw", "-t", "none", ...words, uri(volumeId));
  const pattern = ["-w", "--pattern", "0x5a", "-c", "4000", "-d", "32", "-s", "4096"];
  expect(await bench(...pattern)).toMatch(/Run completed in/);
  expect(await bench("-c", "4000", "-d", "32", "-s", "4096")).toMatch(/Run completed in/);
  const odd = ["-w", "--pattern", "0xa5", "-c", "300", "-d", "8", "-s", "12k", "-S", "20k"];
  const flushes = ["--flush-interval", "16", "-o", "64M"];
  expect(await bench(...odd, ...flushes)).toMatch(/Run completed in/);
  await qemuIo(
    volumeId,
    "read -P 0x5a 0 16384000",
    "read -P 0 16384000 4k",
    "read -P 0xa5 64M 12k",
    "read -P 0 67121152 8k",
    "read -P 0xa5 67129344 12k",
  );
});

test("a moment of a volume's past is an export of its own, which qemu-img converts", async () => {
  const directory = await mkdtemp(join(tmpdir(), "firn-past-"));
  const firn = await Firn.open({ directory });
  const { volumeId } = await firn.volumes.createVolume({ sizeGiB: 1 });
  await firn.volumes.setRetention({ volumeId, seconds: 3600 });
  await firn.close();
  const other = await startServer({ directory });
  const past = join(folder, "past.qcow2");
  const at = (name: string): string =>
    `nbd+unix:///${name}?socket=${join(other.directory, "nbd.sock")}`;
  const io = (id: string, ...commands: string[]): Promise<string> =>
    output("qemu-io", "-f", "raw", ...commands.flatMap((one) => ["-c", one]), at(id));
  try {
    await io(volumeId, "write -P 1 0 1M", "write -P 2 500M 64k", "flush");
    const then = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await io(volumeId, "write -P 9 0 1M", "discard 500M 64k", "flush");
    const moment = `${volumeId}@${then}`;
    expect(await output("nbdinfo", "--is", "read-only", at(moment))).toBe("");
    await output("qemu-img", "convert", "-f", "raw", "-O", "qcow2", at(moment), past);
    const words = ["-r", "-f", "qcow2", "-c", "read -P 1 0 1M", "-c", "read -P 2 500M 64k"];
    expect(await output("qemu-io", ...words, past)).not.toMatch(/failed|error/i);
    const now = await io(volumeId, "read -P 9 0 1M", "read -P 0 500M 64k");
    expect(now).not.toMatch(/failed|error/i);
    const early = run("nbdinfo", [at(`${volumeId}@2020-01-01T00:00:00Z`)]);
    await expect(early).rejects.toThrow("No such file or directory");
  } finally {
    await other.remove();
  }
});

test("patterns of qemu-io: zeroes, discards and FUA at odd places", async () => {
  const volumeId = makeVolume();
  await qemuIo(
    volumeId,
    "write -P 0xab 0 64k",
    "flush",
    "write -z 0 32k",
    "discard 32k 16k",
    "read -P 0 0 48k",
    "read -P 0xab 48k 16k",
    "write -f -P 1 1M 4k",
    "write -P 2 1052000 1777",
    "read -P 2 1052000 1777",
    "read -P 1 1M 3424",
    "write -z -u 1M 4k",
    "read -P 0 1M 4k",
  );
  // Zeroes keep their room unless the client says that they need not (-u).
  expect((await mapOf(volumeId)).map(({ length, type }) => [length, type])).toEqual([
    [32 * 1024, ZERO],
    [16 * 1024, HOLE],
    [16 * 1024, DATA],
    [960 * 1024 + 4096, HOLE],
    [4096, DATA],
    [1023 * mib - 8192, HOLE],
  ]);
});

test("what is trimmed reads as a hole and gives its room back", async () => {
  const volumeId = makeVolume();
  await qemuIo(volumeId, "write -P 5 0 8M");
  expect(await allocatedBytes(volumeId)).toBe(8 * mib);
  await qemuIo(volumeId, "discard 1M 6M", "read -P 0 1M 6M", "read -P 5 0 1M", "read -P 5 7M 1M");
  expect((await mapOf(volumeId)).map(({ length, type }) => [length, type])).toEqual([
    [mib, DATA],
    [6 * mib, HOLE],
    [mib, DATA],
    [1016 * mib, HOLE],
  ]);
});

test("the tools of ext4 work on a volume that is mounted as a file", async () => {
  const image = await makeImage();
  const volumeId = makeVolume();
  await output("nbdcopy", image, uri(volumeId));
  const mount = join(folder, "mount");
  await mkdir(mount);
  const disk = join(mount, "nbd");
  const fuse = spawn("nbdfuse", [mount, uri(volumeId)], { stdio: "ignore" });
  try {
    await expect
      .poll(
        () =>
          stat(disk).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await output("e2fsck", "-fn", disk);
    const hello = join(folder, "hello.txt");
    await writeFile(hello, "hello from outside\n");
    await output("debugfs", "-w", "-R", `write ${hello} hello.txt`, disk);
    expect(await output("debugfs", "-R", "cat hello.txt", disk)).toBe("hello from outside\n");
    await output("e2fsck", "-fn", disk);
  } finally {
    await output("fusermount3", "-u", mount);
    if (fuse.exitCode === null) await once(fuse, "exit");
  }
});

test("what was flushed is there after kill -9, and a file system is clean", async () => {
  const image = await makeImage();
  const disk = makeVolume();
  const volumeId = makeVolume();
  await output("nbdcopy", "--flush", image, uri(disk));
  await qemuIo(volumeId, "write -P 0x11 0 1M", "flush", "write -f -P 0x22 2M 64k");
  await killAndRestart();
  await qemuIo(volumeId, "read -P 0x11 0 1M", "read -P 0x22 2M 64k", "read -P 0 1M 1M");
  const copy = join(folder, "after.img");
  await output("nbdcopy", uri(disk), copy);
  await output("cmp", "-n", String(256 * mib), image, copy);
  await output("truncate", "-s", String(256 * mib), copy);
  await output("e2fsck", "-fn", copy);
});

test("a client that is killed in the middle of a copy leaves the others alone", async () => {
  const [busy, calm] = [makeVolume(), makeVolume()];
  const writer = spawn("qemu-io", ["-f", "raw", uri(busy)], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  writer.stdin.write("write -q -P 3 0 256M\n");
  await expect.poll(() => allocatedBytes(busy), { timeout: 30_000 }).toBeGreaterThan(0);
  writer.kill("SIGKILL");
  await once(writer, "exit");
  await qemuIo(calm, "write -f -P 4 0 1M", "read -P 4 0 1M");
  await qemuIo(busy, "write -f -P 6 0 128M", "read -P 6 100M 16M");
});

test("aws makes a volume from a snapshot, and both have the bytes of that moment", async () => {
  const volumeId = await createVolume("--size", "1", "--volume-type", "gp3");
  await qemuIo(volumeId, "write -P 1 0 1M", "write -P 2 500M 4k");
  const snapshot = await aws("create-snapshot", "--volume-id", volumeId, "--description", "one");
  const snapshotId = String(snapshot["SnapshotId"]);
  expect(snapshot).toMatchObject({ State: "completed", VolumeId: volumeId, VolumeSize: 1 });
  await qemuIo(volumeId, "write -P 9 0 1M", "discard 500M 4k");
  const clone = await createVolume("--snapshot-id", snapshotId, "--size", "2");
  for (const id of [snapshotId, clone]) {
    const words = ["-r", "-f", "raw", "-c", "read -P 1 0 1M", "-c", "read -P 2 500M 4k"];
    expect(await output("qemu-io", ...words, uri(id))).not.toMatch(/failed|error/i);
  }
  await output("nbdinfo", "--is", "read-only", uri(snapshotId));
  expect(await output("nbdinfo", "--size", uri(clone))).toBe(`${2048 * mib}\n`);
  await qemuIo(clone, "write -P 3 0 1M");
  await qemuIo(volumeId, "read -P 9 0 1M", "read -P 0 500M 4k");
  const { Volumes } = await aws("describe-volumes", "--volume-ids", clone);
  expect(Volumes).toMatchObject([{ SnapshotId: snapshotId, Size: 2, State: "available" }]);
  await aws("delete-snapshot", "--snapshot-id", snapshotId);
  await qemuIo(clone, "read -P 3 0 1M", "read -P 2 500M 4k");
  await aws("delete-volume", "--volume-id", volumeId);
  await expect(run("nbdinfo", [uri(volumeId)])).rejects.toThrow();
});

test("nbdinfo tells what has changed since a snapshot", async () => {
  const volumeId = makeVolume();
  await qemuIo(volumeId, "write -P 1 0 1M");
  const { SnapshotId } = await aws("create-snapshot", "--volume-id", volumeId);
  await qemuIo(volumeId, "write -P 2 64k 4k", "discard 512k 64k");
  const context = `--map=firn:changed-since:${String(SnapshotId)}`;
  const told = JSON.parse(await output("nbdinfo", "--json", context, uri(volumeId))) as Extent[];
  expect(
    told.filter(({ type }) => type === 1).map(({ offset, length }) => [offset, length]),
  ).toEqual([
    [64 * 1024, 4096],
    [512 * 1024, 64 * 1024],
  ]);
});

test("a volume grows under a client that connects again", async () => {
  const volumeId = makeVolume();
  await qemuIo(volumeId, "write -P 1 1023M 1M");
  await aws("modify-volume", "--volume-id", volumeId, "--size", "3");
  expect(await output("nbdinfo", "--size", uri(volumeId))).toBe(`${3072 * mib}\n`);
  await qemuIo(volumeId, "read -P 1 1023M 1M", "read -P 0 1G 1M", "write -P 2 3071M 1M");
});
