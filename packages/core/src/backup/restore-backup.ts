/**
 * Makes a store out of a backup. The copy is a store of its own, with an id of its own; what its
 * checksums are seeded with stays the id that they were made with. Its manifest is written last:
 * until then the directory holds no store, and a restore that is begun again goes on.
 */
import { checkStore } from "../check/check-store.ts";
import type { CheckReport } from "../check/check-store.ts";
import { coreError } from "../errors.ts";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import type { IndexFactory } from "../index/ordered-index.ts";
import { CHECKSUM_ID_FEATURE, Manifest, requireKnown } from "../log/manifest.ts";
import { segmentPath } from "../log/segment-files.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem, hasCode } from "../platform/node-file-system.ts";
import { NodeRandom } from "../platform/node-random.ts";
import type { Random } from "../platform/random.ts";
import { backupNumbers, damagedFile, readManifest } from "./backup-manifest.ts";
import type { BackupManifest, SavedSegment } from "./backup-manifest.ts";
import type { BackupTarget } from "./backup-target.ts";
import { CheckStream, checked } from "./check-stream.ts";
import { readPieces } from "./directory-target.ts";
import { throwIfAborted } from "./run-backup.ts";
import type { BackupProgress } from "./run-backup.ts";

/** Says which backup is being restored here, until it is. */
const MARKER = "restoring";
/** While it is written. */
const MARKER_PART = "restoring.new";

export interface RestoreOptions {
  readonly source: BackupTarget;
  /** Absolute path; absent, empty, or left by a restore of the same backup that was interrupted. */
  readonly directory: string;
  /** Which backup, default the newest. */
  readonly number?: number | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly fileSystem?: FileSystem | undefined;
  readonly index?: IndexFactory | undefined;
  readonly hasher?: Hasher | undefined;
  readonly random?: Random | undefined;
}

export interface RestoreReport {
  readonly number: number;
  /** Id of the copy. */
  readonly storeId: string;
  readonly takenAtMs: number;
  readonly files: number;
  readonly bytes: number;
  /** What verifying all of the copy found: no problems, unless the store was damaged already. */
  readonly check: CheckReport;
}

/**
 * Resolves when every byte of the copy is durable and was verified. The index is built when the
 * store is opened for the first time.
 * @throws FIRN_BACKUP_NOT_FOUND, FIRN_BACKUP_DAMAGED, FIRN_RESTORE_NOT_EMPTY, FIRN_STORE_LOCKED,
 *   FIRN_STORE_NEWER, FIRN_ABORTED, or what disk or source say.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const hasher = options.hasher ?? (await loadHasher());
  const fileSystem = options.fileSystem ?? new NodeFileSystem();
  const { source, directory, index } = options;
  const manifest = await readManifest(source, await chooseNumber(options), hasher);
  requireKnown(manifest.store, { where: source.where });
  await fileSystem.makeDirectory(directory);
  const lock = await fileSystem.lock(`${directory}/lock`);
  if (lock === undefined) {
    const message = `a process has ${directory} open`;
    throw coreError("FIRN_STORE_LOCKED", message, { detail: { directory } });
  }
  const restore = new Restore({ options, manifest, fileSystem, hasher });
  let storeId: string;
  try {
    storeId = await restore.run();
  } finally {
    await lock.release();
  }
  const check = await checkStore({ directory, fileSystem, index, hasher });
  const { number, takenAtMs, segments } = manifest;
  return { number, storeId, takenAtMs, files: segments.length, bytes: restore.bytes, check };
}

async function chooseNumber({ source, number }: RestoreOptions): Promise<number> {
  const numbers = await backupNumbers(source);
  const chosen = number ?? numbers.at(-1);
  if (chosen !== undefined && numbers.includes(chosen)) return chosen;
  const what = number === undefined ? "no backup" : `no backup ${number}`;
  const detail = { where: source.where, number, numbers: numbers.slice(-100) };
  throw coreError("FIRN_BACKUP_NOT_FOUND", `there is ${what} in ${source.where}`, { detail });
}

interface RestoreParts {
  readonly options: RestoreOptions;
  readonly manifest: BackupManifest;
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
}

class Restore {
  readonly bytes: number;
  readonly #parts: RestoreParts;
  #progress: BackupProgress;

  constructor(parts: RestoreParts) {
    this.#parts = parts;
    const { segments } = parts.manifest;
    this.bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#progress = { files: segments.length, filesDone: 0, bytes: this.bytes, bytesDone: 0 };
  }

  /** Returns the copy's id. */
  async run(): Promise<string> {
    const { options, manifest, fileSystem } = this.#parts;
    const { directory } = options;
    await this.#begin();
    const folders = new Set([`${directory}/log`, `${directory}/extents`]);
    for (const saved of manifest.segments) {
      throwIfAborted(options.signal);
      const path = segmentPath(directory, saved.entry);
      folders.add(path.slice(0, path.lastIndexOf("/")));
      await this.#segment(saved, path);
    }
    for (const folder of folders) await fileSystem.makeDirectory(folder);
    for (const folder of folders) await fileSystem.syncDirectory(folder);
    await fileSystem.syncDirectory(directory);
    const storeId = await this.#name();
    await fileSystem.remove(`${directory}/${MARKER}`);
    await fileSystem.syncDirectory(directory);
    return storeId;
  }

  /** @throws FIRN_RESTORE_NOT_EMPTY. */
  async #begin(): Promise<void> {
    const { options, manifest, fileSystem } = this.#parts;
    const { directory } = options;
    const own = ["lock", MARKER_PART];
    const names = (await fileSystem.list(directory)).filter((name) => !own.includes(name));
    const mark = JSON.stringify([manifest.store.storeId, manifest.number]);
    const goesOn = !names.includes("manifest") && (await this.#isMarked(mark));
    if (names.length > 0 && !goesOn) {
      const message = `${directory} is not empty: a backup is restored into a new directory`;
      throw coreError("FIRN_RESTORE_NOT_EMPTY", message, { detail: { directory } });
    }
    // Whole or not there: half of it would tell nobody what lies here.
    await fileSystem.remove(`${directory}/${MARKER_PART}`);
    const handle = await fileSystem.open(`${directory}/${MARKER_PART}`, { create: true });
    try {
      await handle.write([Buffer.from(mark)], 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fileSystem.rename(`${directory}/${MARKER_PART}`, `${directory}/${MARKER}`);
    await fileSystem.syncDirectory(directory);
  }

  async #isMarked(mark: string): Promise<boolean> {
    const { options, fileSystem } = this.#parts;
    try {
      const found = await fileSystem.readFile(`${options.directory}/${MARKER}`);
      return Buffer.from(found).toString() === mark;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    }
  }

  async #segment(saved: SavedSegment, path: string): Promise<void> {
    const before = this.#progress.bytesDone;
    if (!(await this.#isThere(saved, path))) await this.#fetch(saved, path);
    const { filesDone } = this.#progress;
    this.#tell({ filesDone: filesDone + 1, bytesDone: before + saved.bytes });
  }

  async #fetch(saved: SavedSegment, path: string): Promise<void> {
    const { options, fileSystem, hasher } = this.#parts;
    const before = this.#progress.bytesDone;
    await fileSystem.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    await fileSystem.remove(path);
    const handle = await fileSystem.open(path, { create: true });
    try {
      const check = new CheckStream(hasher, saved.bytes);
      let offset = 0;
      for await (const bytes of checked(options.source.read(saved.file), check)) {
        throwIfAborted(options.signal);
        await handle.write([bytes], offset);
        offset += bytes.length;
        this.#tell({ bytesDone: before + offset });
      }
      if (offset !== saved.bytes || check.end() !== saved.check) throw this.#damaged(saved);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Written by a restore that was interrupted later; it may not have come to the sync. */
  async #isThere({ bytes, check }: SavedSegment, path: string): Promise<boolean> {
    const { fileSystem, hasher } = this.#parts;
    let handle: FileHandle;
    try {
      handle = await fileSystem.open(path, { create: false });
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    }
    try {
      if ((await handle.size()) !== bytes) return false;
      const found = new CheckStream(hasher, bytes);
      for await (const piece of readPieces(handle, bytes)) found.add(piece);
      await handle.sync();
      return found.end() === check;
    } finally {
      await handle.close();
    }
  }

  #damaged({ file }: SavedSegment): Error {
    return damagedFile(this.#parts.options.source, file, "is not what was written there");
  }

  /** From here on it is a store. */
  async #name(): Promise<string> {
    const { options, manifest, fileSystem, hasher } = this.#parts;
    const { store, segments } = manifest;
    const random = options.random ?? new NodeRandom();
    const storeId = Buffer.from(random.bytes(16)).toString("hex");
    await Manifest.create(
      { fileSystem, hasher, directory: options.directory },
      {
        ...store,
        requiredFeatures: [...new Set([...store.requiredFeatures, CHECKSUM_ID_FEATURE])],
        storeId,
        generation: 1,
        segments: segments.map(({ entry }) => entry),
      },
    );
    return storeId;
  }

  #tell(progress: Partial<BackupProgress>): void {
    this.#progress = { ...this.#progress, ...progress };
    this.#parts.options.onProgress?.(this.#progress);
  }
}
