import { open, mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { readSync } from "node:fs";
import type { FileHandle as NodeHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { tryLock } from "fs-native-extensions";
import type { FileHandle, FileLock, FileSystem } from "./file-system.ts";

/** The real disk. With `sync: false` nothing is forced to it: for throw-away stores. */
export class NodeFileSystem implements FileSystem {
  readonly #sync: boolean;

  constructor(options?: { readonly sync?: boolean | undefined }) {
    this.#sync = options?.sync ?? true;
  }

  async open(path: string, options: { readonly create: boolean }): Promise<FileHandle> {
    const handle = await openForWriting(path, options.create);
    return new NodeFile(handle, this.#sync);
  }

  readFile(path: string): Promise<Uint8Array> {
    return readFile(path);
  }

  async list(path: string): Promise<string[]> {
    try {
      return await readdir(path);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }

  rename(from: string, to: string): Promise<void> {
    return rename(from, to);
  }

  remove(path: string): Promise<void> {
    return rm(path, { recursive: true, force: true });
  }

  async syncDirectory(path: string): Promise<void> {
    if (!this.#sync) return;
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async lock(path: string): Promise<FileLock | undefined> {
    await this.makeDirectory(dirname(path));
    const handle = await openForWriting(path, true);
    if (!tryLock(handle.fd)) {
      await handle.close();
      return undefined;
    }
    return { release: () => handle.close() };
  }
}

class NodeFile implements FileHandle {
  readonly #handle: NodeHandle;
  readonly #sync: boolean;

  constructor(handle: NodeHandle, sync: boolean) {
    this.#handle = handle;
    this.#sync = sync;
  }

  async write(parts: readonly Uint8Array[], offset: number): Promise<void> {
    let at = offset;
    let left = parts.filter((part) => part.length > 0);
    while (left.length > 0) {
      const { bytesWritten } =
        left.length === 1
          ? await this.#handle.write(left[0] as Uint8Array, 0, undefined, at)
          : await this.#handle.writev(left, at);
      if (bytesWritten === 0) throw new Error("the disk took no bytes");
      at += bytesWritten;
      left = behind(left, bytesWritten);
    }
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  readSync(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.length) {
      const count = readSync(this.#handle.fd, into, done, into.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async sync(): Promise<void> {
    if (this.#sync) await this.#handle.datasync();
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** What a short write left over. */
function behind(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  const left: Uint8Array[] = [];
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      left.push(skip === 0 ? part : part.subarray(skip));
      skip = 0;
    }
  }
  return left;
}

/** "r+" refuses to create and "w+" empties the file: creating goes through "a+" once. */
async function openForWriting(path: string, create: boolean): Promise<NodeHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if (!create || !hasCode(error, "ENOENT")) throw error;
  }
  return open(path, "wx+", 0o600);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
