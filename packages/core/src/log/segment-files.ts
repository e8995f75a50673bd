import { FOLDER_FILES_MAX, PACKED_TABLE_BYTES } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { Hasher } from "../hasher.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";
import type { Position } from "../store-api.ts";
import type { SegmentEntry, SegmentKind } from "./manifest.ts";
import { isPacked } from "./packed-file.ts";
import type { FileRange } from "./packed-file.ts";
import { PackedTables } from "./packed-tables.ts";
import type { LookUpStep } from "./packed-tables.ts";

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

export interface SegmentFilesOptions {
  /** Files that stay open for reading, at the most. */
  readonly openMax: number;
  readonly hasher: Hasher;
}

/** Segments that others have replaced, while somebody may still read from them. */
export interface RetiredSegments {
  readonly entries: readonly SegmentEntry[];
}

interface PlacedBytes {
  readonly position: Position;
  readonly length: number;
}

const REPLACED: unique symbol = Symbol("replaced");
type Gone = typeof REPLACED;

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
  readonly #tables: PackedTables;
  #entries: SegmentEntry[] = [];
  /** Replaced, and still readable for whoever found a position before that; the newest first. */
  #retired: RetiredSegments[] = [];

  constructor(fileSystem: FileSystem, directory: string, options: SegmentFilesOptions) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#openMax = options.openMax;
    this.#tables = new PackedTables(options.hasher, PACKED_TABLE_BYTES);
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

  /**
   * Lets `next` (or nothing: all of it was dead) take the place of neighbouring segments. What it
   * no longer has is read from the old files until they are forgotten.
   */
  swap(old: readonly SegmentEntry[], next: SegmentEntry | undefined): RetiredSegments {
    const gone = new Set(old.map(({ id }) => id));
    const left = this.#entries.filter(({ id }) => !gone.has(id));
    const place = left.findIndex(({ base }) => base > (old[0]?.base ?? 0));
    if (next !== undefined) left.splice(place < 0 ? left.length : place, 0, next);
    this.#entries = left;
    const retired = { entries: old };
    this.#retired.unshift(retired);
    return retired;
  }

  /** Lets go of what was replaced; then its files may be removed. */
  async forget(retired: RetiredSegments): Promise<void> {
    this.#retired = this.#retired.filter((other) => other !== retired);
    for (const entry of retired.entries) {
      if (isPacked(entry)) this.#tables.forget(entry);
      const file = this.#open.get(entry.id);
      if (file === undefined) continue;
      this.#open.delete(entry.id);
      file.evicted = true;
      if (file.users === 0) await file.handle.close().catch(() => undefined);
    }
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

  /** @throws FIRN_POSITION_GONE when compaction has taken the bytes away. */
  async read(position: Position, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    for (;;) {
      const entry = this.find(position);
      const place = { position, length };
      const found = entry === undefined ? undefined : await this.#tryRead(entry, place);
      if (found === REPLACED) continue;
      if (found !== undefined) return found;
      for (const old of this.#retiredAt(position)) {
        const kept = await this.#tryRead(old, place);
        if (kept !== undefined && kept !== REPLACED) return kept;
      }
      throw this.#gone(position);
    }
  }

  /** @throws FIRN_POSITION_GONE when compaction has taken the bytes away. */
  readSync(position: Position, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    const entry = this.find(position);
    const entries = this.#retired.length === 0 ? [] : this.#retiredAt(position);
    if (entry !== undefined) entries.unshift(entry);
    for (const at of entries) {
      const file = this.#open.get(at.id) ?? this.#keep(at, this.#openSync(at));
      const read = ({ offset, length: bytes }: FileRange): Buffer => {
        const into = Buffer.allocUnsafe(bytes);
        return filled(into, file.handle.readSync(into, offset));
      };
      const steps = this.#locate(at, position, length);
      let step = steps.next();
      while (!step.done) step = steps.next(read(step.value));
      if (step.value !== undefined) return read({ offset: step.value, length });
    }
    throw this.#gone(position);
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

  /** Bytes of a segment; `undefined` when it has them no longer. */
  async #tryRead(entry: SegmentEntry, place: PlacedBytes): Promise<Uint8Array | undefined | Gone> {
    const { position, length } = place;
    let file: OpenFile;
    try {
      file = await this.#acquire(entry);
    } catch (error) {
      // Its file went while it was being opened: another one stands in its place.
      if (this.find(position) !== entry) return REPLACED;
      throw error;
    }
    try {
      const read = async ({ offset, length: bytes }: FileRange): Promise<Buffer> => {
        const into = Buffer.allocUnsafe(bytes);
        return filled(into, await file.handle.read(into, offset));
      };
      const steps = this.#locate(entry, position, length);
      let step = steps.next();
      while (!step.done) step = steps.next(await read(step.value));
      return step.value === undefined ? undefined : await read({ offset: step.value, length });
    } finally {
      this.#release(file);
    }
  }

  /** Where bytes lie in the segment's file. */
  *#locate(entry: SegmentEntry, position: Position, length: number): LookUpStep {
    const logical = position - entry.base;
    if (!isPacked(entry)) return logical;
    return yield* this.#tables.lookUp(entry, { logical, length }, this.path(entry));
  }

  #retiredAt(position: Position): SegmentEntry[] {
    const holds = ({ base, capacity }: SegmentEntry): boolean =>
      position >= base && position < base + capacity;
    return this.#retired.flatMap(({ entries }) => entries.filter(holds));
  }

  #gone(position: Position): Error {
    const last = this.#entries.at(-1);
    const detail = { position };
    if (last !== undefined && position < last.base + last.capacity) {
      const message = `what lay at position ${position} is no longer there`;
      return coreError("FIRN_POSITION_GONE", message, { detail });
    }
    return coreError("FIRN_RECORD_CORRUPT", `no segment holds position ${position}`, { detail });
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

/** Bytes behind the file's end read as zeros. */
function filled(into: Buffer, count: number): Buffer {
  return count === into.length ? into : into.fill(0, count);
}

/** What was written through it is synced: a close that fails loses nothing, and ends no process. */
function letGo({ handle }: OpenFile): void {
  handle.close().catch(() => undefined);
}
