/**
 * Copies a captured store to where backups lie. Sealed segments never change: each is copied once,
 * under its id and salt, and every later backup names it again; only the segments that still fill
 * are copied each time. The backup's manifest is written last: until then there is no backup, and
 * what was copied is found by the next one.
 */
import type { CheckProblem } from "../check/check-context.ts";
import { coreError } from "../errors.ts";
import type { Hasher } from "../hasher.ts";
import type { WrittenSegment } from "../log/local-log.ts";
import { segmentPath } from "../log/segment-files.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { backupNumbers, encodeManifest, manifestName, readManifest } from "./backup-manifest.ts";
import type { BackupManifest, SavedSegment } from "./backup-manifest.ts";
import type { BackupTarget } from "./backup-target.ts";
import type { StoreCapture } from "./capture-store.ts";
import { CheckStream, checked } from "./check-stream.ts";
import { readPieces } from "./directory-target.ts";
import { verifyCaptured } from "./verify-capture.ts";

export interface BackupProgress {
  readonly files: number;
  readonly filesDone: number;
  readonly bytes: number;
  /** Copied, or found to be there. */
  readonly bytesDone: number;
}

export interface BackupOptions {
  readonly target: BackupTarget;
  /** Backups to keep, this one included; older ones go when it is complete. Default: all. */
  readonly keep?: number | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  /** Ends it; what was copied is found by the next backup. */
  readonly signal?: AbortSignal | undefined;
}

export interface BackupReport {
  readonly where: string;
  readonly number: number;
  readonly lsn: number;
  readonly files: number;
  readonly bytes: number;
  readonly copiedFiles: number;
  readonly copiedBytes: number;
  /** Numbers of older backups that went. None go while there are problems. */
  readonly removed: readonly number[];
  /** Rot of the log that was met, by segment and offset; the copies are as rotten. */
  readonly problems: readonly CheckProblem[];
}

export interface BackupSource {
  readonly capture: StoreCapture;
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  /** Waits until so many bytes may be read. */
  readonly take?: ((bytes: number) => Promise<void>) | undefined;
}

/**
 * @throws FIRN_BACKUP_OTHER_STORE when another store's backups lie there; FIRN_ABORTED;
 *   FIRN_BACKUP_DAMAGED; or what the target says.
 */
export async function runBackup(
  source: BackupSource,
  options: BackupOptions,
): Promise<BackupReport> {
  return new BackupRun(source, options).run();
}

class BackupRun {
  readonly #source: BackupSource;
  readonly #options: BackupOptions;
  /** Files that are there, by name, with their checksums where a backup tells them. */
  readonly #there = new Map<string, { readonly bytes: number; readonly check?: string }>();
  #progress: BackupProgress;
  #copied = { files: 0, bytes: 0 };
  readonly #problems: CheckProblem[] = [];

  constructor(source: BackupSource, options: BackupOptions) {
    this.#source = source;
    this.#options = options;
    const { segments } = source.capture;
    const bytes = segments.reduce((sum, segment) => sum + bytesOf(segment), 0);
    this.#progress = { files: segments.length, filesDone: 0, bytes, bytesDone: 0 };
  }

  async run(): Promise<BackupReport> {
    const { target } = this.#options;
    const { capture, hasher } = this.#source;
    const older = await this.#lookAround();
    const number = (older.at(-1) ?? 0) + 1;
    const segments: SavedSegment[] = [];
    for (const captured of capture.segments) segments.push(await this.#save(captured, number));
    const { store, lsn, takenAtMs } = capture;
    const manifest = { number, store, lsn, takenAtMs, segments };
    const bytes = encodeManifest(manifest, hasher);
    await target.write({ name: manifestName(number), bytes: bytes.length }, only(bytes));
    // Older backups may be the only sound copies of what has rotted.
    const isSound = this.#problems.length === 0;
    const removed = isSound ? await this.#removeOld([...older, number], manifest) : [];
    return {
      where: target.where,
      number,
      lsn,
      files: segments.length,
      bytes: this.#progress.bytes,
      copiedFiles: this.#copied.files,
      copiedBytes: this.#copied.bytes,
      removed,
      problems: this.#problems,
    };
  }

  /** Which backups and files there are. Returns the backups' numbers. */
  async #lookAround(): Promise<number[]> {
    const { target } = this.#options;
    const numbers = await backupNumbers(target);
    const newest = numbers.at(-1);
    for await (const { name, bytes } of target.list("segments/")) this.#there.set(name, { bytes });
    if (newest === undefined) return numbers;
    const manifest = await readManifest(target, newest, this.#source.hasher);
    if (manifest.store.storeId !== this.#source.capture.store.storeId) {
      const message = `${target.where} holds backups of another store: choose another place`;
      const detail = { where: target.where, storeId: manifest.store.storeId };
      throw coreError("FIRN_BACKUP_OTHER_STORE", message, { detail });
    }
    for (const { file, bytes, check } of manifest.segments) {
      if (this.#there.get(file)?.bytes === bytes) this.#there.set(file, { bytes, check });
    }
    return numbers;
  }

  async #save(captured: WrittenSegment, number: number): Promise<SavedSegment> {
    throwIfAborted(this.#options.signal);
    const bytes = bytesOf(captured);
    const file = nameOf(captured, number);
    const there = this.#there.get(file);
    // Of an interrupted backup nobody has told the checksum: the file is read, and not sent.
    const isThere = there?.bytes === bytes;
    const known = isThere ? there.check : undefined;
    if (known === undefined) await this.#verify(captured);
    const check = known ?? (await this.#copy(captured, { file, send: !isThere }));
    const { filesDone, bytesDone } = this.#progress;
    const done = known === undefined ? bytesDone : bytesDone + bytes;
    this.#tell({ filesDone: filesDone + 1, bytesDone: done });
    return { entry: captured.entry, file, bytes, check };
  }

  /** Chunks of blobs say nothing of themselves: their units are verified by scrub and restore. */
  async #verify(captured: WrittenSegment): Promise<void> {
    if (captured.entry.kind !== "commit") return;
    const { signal } = this.#options;
    const pause = async (bytes: number): Promise<void> => {
      throwIfAborted(signal);
      await this.#source.take?.(bytes);
    };
    this.#problems.push(...(await verifyCaptured({ ...this.#source, pause }, captured)));
  }

  async #copy(
    captured: WrittenSegment,
    { file, send }: { readonly file: string; readonly send: boolean },
  ): Promise<string> {
    const { capture, fileSystem, hasher } = this.#source;
    const bytes = bytesOf(captured);
    const check = new CheckStream(hasher, bytes);
    const path = segmentPath(capture.directory, captured.entry);
    const handle = await fileSystem.open(path, { create: false });
    try {
      const body = checked(this.#paced(readPieces(handle, bytes)), check);
      if (send) {
        await this.#options.target.write({ name: file, bytes }, body);
        this.#copied.files++;
        this.#copied.bytes += bytes;
      } else {
        for await (const _ of body) continue;
      }
    } finally {
      await handle.close();
    }
    return check.end();
  }

  async *#paced(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      throwIfAborted(this.#options.signal);
      await this.#source.take?.(piece.length);
      yield piece;
      this.#tell({ bytesDone: this.#progress.bytesDone + piece.length });
    }
  }

  /** First the manifests, then what only they had named. */
  async #removeOld(numbers: readonly number[], newest: BackupManifest): Promise<number[]> {
    const { target, keep } = this.#options;
    if (keep === undefined) return [];
    const gone = numbers.slice(0, Math.max(0, numbers.length - Math.max(1, keep)));
    if (gone.length === 0) return [];
    const files = new Set<string>();
    const kept = new Set(newest.segments.map(({ file }) => file));
    for (const number of numbers.filter((other) => other !== newest.number)) {
      const { segments } = await readManifest(target, number, this.#source.hasher);
      const into = gone.includes(number) ? files : kept;
      for (const { file } of segments) into.add(file);
    }
    for (const number of gone) await target.remove(manifestName(number));
    for (const file of files) if (!kept.has(file)) await target.remove(file);
    return gone;
  }

  #tell(progress: Partial<BackupProgress>): void {
    this.#progress = { ...this.#progress, ...progress };
    this.#options.onProgress?.(this.#progress);
  }
}

function nameOf({ entry, isSealed }: WrittenSegment, number: number): string {
  const id = String(entry.id).padStart(10, "0");
  if (isSealed) return `segments/${entry.kind}/${id}-${entry.salt}`;
  return `tails/${String(number).padStart(10, "0")}/${id}-${entry.salt}`;
}

function bytesOf({ entry }: WrittenSegment): number {
  return entry.sealedBytes;
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw coreError("FIRN_ABORTED", "it was ended before it was complete", { cause: signal.reason });
}
