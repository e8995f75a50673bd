import * as fs from "node:fs";
import { mkdir, readFile, readdir, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { tryLock } from "fs-native-extensions";
import { coreError } from "../errors.ts";
import type { FileHandle, FileLock, FileSystem } from "./file-system.ts";

const openRaw = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);

/** The real disk. With `sync: false` nothing is forced to it: for throw-away stores. */
export class NodeFileSystem implements FileSystem {
  readonly #sync: boolean;

  constructor(options?: { readonly sync?: boolean | undefined }) {
    this.#sync = options?.sync ?? true;
  }

  async open(path: string, options: { readonly create: boolean }): Promise<FileHandle> {
    return new NodeFile(await openForWriting(path, options.create), this.#sync);
  }

  openSync(path: string): FileHandle {
    try {
      return new NodeFile(fs.openSync(path, "r+"), this.#sync);
    } catch (error) {
      throw asExhausted(error);
    }
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
    const fd = await open(path, "r");
    try {
      await fsync(fd);
    } finally {
      await close(fd);
    }
  }

  async freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  }

  async lock(path: string): Promise<FileLock | undefined> {
    await this.makeDirectory(dirname(path));
    const fd = await openForWriting(path, true);
    if (tryLock(fd)) {
      let released: Promise<void> | undefined;
      return { release: () => (released ??= close(fd)) };
    }
    await close(fd);
    return undefined;
  }
}

class NodeFile implements FileHandle {
  readonly #number: number;
  readonly #sync: boolean;
  #closing: Promise<void> | undefined;

  constructor(fd: number, sync: boolean) {
    this.#number = fd;
    this.#sync = sync;
  }

  /** A closed file's number may be another file's by now: nothing may be done with it. */
  get #fd(): number {
    if (this.#closing !== undefined) throw new Error("a file was used after it was closed");
    return this.#number;
  }

  async write(parts: readonly Uint8Array[], offset: number): Promise<void> {
    let at = offset;
    let left = parts.filter((part) => part.length > 0);
    while (left.length > 0) {
      const written = await writeOnce(this.#fd, left, at);
      if (written === 0) throw new Error("the disk took no bytes");
      at += written;
      left = behind(left, written);
    }
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = await readOnce(this.#fd, into.subarray(done), offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  readSync(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.length) {
      const count = fs.readSync(this.#fd, into, done, into.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async sync(): Promise<void> {
    if (this.#sync) await fdatasync(this.#fd);
  }

  async size(): Promise<number> {
    return (await fstat(this.#fd)).size;
  }

  close(): Promise<void> {
    this.#closing ??= close(this.#number);
    return this.#closing;
  }
}

function writeOnce(fd: number, parts: readonly Uint8Array[], offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(fd, parts, offset, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

function readOnce(fd: number, into: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, offset, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
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

async function open(path: string, flags: string, mode?: number): Promise<number> {
  try {
    return await openRaw(path, flags, mode);
  } catch (error) {
    throw asExhausted(error);
  }
}

/** Nothing was touched when no descriptor is left: an error of its own, and not final. */
function asExhausted(error: unknown): unknown {
  if (!hasCode(error, "EMFILE") && !hasCode(error, "ENFILE")) return error;
  const message = "the process has no file descriptor left; raise its limit (ulimit -n)";
  return coreError("FIRN_FILES_EXHAUSTED", message, { cause: error });
}

/** "r+" refuses to create and "w+" empties the file. */
async function openForWriting(path: string, create: boolean): Promise<number> {
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
