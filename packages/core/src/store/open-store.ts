/**
 * Opening a data directory: lock, manifest, index, log; then replay of what the index lags behind.
 * The steps and what a crash leaves at each of them are in docs/formats/directory.md.
 */
import {
  BACKGROUND_BYTES_PER_SECOND,
  COMMIT_SEGMENT_BYTES,
  EXTENT_SEGMENT_BYTES,
  FLUSH_RETRY_MS,
  FRESH_GROUP_BYTES,
  MEMTABLE_BYTES_MAX,
  MEMTABLE_KEYS_MAX,
  OPEN_FILES_MAX,
  PREPARE_BYTES,
  QUEUE_BYTES_MAX,
  READ_CACHE_BYTES,
  REPLAY_BYTES_MAX,
} from "../constants.ts";
import { coreError } from "../errors.ts";
import { loadHasher, storeSeed } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import type { IndexFactory } from "../index/ordered-index.ts";
import type { LogHome } from "../log/log-home.ts";
import { DiskReserve } from "../log/disk-reserve.ts";
import { Manifest, STORE_FORMAT_VERSION, checksumIdOf, indexDirectory } from "../log/manifest.ts";
import type { ManifestHome, ManifestState, SegmentKind } from "../log/manifest.ts";
import { SegmentFiles } from "../log/segment-files.ts";
import type { ClockMode } from "../platform/clock.ts";
import { RealClock, makeClock } from "../platform/clocks.ts";
import type { ParityOptions } from "../parity/parity-keeper.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileLock, FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { NodeRandom } from "../platform/node-random.ts";
import type { Random } from "../platform/random.ts";
import { encrypted, newEncryption, openSealing } from "../seal/open-sealing.ts";
import type { EncryptionOption } from "../seal/open-sealing.ts";
import { LogStore } from "../store.ts";
import { assembleStore } from "./assemble-store.ts";
import { defaultIndex } from "./default-index.ts";
import type { OpenContext, OpenLimits } from "./open-context.ts";

export interface OpenStoreOptions {
  /** Absolute path of the data directory; made when absent. */
  readonly directory: string;
  /**
   * Nothing is forced to the disk: for throw-away stores. Default false. Loses data on power loss.
   */
  readonly ephemeral?: boolean | undefined;
  /**
   * The clock's mode, when the store is made: default real. On an existing store it must be the one
   * it was made with, or absent. @throws FIRN_CLOCK_MODE.
   */
  readonly clockMode?: ClockMode | undefined;
  /**
   * `auto` (default): space that nobody needs any more comes back by itself, in the background.
   * `off`: only by `compact()`; the log grows with everything that is written.
   */
  readonly compaction?: "auto" | "off" | undefined;
  /** Reed-Solomon parity of cold segments, a quarter of their size. Default none. */
  readonly parity?: ParityOptions | undefined;
  /**
   * The key of an encrypted store. A new store is encrypted when it is given; one that is not yet
   * is from then on, for what is written from then on. Default none: an encrypted store does not
   * open. `locked`: it does, for what needs no key.
   */
  readonly encryption?: EncryptionOption;
  readonly limits?: Partial<OpenLimits> | undefined;
  /** Components: the real ones unless a test brings its own. */
  readonly fileSystem?: FileSystem | undefined;
  /** Default: sorted runs; `level` in a directory that has one. */
  readonly index?: IndexFactory | undefined;
  readonly clock?: Clock | undefined;
  /** Paces background work, whatever the store's clock does. Default: the machine's time. */
  readonly realTime?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly hasher?: Hasher | undefined;
}

/** Of a segment: what most victims on a full disk leave behind, several times. */
const RESERVE_PART = 1 / 4;

const DEFAULT_LIMITS: OpenLimits = {
  segmentBytes: COMMIT_SEGMENT_BYTES,
  extentSegmentBytes: EXTENT_SEGMENT_BYTES,
  prepareBytes: PREPARE_BYTES,
  freshGroupBytes: FRESH_GROUP_BYTES,
  memtableBytes: MEMTABLE_BYTES_MAX,
  memtableKeys: MEMTABLE_KEYS_MAX,
  replayBytes: REPLAY_BYTES_MAX,
  queueBytes: QUEUE_BYTES_MAX,
  cacheBytes: READ_CACHE_BYTES,
  openFiles: OPEN_FILES_MAX,
  backgroundBytesPerSecond: BACKGROUND_BYTES_PER_SECOND,
  flushRetryMs: FLUSH_RETRY_MS,
};

/**
 * Opens (or makes) the store in a directory. What it holds when this resolves is durable.
 * @throws FIRN_STORE_LOCKED when a process (this one too) has it open; FIRN_STORE_NEWER,
 *   FIRN_STORE_DAMAGED, FIRN_CLOCK_MODE, FIRN_ENCRYPTION_KEY_REQUIRED, FIRN_ENCRYPTION_KEY_WRONG;
 *   FIRN_DISK_FULL when a new store finds no room.
 */
export async function openStore(options: OpenStoreOptions): Promise<LogStore> {
  const { directory } = options;
  const fileSystem = options.fileSystem ?? new NodeFileSystem({ sync: options.ephemeral !== true });
  await fileSystem.makeDirectory(directory);
  const lock = await fileSystem.lock(`${directory}/lock`);
  if (lock === undefined) {
    const message = `another process (or this one) has the store open: ${directory}`;
    throw coreError("FIRN_STORE_LOCKED", message, { detail: { directory } });
  }
  try {
    return await assembleStore(await readDirectory(options, fileSystem, lock));
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function readDirectory(
  options: OpenStoreOptions,
  fileSystem: FileSystem,
  lock: FileLock,
): Promise<OpenContext> {
  const { directory } = options;
  const random = options.random ?? new NodeRandom();
  const hasher = options.hasher ?? (await loadHasher());
  const limits: OpenLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const manifestHome = { fileSystem, hasher, directory };
  const manifest =
    (await Manifest.read(manifestHome)) ?? (await makeStore(manifestHome, options, random));
  const clock = chooseClock(options, manifest);
  const sealingHome = { manifest, random, now: () => clock.now() };
  const sealing = await openSealing(options.encryption, sealingHome);
  // Names that a former process made and died before it synced them are visible, and not durable.
  await fileSystem.syncDirectory(directory);
  await fileSystem.syncDirectory(directory.slice(0, Math.max(1, directory.lastIndexOf("/"))));
  await manifest.repair();
  const storeId = checksumIdOf(manifest.state);
  const identity = { hasher, seed: storeSeed(hasher, storeId) };
  const { segmentBytes, prepareBytes, freshGroupBytes } = limits;
  const logLimits = { segmentBytes, prepareBytes, freshGroupBytes };
  const reserveBytes = Math.floor(segmentBytes * RESERVE_PART);
  const reserve = new DiskReserve(fileSystem, `${directory}/reserve`, reserveBytes);
  const place = { fileSystem, manifest, random, identity, storeId, directory };
  const home = { ...place, limits: logLimits, reserve };
  const sync = options.ephemeral !== true;
  const indexPlace = { directory: indexDirectory(directory, manifest.state), fileSystem, hasher };
  const openFiles = Math.max(2, Math.floor(limits.openFiles / 2));
  return {
    directory,
    home,
    commitFiles: await adoptSegments(home, directory, { kind: "commit", openFiles }),
    extentFiles: await adoptSegments(home, directory, { kind: "extent", openFiles }),
    clock,
    realTime: options.realTime ?? new RealClock(),
    limits,
    compacts: options.compaction !== "off",
    parity: options.parity ?? { segments: "none" },
    index: options.index ?? (await defaultIndex({ ...indexPlace, sync })),
    sealing,
    lock,
  };
}

/** A new, empty store. Nothing of it counts before its manifest is durable. */
async function makeStore(
  home: ManifestHome,
  options: OpenStoreOptions,
  random: Random,
): Promise<Manifest> {
  const { fileSystem, directory } = home;
  for (const folder of ["log", "extents"]) await fileSystem.makeDirectory(`${directory}/${folder}`);
  const clock = options.clock?.mode ?? options.clockMode ?? { kind: "real" };
  const storeId = Buffer.from(random.bytes(16)).toString("hex");
  const createdAtMs = (options.clock ?? new RealClock()).now();
  const state: ManifestState = {
    formatVersion: STORE_FORMAT_VERSION,
    requiredFeatures: [],
    storeId,
    clock,
    createdAtMs,
    generation: 1,
    nextSegmentId: 1,
    segments: [],
  };
  const { encryption } = options;
  if (encryption === undefined || encryption === "locked") return Manifest.create(home, state);
  const keys = await newEncryption(encryption, storeId, { random, createdAtMs });
  return Manifest.create(home, encrypted(state, keys));
}

/** The manifest's segments of one kind; files that it does not name are removed. */
async function adoptSegments(
  home: LogHome,
  directory: string,
  wanted: { readonly kind: SegmentKind; readonly openFiles: number },
): Promise<SegmentFiles> {
  const { fileSystem, manifest } = home;
  const files = new SegmentFiles(fileSystem, directory, {
    openMax: wanted.openFiles,
    hasher: home.identity.hasher,
  });
  const entries = manifest.state.segments.filter(({ kind }) => kind === wanted.kind);
  for (const entry of [...entries].sort((a, b) => a.base - b.base)) files.add(entry);
  const known = new Set(entries.map((entry) => files.path(entry)));
  const top = `${directory}/${wanted.kind === "commit" ? "log" : "extents"}`;
  for (const folder of await fileSystem.list(top)) {
    for (const name of await fileSystem.list(`${top}/${folder}`)) {
      const path = `${top}/${folder}/${name}`;
      if (!known.has(path)) await fileSystem.remove(path);
    }
  }
  return files;
}

function chooseClock(options: OpenStoreOptions, manifest: Manifest): Clock {
  const made = manifest.state.clock;
  const asked = options.clock?.mode ?? options.clockMode;
  if (asked !== undefined && JSON.stringify(asked) !== JSON.stringify(made)) {
    const message = `the store was made with a ${made.kind} clock, which cannot be changed`;
    throw coreError("FIRN_CLOCK_MODE", message, { detail: { made, asked } });
  }
  return options.clock ?? makeClock(made, manifest.state.createdAtMs);
}
