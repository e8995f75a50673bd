import type { LogHome } from "./log-home.ts";
import { PACKED_FEATURE } from "./manifest.ts";
import type { ManifestState, SegmentEntry, Thinned } from "./manifest.ts";
import type { RetiredSegments, SegmentFiles } from "./segment-files.ts";

export interface Replacement {
  /** Sealed neighbours, in the order of their positions; never the last segment of its kind. */
  readonly old: readonly SegmentEntry[];
  /** What is left of them; `undefined` when that is nothing. */
  readonly next: SegmentEntry | undefined;
  /** Up to where records may be missing now (commit segments). */
  readonly thinned?: Thinned | undefined;
}

/**
 * The step that counts: the manifest names what is left of some segments in their place. The old
 * files are still there, and are read by whoever holds a position in them.
 * @throws what the disk says; with `manifest.uncertain` set the disk may hold either state.
 */
export async function replaceSegments(
  home: LogHome,
  files: SegmentFiles,
  replacement: Replacement,
): Promise<RetiredSegments> {
  await home.manifest.update((state) => replaced(state, replacement));
  return files.swap(replacement.old, replacement.next);
}

/** When no reader can need them any more: lets go of the old files and removes them. */
export async function removeRetired(
  home: LogHome,
  files: SegmentFiles,
  retired: RetiredSegments,
): Promise<void> {
  await files.forget(retired);
  const folders = new Set<string>();
  for (const entry of retired.entries) {
    const path = files.path(entry);
    await home.fileSystem.remove(path);
    folders.add(path.slice(0, path.lastIndexOf("/")));
  }
  for (const folder of folders) await home.fileSystem.syncDirectory(folder);
}

function replaced(state: ManifestState, { old, next, thinned }: Replacement): ManifestState {
  const gone = new Set(old.map(({ id }) => id));
  const at = state.segments.findIndex(({ id }) => gone.has(id));
  const segments = state.segments.filter(({ id }) => !gone.has(id));
  if (next !== undefined) segments.splice(at, 0, next);
  const { requiredFeatures } = state;
  return {
    ...state,
    // A hole in the addresses is as new to an older Firn as a packed segment is.
    requiredFeatures: requiredFeatures.includes(PACKED_FEATURE)
      ? requiredFeatures
      : [...requiredFeatures, PACKED_FEATURE],
    segments,
    thinned: further(state.thinned, thinned),
  };
}

function further(a: Thinned | undefined, b: Thinned | undefined): Thinned | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { lsn: Math.max(a.lsn, b.lsn), timeMs: Math.max(a.timeMs, b.timeMs) };
}
