import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** A tool that takes longer hangs: on a device whose server is gone, or for want of root. */
const TOOL_MS_MAX = 60_000;
const START_MS_MAX = 15_000;

/** What a program prints; a failure tells all of it. */
export async function output(program: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(program, words, { maxBuffer: 2 ** 26, timeout: TOOL_MS_MAX });
  return stdout;
}

/**
 * An NBD export as a block device of this machine's kernel: nbdfuse makes a file of it, and a loop
 * device a disk of the file. Needs root, FUSE and loop devices.
 */
export class KernelVolume {
  /** The block device. */
  readonly device: string;
  /** Where the file system is mounted. */
  readonly mountPoint: string;
  readonly #fuse: ChildProcess;
  readonly #fuseFolder: string;
  #mounted = false;

  private constructor(parts: {
    device: string;
    folder: string;
    fuse: ChildProcess;
    fuseFolder: string;
  }) {
    this.device = parts.device;
    this.mountPoint = join(parts.folder, "mounted");
    this.#fuse = parts.fuse;
    this.#fuseFolder = parts.fuseFolder;
  }

  /** `folder` is where its own folders are made. `sectorBytes`: 512 or 4096. */
  static async attach(
    uri: string,
    { folder, sectorBytes = 512 }: { folder: string; sectorBytes?: number },
  ): Promise<KernelVolume> {
    const fuseFolder = join(folder, "fuse");
    await mkdir(fuseFolder, { recursive: true });
    await mkdir(join(folder, "mounted"), { recursive: true });
    const fuse = spawn("nbdfuse", [fuseFolder, uri], { stdio: "ignore" });
    const file = join(fuseFolder, "nbd");
    await appears(file);
    const words = ["--find", "--show", "--sector-size", String(sectorBytes), file];
    const device = (await output("losetup", ...words)).trim();
    return new KernelVolume({ device, folder, fuse, fuseFolder });
  }

  /** Idempotent. */
  async mount(): Promise<void> {
    if (this.#mounted) return;
    await output("mount", "-t", "ext4", "-o", "discard", this.device, this.mountPoint);
    this.#mounted = true;
  }

  /** Works when the server has died, too: what the kernel could not write is lost. */
  async unmount(): Promise<void> {
    if (this.#mounted) await output("umount", this.mountPoint);
    this.#mounted = false;
  }

  /** Gives the device back. The kernel keeps nothing of it. */
  async detach(): Promise<void> {
    await this.unmount();
    await output("losetup", "--detach", this.device);
    await output("fusermount3", "-u", this.#fuseFolder).catch(() => undefined);
    if (this.#fuse.exitCode === null && this.#fuse.signalCode === null) {
      await once(this.#fuse, "exit");
    }
  }

  /**
   * Takes over what the journal holds, as a mount would, and nothing else; then the file system has
   * to be without fault. @throws with what e2fsck found.
   */
  async checkClean(): Promise<void> {
    await output("e2fsck", "-y", "-E", "journal_only", this.device);
    await output("e2fsck", "-fn", this.device);
  }
}

async function appears(path: string): Promise<void> {
  const end = performance.now() + START_MS_MAX;
  for (;;) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    if (performance.now() > end) throw new Error(`${path} did not appear: is FUSE allowed here?`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
