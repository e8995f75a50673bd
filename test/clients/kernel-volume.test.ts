import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Firn } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KernelVolume, output } from "../support/kernel-volume.ts";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

/** A kernel's own file system on a volume: NBD, nbdfuse, a loop device, ext4. Needs root. */
const MIB = 1024 * 1024;
const FILES = 60;

let server: RunningServer;
let folder: string;
const volumeIds: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-kernel-"));
  const directory = await mkdtemp(join(tmpdir(), "firn-server-"));
  const firn = await Firn.open({ directory });
  for (let i = 0; i < 2; i++) {
    volumeIds.push((await firn.volumes.createVolume({ sizeGiB: 1 })).volumeId);
  }
  await firn.close();
  server = await startServer({ directory });
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

function uri(id: string): string {
  return `nbd+unix:///${id}?socket=${join(server.directory, "nbd.sock")}`;
}

/** Files from empty to 700 KiB in three folders. */
async function makeTree(): Promise<string> {
  const tree = join(folder, "tree");
  for (let i = 0; i < FILES; i++) {
    const inner = join(tree, `folder-${i % 3}`, "deeper");
    await mkdir(inner, { recursive: true });
    await writeFile(join(inner, `file-${i}`), Buffer.alloc(i * i * 200, `content of ${i} `));
  }
  return tree;
}

async function allocatedBytes(id: string): Promise<number> {
  const told = await output("nbdinfo", "--map", "--json", uri(id));
  const extents = JSON.parse(told) as { length: number; type: number }[];
  return extents.reduce((sum, { length, type }) => sum + (type === 3 ? 0 : length), 0);
}

test.each([
  { sectorBytes: 512, blockBytes: "1024" },
  { sectorBytes: 4096, blockBytes: "4096" },
])(
  "a kernel's ext4 lives on a volume: sectors of $sectorBytes, blocks of $blockBytes",
  async ({ sectorBytes, blockBytes }) => {
    const volumeId = volumeIds.pop() ?? "";
    const tree = await makeTree();
    let volume = await KernelVolume.attach(uri(volumeId), { folder, sectorBytes });
    try {
      await output("mkfs.ext4", "-q", "-b", blockBytes, volume.device, "256M");
      await volume.mount();
      await output("cp", "-a", tree, volume.mountPoint);
      await writeFile(join(volume.mountPoint, "large"), Buffer.alloc(48 * MIB, "to be removed "));
      await output("sync", "-f", volume.mountPoint);
      const before = await allocatedBytes(volumeId);
      await rm(join(volume.mountPoint, "large"));
      await output("sync", "-f", volume.mountPoint);
      await output("fstrim", volume.mountPoint);
      await volume.unmount();
      expect(await allocatedBytes(volumeId)).toBeLessThan(before - 40 * MIB);
      await output("e2fsck", "-fn", volume.device);
    } finally {
      await volume.detach();
    }
    await server.stop();
    server = await startServer({ directory: server.directory });
    volume = await KernelVolume.attach(uri(volumeId), { folder, sectorBytes });
    try {
      await output("e2fsck", "-fn", volume.device);
      await volume.mount();
      await output("diff", "-r", tree, join(volume.mountPoint, "tree"));
    } finally {
      await volume.detach();
    }
  },
);
