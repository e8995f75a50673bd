import { FOLDER_FILES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";
import type { Position } from "../store-api.ts";
import type { SegmentEntry, SegmentKind } from "./manifest.ts";

const FOLDERS: Readonly<Record<SegmentKind, string>> = { commit: "log", extent: "extents" };

/** Where a segment's file lies: `log/0000/0000000001`. */
export function segmentPath(directory: string, segment: { id: number; kind: SegmentKind }): string {
  const folder = String(Math.floor(segment.id / FOLDER_FILES_MAX)).padStart(4, "0");
  return `${directory}/${FOLDERS[segment.kind]}/${folder}/${String(segment.id).padStart(10, "0")}`;
}

export interface BorrowedFile {
  readonly handle: FileHandle;
  release(): void;
}

interface OpenFile {
  readonly handle: FileHandle;
  users: number;
  evicted: boolean;
}

/**
 * The segments of one kind: finds the one that holds a position, and reads from it through a
 * bounded number of open files (least recently used first out; a file in use is closed when it is
 * free).
 */
export class SegmentFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #openMax: number;
  readonly #open = new Map<number, OpenFile>();
  #entries: SegmentEntry[] = [];

  constructor(fileSystem: FileSystem, directory: string, openMax: number) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#openMax = openMax;
  }

  /** In the order of their positions. */
  get entries(): readonly SegmentEntry[] {
    return this.#entries;
  }

  /** Segments are added in the order of their positions. */
  add(entry: SegmentEntry): void {
    this.#entries.push(entry);
  }

  replace(entry: SegmentEntry): void {
    this.#entries = this.#entries.map((other) => (other.id === entry.id ? entry : other));
  }

  path(entry: SegmentEntry): string {
    return segmentPath(this.#directory, entry);
  }

  /** The segment whose address space holds the position. */
  find(position: Position): SegmentEntry | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as SegmentEntry).base <= position) low = middle + 1;
      else high = middle;
    }
    const entry = this.#entries[low - 1];
    return entry !== undefined && position < entry.base + entry.capacity ? entry : undefined;
  }

  async read(position: Position, length: number): Promise<Uint8Array> {
    const entry = this.#at(position);
    const file = await this.#acquire(entry);
    try {
      const into = Buffer.allocUnsafe(length);
      const count = await file.handle.read(into, position - entry.base);
      return count === length ? into : into.fill(0, count);
    } finally {
      this.#release(file);
    }
  }

  readSync(position: Position, length: number): Uint8Array {
    const entry = this.#at(position);
    const file = this.#open.get(entry.id) ?? this.#keep(entry, this.#openSync(entry));
    const into = Buffer.allocUnsafe(length);
    const count = file.handle.readSync(into, position - entry.base);
    return count === length ? into : into.fill(0, count);
  }

  /** The segment's open file, kept open until it is released. */
  async borrow(entry: SegmentEntry): Promise<BorrowedFile> {
    const file = await this.#acquire(entry);
    return { handle: file.handle, release: () => this.#release(file) };
  }

  /** Runs `use` on the segment's open file. */
  async with<T>(entry: SegmentEntry, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const { handle, release } = await this.borrow(entry);
    try {
      return await use(handle);
    } finally {
      release();
    }
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    // Who still reads closes it: a closed file's number may soon be another file's.
    for (const file of files) file.evicted = true;
    const idle = files.filter(({ users }) => users === 0);
    await Promise.all(idle.map((file) => file.handle.close()));
  }

  #at(position: Position): SegmentEntry {
    const entry = this.find(position);
    if (entry !== undefined) return entry;
    throw coreError("FIRN_RECORD_CORRUPT", `no segment holds position ${position}`, {
      detail: { position },
    });
  }

  async #acquire(entry: SegmentEntry): Promise<OpenFile> {
    let file = this.#open.get(entry.id);
    if (file === undefined) {
      const handle = await this.#fileSystem.open(this.path(entry), { create: false });
      const raced = this.#open.get(entry.id);
      if (raced !== undefined) await handle.close();
      file = raced ?? this.#keep(entry, handle);
    } else {
      // Behind the others: the map's order is the order of use.
      this.#open.delete(entry.id);
      this.#open.set(entry.id, file);
    }
    file.users++;
    return file;
  }

  #release(file: OpenFile): void {
    file.users--;
    if (file.evicted && file.users === 0) letGo(file);
  }

  #openSync(entry: SegmentEntry): FileHandle {
    return this.#fileSystem.openSync(this.path(entry));
  }

  #keep(entry: SegmentEntry, handle: FileHandle): OpenFile {
    const file = { handle, users: 0, evicted: false };
    this.#open.set(entry.id, file);
    if (this.#open.size > this.#openMax) this.#evictOldest();
    return file;
  }

  #evictOldest(): void {
    for (const [id, file] of this.#open) {
      this.#open.delete(id);
      file.evicted = true;
      if (file.users === 0) letGo(file);
      return;
    }
  }
}

/** What was written through it is synced: a close that fails loses nothing, and ends no process. */
function letGo({ handle }: OpenFile): void {
  handle.close().catch(() => undefined);
}
