import type { FileHandle, FileSystem } from "../platform/file-system.ts";
import { hasCode } from "../platform/node-file-system.ts";
import { damagedFile } from "./backup-manifest.ts";
import type { BackupFile, BackupTarget } from "./backup-target.ts";
import { CHECK_PIECE_BYTES } from "./check-stream.ts";

/** What is being written; a file with this ending is the rest of a crash. */
const PART = ".part";

/** Backups in a directory, of whatever file system is mounted there. Owner-only, as the store. */
export class DirectoryTarget implements BackupTarget {
  readonly where: string;
  readonly #fileSystem: FileSystem;

  /** @param path absolute; made when absent. */
  constructor(path: string, fileSystem: FileSystem) {
    this.where = path;
    this.#fileSystem = fileSystem;
  }

  async *list(prefix: string): AsyncGenerator<BackupFile> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    for await (const name of this.#names(folder)) {
      if (!name.startsWith(prefix) || name.endsWith(PART)) continue;
      yield { name, bytes: await this.#with(name, (handle) => handle.size()) };
    }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const handle = await this.#open(name);
    try {
      yield* readPieces(handle, await handle.size());
    } finally {
      await handle.close();
    }
  }

  async write({ name }: BackupFile, body: AsyncIterable<Uint8Array>): Promise<void> {
    const path = `${this.where}/${name}`;
    await this.#makeFolders(name);
    await this.#fileSystem.remove(`${path}${PART}`);
    const handle = await this.#fileSystem.open(`${path}${PART}`, { create: true });
    try {
      let offset = 0;
      for await (const bytes of body) {
        await handle.write([bytes], offset);
        offset += bytes.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#fileSystem.rename(`${path}${PART}`, path);
    await this.#fileSystem.syncDirectory(folderOf(path));
  }

  async remove(name: string): Promise<void> {
    const path = `${this.where}/${name}`;
    await this.#fileSystem.remove(path);
    await this.#fileSystem.syncDirectory(folderOf(path)).catch((error: unknown) => {
      if (!hasCode(error, "ENOENT")) throw error;
    });
  }

  /** All files below a folder. A folder's name has no dot, a file's may. */
  async *#names(folder: string): AsyncGenerator<string> {
    for (const entry of await this.#fileSystem.list(`${this.where}/${folder}`)) {
      const name = `${folder}${entry}`;
      const below = FOLDERS.test(name);
      if (below) yield* this.#names(`${name}/`);
      else yield name;
    }
  }

  async #makeFolders(name: string): Promise<void> {
    const folder = folderOf(`${this.where}/${name}`);
    await this.#fileSystem.makeDirectory(folder);
    // Each may be new: its name lies in the one above it.
    for (let at = folder; at.length > this.where.length; at = folderOf(at)) {
      await this.#fileSystem.syncDirectory(folderOf(at));
    }
    await this.#fileSystem.syncDirectory(folderOf(this.where));
  }

  async #with<T>(name: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await this.#open(name);
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  }

  async #open(name: string): Promise<FileHandle> {
    try {
      return await this.#fileSystem.open(`${this.where}/${name}`, { create: false });
    } catch (error) {
      if (hasCode(error, "ENOENT")) throw damagedFile(this, name, "is missing");
      throw error;
    }
  }
}

/** The folders that a backup has; whatever else lies there is a file. */
const FOLDERS = /^(segments|segments\/commit|segments\/extent|tails|tails\/\d+|backups)$/;

/** The first `bytes` of a file; what it lacks of them is zeros. */
export async function* readPieces(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes; offset += CHECK_PIECE_BYTES) {
    const into = Buffer.allocUnsafe(Math.min(CHECK_PIECE_BYTES, bytes - offset));
    yield into.fill(0, await handle.read(into, offset));
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
