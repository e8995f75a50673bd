import type { FileSystem } from "../platform/file-system.ts";

/** One write of zeros. */
const STEP_BYTES: number = 1024 * 1024;

/**
 * Room on the disk that nobody else can take: a file of zeros, given back when the disk is full, so
 * that compaction can write what is live before it removes what is not, and the index can follow
 * deletions.
 */
export class DiskReserve {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly bytes: number;
  #isHeld = false;
  #holding: Promise<boolean> | undefined;

  constructor(fileSystem: FileSystem, path: string, bytes: number) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.bytes = bytes;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /**
   * Takes the room unless it has it; a disk that has none left is asked again another time. Returns
   * whether it has it.
   */
  hold(): Promise<boolean> {
    if (this.#isHeld) return Promise.resolve(true);
    this.#holding ??= this.#take().finally(() => {
      this.#holding = undefined;
    });
    return this.#holding;
  }

  async #take(): Promise<boolean> {
    try {
      await this.#write();
      this.#isHeld = true;
    } catch {
      // Half of it would be in the way of those who can use it.
      await this.#fileSystem.remove(this.#path).catch(() => undefined);
    }
    return this.#isHeld;
  }

  /** Gives the room back. */
  async release(): Promise<void> {
    await this.#holding;
    this.#isHeld = false;
    await this.#fileSystem.remove(this.#path);
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  get #directory(): string {
    return this.#path.slice(0, this.#path.lastIndexOf("/"));
  }

  async #write(): Promise<void> {
    const handle = await this.#fileSystem.open(this.#path, { create: true });
    try {
      if ((await handle.size()) === this.bytes) return;
      for (let at = 0; at < this.bytes; at += STEP_BYTES) {
        await handle.write([new Uint8Array(Math.min(STEP_BYTES, this.bytes - at))], at);
        // One sync of all of it would hold up those of others.
        await handle.sync();
      }
    } finally {
      await handle.close();
    }
    await this.#fileSystem.syncDirectory(this.#directory);
  }
}
