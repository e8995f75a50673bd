import { coreError } from "../errors.ts";
import { loadHasher, storeSeed } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import type { IndexFactory } from "../index/ordered-index.ts";
import { Manifest, checksumIdOf, indexDirectory } from "../log/manifest.ts";
import type { ManifestState, SegmentEntry } from "../log/manifest.ts";
import { SegmentFiles } from "../log/segment-files.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import type { ScrubProgress } from "../status-api.ts";
import { defaultIndex } from "../store/default-index.ts";
import type { CheckContext } from "./check-context.ts";

export interface CheckOptions {
  readonly directory: string;
  readonly fileSystem?: FileSystem | undefined;
  readonly index?: IndexFactory | undefined;
  readonly hasher?: Hasher | undefined;
  /** Called as bytes are read. */
  readonly onProgress?: ((progress: ScrubProgress) => void) | undefined;
}

/** A directory that is ours until it is closed, and not opened as a store. */
export interface OpenDirectory {
  readonly context: CheckContext;
  readonly state: ManifestState;
  readonly manifest: Manifest;
  close(): Promise<void>;
}

const OPEN_FILES = 8;

/**
 * Reads the manifest and takes the lock.
 * @throws FIRN_STORE_LOCKED, FIRN_STORE_NEWER, FIRN_STORE_DAMAGED (a manifest that cannot be read).
 */
export async function openDirectory(options: CheckOptions): Promise<OpenDirectory> {
  const { directory } = options;
  const fileSystem = options.fileSystem ?? new NodeFileSystem();
  const hasher = options.hasher ?? (await loadHasher());
  const manifest = await Manifest.read({ fileSystem, hasher, directory });
  const detail = { directory };
  if (manifest === undefined) {
    throw coreError("FIRN_STORE_DAMAGED", `there is no store in ${directory}`, { detail });
  }
  const lock = await fileSystem.lock(`${directory}/lock`);
  if (lock === undefined) {
    throw coreError("FIRN_STORE_LOCKED", `a process has the store open: ${directory}`, { detail });
  }
  const { segments } = manifest.state;
  const storeId = checksumIdOf(manifest.state);
  const commitFiles = filesOf(segments, { kind: "commit", fileSystem, directory, hasher });
  const extentFiles = filesOf(segments, { kind: "extent", fileSystem, directory, hasher });
  const at = indexDirectory(directory, manifest.state);
  const context: CheckContext = {
    directory,
    fileSystem,
    index: options.index ?? (await defaultIndex({ directory: at, fileSystem, hasher, sync: true })),
    indexDirectory: at,
    identity: { hasher, seed: storeSeed(hasher, storeId) },
    storeId,
    commitFiles,
    extentFiles,
    problems: [],
  };
  const close = async (): Promise<void> => {
    await commitFiles.close();
    await extentFiles.close();
    await lock.release();
  };
  return { context, state: manifest.state, manifest, close };
}

function filesOf(
  segments: readonly SegmentEntry[],
  where: Pick<CheckContext, "fileSystem" | "directory"> & {
    readonly kind: SegmentEntry["kind"];
    readonly hasher: Hasher;
  },
): SegmentFiles {
  const { fileSystem, directory, hasher } = where;
  const files = new SegmentFiles(fileSystem, directory, { openMax: OPEN_FILES, hasher });
  const entries = segments.filter(({ kind }) => kind === where.kind);
  for (const entry of [...entries].sort((a, b) => a.base - b.base)) files.add(entry);
  return files;
}
