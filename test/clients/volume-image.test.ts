import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { Firn } from "@firn/firn";
import { expect, test } from "vitest";
import { output } from "../support/kernel-volume.ts";
import { repositoryRoot } from "../support/repository.ts";
import { startServer } from "../support/server.ts";

const run = promisify(execFile);
const bucket = "images";

/** The built command line; what it prints. */
async function firn(...words: readonly string[]): Promise<string> {
  const main = join(repositoryRoot, "packages/cli/bundle/main.js");
  return (await run(process.execPath, [main, ...words])).stdout.trim();
}

const patterns = ["write -P 7 0 1M", "write -P 8 100M 64k", "write -P 9 1023M 1M"];

interface Exported {
  readonly directory: string;
  readonly folder: string;
  readonly volumeId: string;
  readonly snapshotId: string;
  /** Where the image is, as `s3://…`. */
  readonly image: string;
}

/** A volume that qemu-io has written to, and its snapshot in a bucket. */
async function exported(format: "raw" | "qcow2"): Promise<Exported> {
  const directory = await mkdtemp(join(tmpdir(), "firn-server-"));
  const folder = await mkdtemp(join(tmpdir(), "firn-image-"));
  const embedded = await Firn.open({ directory });
  await embedded.objects.createBucket({ bucket });
  const { volumeId } = await embedded.volumes.createVolume({ sizeGiB: 1 });
  await embedded.close();
  const server = await startServer({ directory });
  try {
    const words = patterns.flatMap((pattern) => ["-c", pattern]);
    const uri = uriOf(directory, volumeId);
    await output("qemu-io", "-f", "raw", ...words, "-c", "flush", uri);
  } finally {
    await server.stop();
  }
  const snapshotId = await firn("volume", "snapshot", directory, volumeId);
  const words = ["volume", "export", directory, snapshotId, "s3://images", "--format", format];
  const image = await firn(...words);
  expect(image).toBe(`s3://${bucket}/${snapshotId}.${format}`);
  return { directory, folder, volumeId, snapshotId, image };
}

function uriOf(directory: string, id: string): string {
  return `nbd+unix:///${id}?socket=${join(directory, "nbd.sock")}`;
}

test("a raw image in a bucket is the disk that NBD shows, and comes back as it was", async () => {
  const { directory, folder, volumeId, snapshotId, image } = await exported("raw");
  const imported = await firn("volume", "import", directory, image);
  const server = await startServer({ directory });
  try {
    const copy = join(folder, "copy.raw");
    const qcow2 = join(folder, "copy.qcow2");
    await run("aws", ["s3", "cp", "--quiet", image, copy], {
      env: { ...process.env, ...server.environment, AWS_PAGER: "" },
    });
    await output("qemu-img", "convert", "-f", "raw", "-O", "qcow2", copy, qcow2);
    expect(await output("qemu-img", "check", qcow2)).toContain("No errors were found");
    for (const id of [volumeId, snapshotId, imported]) {
      const formats = ["-f", "raw", "-F", "qcow2"];
      const told = await output("qemu-img", "compare", ...formats, uriOf(directory, id), qcow2);
      expect(told).toContain("Images are identical");
    }
  } finally {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
});

test("a qcow2 file in a bucket is one to qemu-img, which finds no fault in it", async () => {
  const { directory, folder, volumeId, snapshotId, image } = await exported("qcow2");
  const imported = await firn("volume", "import", directory, image);
  const server = await startServer({ directory });
  const env = { ...process.env, ...server.environment, AWS_PAGER: "" };
  const copy = join(folder, "copy.qcow2");
  const compressed = join(folder, "compressed.qcow2");
  const small = join(folder, "small.qcow2");
  try {
    await run("aws", ["s3", "cp", "--quiet", image, copy], { env });
    expect(await output("qemu-img", "check", copy)).toContain("No errors were found");
    expect((await stat(copy)).size).toBeLessThan(3 * 1024 * 1024);
    for (const id of [volumeId, snapshotId, imported]) {
      const formats = ["-f", "raw", "-F", "qcow2"];
      const told = await output("qemu-img", "compare", ...formats, uriOf(directory, id), copy);
      expect(told).toContain("Images are identical");
    }
    // What qemu-img makes of it itself: compressed, and with small clusters in version 2.
    await output("qemu-img", "convert", "-c", "-O", "qcow2", copy, compressed);
    const old = ["-o", "compat=0.10,cluster_size=4k"];
    await output("qemu-img", "convert", "-O", "qcow2", ...old, copy, small);
    for (const file of [compressed, small]) {
      await run("aws", ["s3", "cp", "--quiet", file, `s3://${bucket}/${basename(file)}`], { env });
    }
  } finally {
    await server.stop();
  }
  const others: string[] = [];
  for (const file of [compressed, small]) {
    const from = `s3://${bucket}/${basename(file)}`;
    others.push(await firn("volume", "import", directory, from));
  }
  const again = await startServer({ directory });
  try {
    for (const id of others) {
      const formats = ["-f", "raw", "-F", "qcow2"];
      const told = await output("qemu-img", "compare", ...formats, uriOf(directory, id), copy);
      expect(told).toContain("Images are identical");
    }
  } finally {
    await again.remove();
    await rm(folder, { recursive: true, force: true });
  }
});
