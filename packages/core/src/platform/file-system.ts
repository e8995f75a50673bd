/**
 * The port to the disk. Everything durable goes through it, so that the simulated disk can drop,
 * tear, reorder and refuse what a real one may. Paths are absolute, joined with "/".
 *
 * Errors are Node's: objects with `code` ("ENOENT", "ENOSPC", "EIO", …).
 */
export interface FileSystem {
  /** Opens for reading and writing; creates the file when `create` is set. */
  open(path: string, options: { readonly create: boolean }): Promise<FileHandle>;
  /** Opens an existing file at once, for a synchronous read of a file that is not open. */
  openSync(path: string): FileHandle;
  /** @throws ENOENT when there is no such file. */
  readFile(path: string): Promise<Uint8Array>;
  /** Names in a directory; an absent directory is an empty one. */
  list(path: string): Promise<string[]>;
  /** Creates the directory and its parents; not durable until each parent is synced. */
  makeDirectory(path: string): Promise<void>;
  /** Replaces `to` atomically; durable after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a tree; an absent one is no error. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that files in the directory may still take, as far as the system knows. */
  freeBytes(path: string): Promise<number>;
  /**
   * Takes an exclusive lock that the kernel releases when the process ends; `undefined` when
   * somebody (this process too) holds it.
   */
  lock(path: string): Promise<FileLock | undefined>;
}

export interface FileHandle {
  /** Writes all of the parts, one behind the other. After an error the file's state is unknown. */
  write(parts: readonly Uint8Array[], offset: number): Promise<void>;
  /** Fills as much of `into` as the file holds; returns the bytes read. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** As `read`, at once: for small reads that the page cache most likely holds. */
  readSync(into: Uint8Array, offset: number): number;
  /** fdatasync: after it resolves, all writes that had resolved before the call are durable. */
  sync(): Promise<void>;
  size(): Promise<number>;
  /** Idempotent: a file's number may be another file's as soon as it is closed. */
  close(): Promise<void>;
}

export interface FileLock {
  release(): Promise<void>;
}
