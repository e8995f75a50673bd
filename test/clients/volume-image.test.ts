import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("a raw image in a bucket is the disk that NBD shows, and comes back as it was", async () => {
  const directory = await mkdtemp(join(tmpdir(), "firn-server-"));
  const folder = await mkdtemp(join(tmpdir(), "firn-image-"));
  const embedded = await Firn.open({ directory });
  await embedded.objects.createBucket({ bucket });
  const { volumeId } = await embedded.volumes.createVolume({ sizeGiB: 1 });
  await embedded.close();
  let server = await startServer({ directory });
  const uri = (id: string): string => `nbd+unix:///${id}?socket=${join(directory, "nbd.sock")}`;
  const patterns = ["write -P 7 0 1M", "write -P 8 100M 64k", "write -P 9 1023M 1M"];
  try {
    const words = patterns.flatMap((pattern) => ["-c", pattern]);
    await output("qemu-io", "-f", "raw", ...words, "-c", "flush", uri(volumeId));
    await server.stop();
    const snapshotId = await firn("volume", "snapshot", directory, volumeId);
    const format = ["--format", "raw"];
    const image = await firn("volume", "export", directory, snapshotId, "s3://images", ...format);
    expect(image).toBe(`s3://${bucket}/${snapshotId}.raw`);
    const imported = await firn("volume", "import", directory, image);
    server = await startServer({ directory });
    const copy = join(folder, "copy.raw");
    const qcow2 = join(folder, "copy.qcow2");
    await run("aws", ["s3", "cp", "--quiet", image, copy], {
      env: { ...process.env, ...server.environment, AWS_PAGER: "" },
    });
    await output("qemu-img", "convert", "-f", "raw", "-O", "qcow2", copy, qcow2);
    expect(await output("qemu-img", "check", qcow2)).toContain("No errors were found");
    for (const id of [volumeId, snapshotId, imported]) {
      const told = await output("qemu-img", "compare", "-f", "raw", "-F", "qcow2", uri(id), qcow2);
      expect(told).toContain("Images are identical");
    }
  } finally {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
});
