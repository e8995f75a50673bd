import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Firn } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProgram } from "../program.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-volume-"));
  const firn = await Firn.open({ directory });
  await firn.objects.createBucket({ bucket: "images" });
  const body = Buffer.alloc(3_000_000, "raw image ");
  await firn.objects.putObject({ bucket: "images", key: "disk.raw", body });
  await firn.close();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** What the command printed. */
async function volume(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const program = makeProgram({
    environment: {},
    print: (line) => lines.push(line),
    stopped: new Promise(() => {}),
  });
  await program.parseAsync(["volume", ...words], { from: "user" });
  return lines;
}

async function json(...words: string[]): Promise<Record<string, unknown>> {
  const [line = ""] = await volume(...words, "--json");
  return JSON.parse(line) as Record<string, unknown>;
}

/** Writes to a volume of the directory, the embedded way. */
async function write(volumeId: string, text: string): Promise<void> {
  const firn = await Firn.open({ directory });
  const opened = await firn.volumes.openVolume({ volumeId });
  await opened.write(700_000, Buffer.from(text));
  await firn.close();
}

async function read(id: string, offset: number, length: number): Promise<string> {
  const firn = await Firn.open({ directory });
  const opened = id.startsWith("snap-")
    ? await firn.volumes.openSnapshot({ snapshotId: id })
    : await firn.volumes.openVolume({ volumeId: id });
  const bytes = await opened.read(offset, length);
  await firn.close();
  return Buffer.from(bytes).toString();
}

test("a volume is made, frozen, cloned, exported and brought back", async () => {
  const [volumeId = ""] = await volume("create", directory, "--size", "2", "--type", "gp2");
  expect(volumeId).toMatch(/^vol-/);
  await write(volumeId, "of the volume");
  const [snapshotId = ""] = await volume("snapshot", directory, volumeId, "--description", "one");
  const [clone = ""] = await volume("clone", directory, snapshotId, "--size", "3");
  expect(await read(clone, 700_000, 13)).toBe("of the volume");
  const listed = await volume("list", directory);
  expect(listed).toHaveLength(3);
  expect(listed.join("\n")).toContain(`${clone}  3 GiB  gp2  available  of ${snapshotId}`);
  expect(listed.join("\n")).toContain(`${volumeId}  2 GiB  gp2  available`);
  const target = "s3://images/daily/";
  const [manifest = ""] = await volume("export", directory, snapshotId, target);
  expect(manifest).toBe(`s3://images/daily/${snapshotId}/manifest.json`);
  const again = await json("export", directory, snapshotId, target);
  expect(again).toMatchObject({ format: "blocks", bucket: "images", resumed: 1 });
  expect(await volume("delete", directory, snapshotId)).toEqual([`${snapshotId} is deleted`]);
  const imported = await json("import", directory, manifest, "--description", "back");
  expect(imported).toMatchObject({ sizeGiB: 2 });
  expect(await read(String(imported["snapshotId"]), 700_000, 13)).toBe("of the volume");
  const { volumes, snapshots } = await json("list", directory);
  expect(volumes).toHaveLength(2);
  expect(snapshots).toMatchObject([{ description: "back", encrypted: false }]);
});

test("a raw image in a bucket becomes a snapshot", async () => {
  const [snapshotId = ""] = await volume("import", directory, "s3://images/disk.raw");
  expect(await read(snapshotId, 2_999_990, 20)).toBe("raw image ".padEnd(20, "\0"));
});

test("a volume with a past gives a snapshot of what it was at a moment", async () => {
  const [volumeId = ""] = await volume("create", directory, "--size", "1");
  const [line = ""] = await volume("retention", directory, volumeId, "--keep", "7d");
  expect(line).toMatch(new RegExp(`^${volumeId}  readable as of 20.*Z and later$`));
  await write(volumeId, "first");
  const then = new Date().toISOString();
  await write(volumeId, "later");
  const [snapshotId = ""] = await volume("snapshot", directory, volumeId, "--at", then);
  expect(await read(snapshotId, 700_000, 5)).toBe("first");
  expect(await read(volumeId, 700_000, 5)).toBe("later");
  const ended = await volume("retention", directory, volumeId, "--keep", "0s");
  expect(ended).toEqual([`${volumeId}  keeps nothing of its past`]);
  const gone = volume("snapshot", directory, volumeId, "--at", then);
  await expect(gone).rejects.toMatchObject({ exitCode: 1 });
  const wrong = volume("snapshot", directory, volumeId, "--at", "yesterday");
  await expect(wrong).rejects.toMatchObject({ exitCode: 2 });
});

test("what cannot be done is said in one sentence, with its exit code", async () => {
  const nothing = join(directory, "nothing");
  await expect(volume("list", nothing)).rejects.toMatchObject({ exitCode: 3 });
  const missing = volume("snapshot", directory, "vol-00000000000000000");
  await expect(missing).rejects.toMatchObject({ exitCode: 1 });
  const wrong = volume("create", directory, "--size", "much");
  await expect(wrong).rejects.toMatchObject({ exitCode: 2 });
  const large = volume("create", directory, "--size", "70000", "--type", "gp3");
  await expect(large).rejects.toMatchObject({ exitCode: 2 });
  const local = volume("import", directory, "disk.raw");
  await expect(local).rejects.toThrow("names no bucket of the store");
  const firn = await Firn.open({ directory });
  try {
    await expect(volume("list", directory)).rejects.toMatchObject({ exitCode: 3 });
  } finally {
    await firn.close();
  }
});
