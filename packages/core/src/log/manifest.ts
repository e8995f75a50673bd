/**
 * The manifest: which store this is and which segments are live. One small file of JSON behind a
 * line with its version and checksum, replaced as a whole: write beside it, sync, rename, sync
 * directory. 10 TB are 40,000 segments of extents or 4 MB of manifest per new 256 MiB: cheap enough
 * to need no log of edits.
 */
import { FirnError, coreError } from "../errors.ts";
import type { Hasher } from "../hasher.ts";
import type { ClockMode } from "../platform/clock.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { hasCode } from "../platform/node-file-system.ts";
import type { EncryptionState } from "../seal/data-keys.ts";
import type { KeySpaceId, Lsn, Position } from "../store-api.ts";

/** Required by a store with packed segments. */
export const PACKED_FEATURE = "packed-segments";
/** Required by a store with history: whoever does not write it down would leave gaps in it. */
export const RETENTION_FEATURE = "retention";

/** Required by a store that was restored from a backup: see `checksumId`. */
export const CHECKSUM_ID_FEATURE = "checksum-id";

/** Required by a store in which values and blobs are sealed. */
export const ENCRYPTION_FEATURE = "encryption";

/** Raised when an older Firn must not open the store at all. */
export const STORE_FORMAT_VERSION = 1;
/** Features that this version can read; a store that requires another is refused. */
const KNOWN_FEATURES: readonly string[] = [
  PACKED_FEATURE,
  RETENTION_FEATURE,
  CHECKSUM_ID_FEATURE,
  ENCRYPTION_FEATURE,
];

const FILE = "manifest";
/** Written first, so that it is never older: one bad byte must not cost the store. */
const COPY = "manifest.copy";
const MAGIC = "FIRN-MANIFEST";

export type SegmentKind = "commit" | "extent";

export interface SegmentEntry {
  readonly id: number;
  readonly kind: SegmentKind;
  /** 16 hex digits. */
  readonly salt: string;
  /** Position of the segment's first byte; its address space ends at base + capacity. */
  readonly base: Position;
  readonly capacity: number;
  /** Where its valid bytes end, once it is sealed: whatever fails below is corruption. */
  readonly sealedBytes?: number | undefined;
  /** Set when the file holds only what is left of its address range: docs/formats/log.md. */
  readonly packed?: PackedExtent | undefined;
}

/** A packed segment's parts: header, data, blocks of the piece table, its root, key filter. */
export interface PackedExtent {
  /** First and last LSN of what the range held when it was whole; 0 for extent segments. */
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  /** Where the data ends and the blocks begin, a multiple of 8. */
  readonly dataBytes: number;
  /** Blocks of the piece table, 4 KiB each. */
  readonly blocks: number;
}

/** Up to where compaction may have taken records away; above it the log is whole. */
export interface Thinned {
  readonly lsn: Lsn;
  /** Newest commit time at or below that LSN, in milliseconds since 1970 UTC. */
  readonly timeMs: number;
}

export interface ManifestState {
  readonly formatVersion: number;
  /** A reader that does not know one of these must refuse the store. */
  readonly requiredFeatures: readonly string[];
  readonly storeId: string;
  /**
   * What headers and checksums are made with, when it is not the store's own id: that of the store
   * whose backup this one was restored from.
   */
  readonly checksumId?: string | undefined;
  readonly clock: ClockMode;
  readonly createdAtMs: number;
  /** Counts replacements; the higher is the newer. */
  readonly generation: number;
  readonly nextSegmentId: number;
  readonly segments: readonly SegmentEntry[];
  /**
   * Key spaces that keep history, or did. Whoever makes the index again from a compacted log meets
   * their values before the record that says so.
   */
  readonly historySpaces?: readonly KeySpaceId[] | undefined;
  readonly thinned?: Thinned | undefined;
  /** The wrapped keys of an encrypted store, and from where on it is. */
  readonly encryption?: EncryptionState | undefined;
  /** Folder of the ordered index, `index` unless it was rebuilt while the store was open. */
  readonly indexName?: string | undefined;
}

/** Where the ordered index of a store lies. */
export function indexDirectory(directory: string, state: ManifestState): string {
  return `${directory}/${state.indexName ?? "index"}`;
}

/** The id that headers and checksums of the store are made with. */
export function checksumIdOf({ storeId, checksumId }: ManifestState): string {
  return checksumId ?? storeId;
}

export interface ManifestHome {
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  readonly directory: string;
}

export class Manifest {
  readonly #home: ManifestHome;
  #state: ManifestState;
  #saving: Promise<void> = Promise.resolve();
  #uncertain = false;
  /** One of the two files was not what the other one says. */
  #needsRepair = false;
  #damage: FirnError | undefined;
  #nextSegmentId: number;

  private constructor(home: ManifestHome, state: ManifestState) {
    this.#home = home;
    this.#state = state;
    this.#nextSegmentId = state.nextSegmentId;
  }

  /**
   * The manifest, or its copy when that fails to verify.
   * @throws FIRN_STORE_NEWER, FIRN_STORE_DAMAGED; `undefined` when there is no store yet.
   */
  static async read(home: ManifestHome): Promise<Manifest | undefined> {
    const names = await home.fileSystem.list(home.directory);
    if (!names.includes(FILE) && !names.includes(COPY)) return undefined;
    const [own, copy] = [await readOne(home, names, FILE), await readOne(home, names, COPY)];
    const state = own.state ?? copy.state;
    if (state === undefined) throw own.error ?? missing(home, FILE);
    const manifest = new Manifest(home, state);
    manifest.#needsRepair = own.text === undefined || own.text !== copy.text;
    // A copy that is not there is none of an older Firn's, or the rest of a crash.
    manifest.#damage = own.error ?? (names.includes(COPY) ? copy.error : undefined);
    return manifest;
  }

  static async create(home: ManifestHome, state: ManifestState): Promise<Manifest> {
    const manifest = new Manifest(home, state);
    await manifest.#write(state);
    return manifest;
  }

  /** What was wrong with the manifest, or with its copy, when it was read; the other one held. */
  get damage(): FirnError | undefined {
    return this.#damage;
  }

  /** Writes both files again when they differ; on a full disk later. */
  async repair(): Promise<void> {
    if (this.#needsRepair) await this.amend((state) => state);
  }

  get state(): ManifestState {
    return this.#state;
  }

  /** An id for a new segment, of whatever kind; saved with the next update. */
  takeSegmentId(): number {
    return this.#nextSegmentId++;
  }

  /**
   * Replaces the manifest; durable when it resolves. Updates queue behind one another. After a
   * failure the former state stands, on the disk and here.
   */
  update(change: (state: ManifestState) => ManifestState): Promise<void> {
    const save = async (): Promise<void> => {
      const next = this.#following(change);
      await this.#write(next);
      this.#state = next;
    };
    const saved = this.#saving.then(save);
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /**
   * Says that key spaces keep history, before they do; at once when it is said already. Only a Firn
   * that writes history down opens the store from then on.
   * @param isKept whether one that is named keeps it still.
   */
  nameHistory(
    spaces: readonly KeySpaceId[],
    isKept: (space: KeySpaceId) => boolean,
  ): Promise<void> | undefined {
    const named = this.#state.historySpaces ?? [];
    if (spaces.every((space) => named.includes(space))) return undefined;
    return this.update((state) => ({
      ...state,
      requiredFeatures: [...new Set([...state.requiredFeatures, RETENTION_FEATURE])],
      historySpaces: [...new Set([...(state.historySpaces ?? []).filter(isKept), ...spaces])],
    }));
  }

  /** True when an update failed so late that the disk may hold the new state or the old one. */
  get uncertain(): boolean {
    return this.#uncertain;
  }

  /**
   * As `update`, for what recovery would find again by itself (where a segment ends): on a full
   * disk it holds here, and reaches the disk with the next update.
   */
  async amend(change: (state: ManifestState) => ManifestState): Promise<void> {
    try {
      await this.update(change);
    } catch (error) {
      if (!hasCode(error, "ENOSPC") && !hasCode(error, "EDQUOT")) throw error;
      this.#state = this.#following(change);
    }
  }

  #following(change: (state: ManifestState) => ManifestState): ManifestState {
    const generation = this.#state.generation + 1;
    return { ...change(this.#state), generation, nextSegmentId: this.#nextSegmentId };
  }

  async #write(state: ManifestState): Promise<void> {
    const { fileSystem, hasher, directory } = this.#home;
    const body = Buffer.from(`${JSON.stringify(state, undefined, 1)}\n`);
    const check = hasher.hash(body, 0n).toString(16).padStart(16, "0");
    const head = Buffer.from(`${MAGIC} ${state.formatVersion} ${check}\n`);
    try {
      await this.#replace(COPY, [head, body]);
      await this.#replace(FILE, [head, body]);
    } catch (error) {
      // It may name what the caller now gives up. A full disk has room for this.
      if (!this.#uncertain) await fileSystem.remove(`${directory}/${COPY}`);
      this.#needsRepair = true;
      throw error;
    }
    this.#uncertain = false;
    this.#needsRepair = false;
  }

  async #replace(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const { fileSystem, directory } = this.#home;
    const beside = `${directory}/${name}.new`;
    await fileSystem.remove(beside);
    const handle = await fileSystem.open(beside, { create: true });
    try {
      await handle.write(parts, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.#uncertain ||= name === FILE;
    await fileSystem.rename(beside, `${directory}/${name}`);
    await fileSystem.syncDirectory(directory);
  }
}

interface ReadManifest {
  readonly text?: string | undefined;
  readonly state?: ManifestState | undefined;
  readonly error?: FirnError | undefined;
}

async function readOne(
  home: ManifestHome,
  names: readonly string[],
  name: string,
): Promise<ReadManifest> {
  try {
    if (!names.includes(name)) throw missing(home, name);
    const bytes = await home.fileSystem.readFile(`${home.directory}/${name}`);
    return { state: parse(bytes, home), text: Buffer.from(bytes).toString("latin1") };
  } catch (error) {
    // A store of a newer Firn is never taken for an older one, whatever its copy says.
    if (!(error instanceof FirnError) || error.kind !== "corruption") throw error;
    return { error };
  }
}

function missing({ directory }: ManifestHome, name: string): FirnError {
  const detail = { file: `${directory}/${name}` };
  return coreError("FIRN_STORE_DAMAGED", `the store's ${name} is missing`, { detail });
}

function parse(bytes: Uint8Array, home: ManifestHome): ManifestState {
  const text = Buffer.from(bytes);
  const newline = text.indexOf(10);
  const [magic, version, check] = text.subarray(0, newline).toString("latin1").split(" ");
  const detail = { file: `${home.directory}/${FILE}` };
  if (magic !== MAGIC) {
    throw coreError("FIRN_STORE_DAMAGED", "the manifest does not begin as one", { detail });
  }
  const body = text.subarray(newline + 1);
  if (home.hasher.hash(body, 0n).toString(16).padStart(16, "0") !== check) {
    // A newer one may have another checksum.
    if (Number(version) > STORE_FORMAT_VERSION) throw newer(`format version ${version}`, detail);
    throw coreError("FIRN_STORE_DAMAGED", "the manifest fails its checksum", { detail });
  }
  const state = JSON.parse(body.toString("utf8")) as ManifestState;
  requireKnown(state, detail);
  if (Number(version) !== state.formatVersion) {
    throw coreError("FIRN_STORE_DAMAGED", "the manifest's first line has changed", { detail });
  }
  return state;
}

/** @throws FIRN_STORE_NEWER when this version cannot read what the store needs. */
export function requireKnown(
  state: Pick<ManifestState, "formatVersion" | "requiredFeatures">,
  detail: Record<string, unknown>,
): void {
  const { formatVersion, requiredFeatures } = state;
  if (formatVersion > STORE_FORMAT_VERSION) throw newer(`format version ${formatVersion}`, detail);
  for (const feature of requiredFeatures) {
    if (!KNOWN_FEATURES.includes(feature)) throw newer(`feature "${feature}"`, detail);
  }
}

function newer(what: string, detail: Record<string, unknown>): Error {
  const message = `the store was written by a newer Firn (${what}); open it with that version`;
  return coreError("FIRN_STORE_NEWER", message, { detail });
}
