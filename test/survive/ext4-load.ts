import { createHash } from "node:crypto";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { SeededRandom } from "@firn/core";
import { Firn } from "@firn/firn";
import { KernelVolume, output } from "../support/kernel-volume.ts";
import { contentOf } from "./load.ts";
import type { Load } from "./load.ts";
import type { ServerProcess } from "./server-process.ts";

const FILES = 24;
const FILE_BYTES_MAX = 60_000;
const NEWS_MS = 50;

/**
 * A kernel's ext4 on a volume over NBD: files are written, synced and deleted until the server is
 * killed under the mount. Then the file system is without fault once its journal has been taken
 * over, and every file that was synced has its bytes.
 */
export class Ext4Load implements Load {
  readonly name = "ext4";
  acknowledged = 0;
  /** Calls that the kill cut off. */
  cutOff = 0;
  readonly #random: SeededRandom;
  readonly #folder: string;
  /** SHA-256 of each file whose fsync was answered; absent when its fate is open. */
  readonly #synced = new Map<string, string>();
  #volumeId = "";
  #volume: KernelVolume | undefined;
  #made = 0;

  constructor(random: SeededRandom, folder: string) {
    this.#random = random;
    this.#folder = folder;
  }

  /** Makes the volume in this process, before there is a server: the embedded way in. */
  async make(directory: string): Promise<void> {
    const firn = await Firn.open({ directory, clockMode: { kind: "manual" } });
    try {
      this.#volumeId = (await firn.volumes.createVolume({ sizeGiB: 1 })).volumeId;
    } finally {
      await firn.close();
    }
  }

  /** The volume stays attached for the load that follows; `release` gives it back. */
  async prepare(server: ServerProcess): Promise<void> {
    const { device } = await this.#attach(server);
    const size = ["-b", "4096", "-J", "size=4"];
    await output("mkfs.ext4", "-q", "-F", ...size, device, "64M");
  }

  async run(server: ServerProcess, dead: AbortSignal): Promise<void> {
    const volume = this.#volume ?? (await this.#attach(server));
    try {
      await volume.mount();
      while (!dead.aborted) await this.#step(volume.mountPoint);
    } catch (error) {
      // The failure travels back faster than the news of the kill, at times.
      await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
      if (!dead.aborted) throw error;
      this.cutOff++;
    } finally {
      await this.release();
    }
  }

  /** Gives the volume back, if it is attached. */
  async release(): Promise<void> {
    const volume = this.#volume;
    this.#volume = undefined;
    await volume?.detach();
  }

  async #step(mountPoint: string): Promise<void> {
    const name = `file-${this.#random.below(FILES)}`;
    const folder = join(mountPoint, `dir-${this.#random.below(3)}`);
    const path = join(folder, name);
    const key = path.slice(mountPoint.length + 1);
    const choice = this.#random.below(8);
    this.#synced.delete(key);
    if (choice === 0) {
      await rm(path, { force: true });
      return;
    }
    await mkdir(folder, { recursive: true });
    const bytes = contentOf(`ext4-${++this.#made}`, 1 + this.#random.below(FILE_BYTES_MAX));
    const file = await open(path, "w");
    try {
      await file.write(bytes);
      if (choice < 3) return;
      await file.sync();
      this.#synced.set(key, sha256(bytes));
      this.acknowledged++;
    } finally {
      await file.close();
    }
  }

  /** The file system is as sound as its checker says before the kernel has touched it. */
  async verify(server: ServerProcess): Promise<void> {
    const volume = await this.#attach(server);
    await volume.checkClean();
    await volume.mount();
    for (const [key, wanted] of this.#synced) {
      const found = sha256(await readFile(join(volume.mountPoint, key)));
      if (found !== wanted) throw new Error(`${key} was synced and has other bytes`);
    }
  }

  async #attach({ nbdPort }: ServerProcess): Promise<KernelVolume> {
    const uri = `nbd://127.0.0.1:${nbdPort}/${this.#volumeId}`;
    this.#volume = await KernelVolume.attach(uri, { folder: this.#folder });
    return this.#volume;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
