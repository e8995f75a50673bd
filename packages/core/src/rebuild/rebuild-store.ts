import { COMMIT_SEGMENT_BYTES, EXTENT_SEGMENT_BYTES } from "../constants.ts";
import { FirnError } from "../errors.ts";
import { loadHasher } from "../hasher.ts";
import { Manifest, PACKED_FEATURE, STORE_FORMAT_VERSION, checksumIdOf } from "../log/manifest.ts";
import type { ManifestHome, ManifestState, SegmentEntry, SegmentKind } from "../log/manifest.ts";
import { segmentPath } from "../log/segment-files.ts";
import type { ClockMode } from "../platform/clock.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import type { EncryptionState } from "../seal/data-keys.ts";
import { encrypted } from "../seal/open-sealing.ts";
import { damaged, takeCensus } from "./segment-census.ts";
import type { Census, FoundSegment } from "./segment-census.ts";

export interface RebuildStoreOptions {
  /** Where `log` and `extents` of the lost store lie; nothing in it is changed. Absolute. */
  readonly directory: string;
  /** A directory that is not there yet, or empty: it becomes the store. Absolute. */
  readonly target: string;
  /** What the lost store's clock was: no segment says so. Default real. */
  readonly clockMode?: ClockMode | undefined;
  readonly fileSystem?: FileSystem | undefined;
  readonly onProgress?: ((bytes: number, totalBytes: number) => void) | undefined;
}

export interface RebuiltStore {
  readonly storeId: string;
  readonly segments: number;
  readonly bytes: number;
}

const COPY_BYTES: number = 1024 * 1024;
/** An address that a packed segment leaves out, so that what follows may have a gap before it. */
const GAP_BYTES = 8;
const NOMINAL: Readonly<Record<SegmentKind, number>> = {
  commit: COMMIT_SEGMENT_BYTES,
  extent: EXTENT_SEGMENT_BYTES,
};

/**
 * Makes a store of segments alone: no manifest, no index. The segments are copied, their manifest
 * is made of their headers, and the next opening builds the index from the log. What is lost with
 * the manifest: history windows (they begin anew) and feeds from before. The keys of an encrypted
 * store are taken from either copy of its manifest; without both its values stay sealed.
 * @throws FIRN_STORE_DAMAGED naming the file that is no whole segment of the store.
 */
export async function rebuildStore(options: RebuildStoreOptions): Promise<RebuiltStore> {
  const { directory, target } = options;
  const fileSystem = options.fileSystem ?? new NodeFileSystem({ sync: true });
  const hasher = await loadHasher();
  const census = await takeCensus(fileSystem, directory, hasher);
  await fileSystem.makeDirectory(target);
  if ((await fileSystem.list(target)).length > 0) throw damaged(target, "it is not empty");
  for (const folder of ["log", "extents"]) await fileSystem.makeDirectory(`${target}/${folder}`);
  const commits = placed(census, "commit");
  const extents = placed(census, "extent");
  const all = [...commits, ...extents];
  const bytes = await copyAll(fileSystem, all, options);
  const plain = stateOf(census, options.clockMode ?? { kind: "real" }, [commits, extents]);
  const keys = await keysIn({ fileSystem, hasher, directory }, census);
  const state = keys === undefined ? plain : encrypted(plain, keys);
  await Manifest.create({ fileSystem, hasher, directory: target }, state);
  return { storeId: census.storeId, segments: all.length, bytes };
}

/** Of an encrypted store whose manifest can still be read. */
async function keysIn(
  home: ManifestHome,
  { storeId }: Census,
): Promise<EncryptionState | undefined> {
  try {
    const manifest = await Manifest.read(home);
    if (manifest === undefined || checksumIdOf(manifest.state) !== storeId) return undefined;
    return manifest.state.encryption;
  } catch (error) {
    // That it cannot be read is why there is anything to rebuild.
    if (error instanceof FirnError && error.code === "FIRN_STORE_DAMAGED") return undefined;
    throw error;
  }
}

interface Placed extends FoundSegment {
  readonly entry: SegmentEntry;
}

/**
 * The segments of a kind in the order of their addresses. Of two that begin alike, a crash had cut
 * off the replacement of the older one: that is still whole.
 */
function placed({ segments }: Census, kind: SegmentKind): Placed[] {
  const byBase = new Map<number, FoundSegment>();
  const byAge = segments.filter(({ entry }) => entry.kind === kind);
  byAge.sort((a, b) => a.entry.id - b.entry.id);
  for (const one of byAge) if (!byBase.has(one.entry.base)) byBase.set(one.entry.base, one);
  const sorted = [...byBase.values()].sort((a, b) => a.entry.base - b.entry.base);
  return sorted.map((one, at) => {
    const { base, packed, sealedBytes } = one.entry;
    const next = sorted[at + 1]?.entry.base;
    const least = Math.max(NOMINAL[kind], sealedBytes ?? 0);
    const room = next === undefined ? least : next - base;
    if (packed === undefined) {
      const capacity = next === undefined ? room : Math.min(room, least);
      const isLast = next === undefined;
      if (kind === "commit" && sealedBytes === undefined && !isLast) {
        throw damaged(one.path, "a record in the middle of the log does not verify");
      }
      // The newest one may have a torn tail, which recovery finds and seals.
      const end = kind === "commit" && isLast ? undefined : sealedBytes;
      return { ...one, entry: { ...one.entry, capacity, sealedBytes: end } };
    }
    return { ...one, entry: { ...one.entry, capacity: room - GAP_BYTES } };
  });
}

function stateOf(
  { storeId, segments }: Census,
  clock: ClockMode,
  [commits, extents]: readonly [readonly Placed[], readonly Placed[]],
): ManifestState {
  const times = segments.map(({ firstMs }) => firstMs).filter((ms) => ms > 0);
  const thinned = commits.filter(({ entry }) => entry.packed !== undefined).at(-1);
  const entries = [...commits, ...extents].map(({ entry }) => entry);
  return {
    formatVersion: STORE_FORMAT_VERSION,
    requiredFeatures: entries.some(({ packed }) => packed !== undefined) ? [PACKED_FEATURE] : [],
    storeId,
    clock,
    createdAtMs: Math.min(...times, Number.MAX_SAFE_INTEGER),
    generation: 1,
    nextSegmentId: Math.max(...segments.map(({ entry }) => entry.id)) + 1,
    segments: entries,
    ...(thinned && { thinned: { lsn: thinned.lastLsn, timeMs: thinned.lastMs } }),
  };
}

async function copyAll(
  fileSystem: FileSystem,
  segments: readonly Placed[],
  { target, onProgress }: RebuildStoreOptions,
): Promise<number> {
  const totalBytes = segments.reduce((sum, { entry }) => sum + (entry.sealedBytes ?? 0), 0);
  let copied = 0;
  for (const { path, entry } of segments) {
    const to = segmentPath(target, entry);
    const folder = to.slice(0, to.lastIndexOf("/"));
    await fileSystem.makeDirectory(folder);
    const [from, into] = [
      await fileSystem.open(path, { create: false }),
      await fileSystem.open(to, { create: true }),
    ];
    try {
      const size = await from.size();
      for (let at = 0; at < size; at += COPY_BYTES) {
        const bytes = Buffer.allocUnsafe(Math.min(COPY_BYTES, size - at));
        await from.read(bytes, at);
        await into.write([bytes], at);
        copied += bytes.length;
        onProgress?.(copied, Math.max(copied, totalBytes));
      }
      await into.sync();
    } finally {
      await from.close();
      await into.close();
    }
    await fileSystem.syncDirectory(folder);
  }
  await fileSystem.syncDirectory(target);
  return copied;
}
