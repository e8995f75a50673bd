import { CHUNK_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { ChunkId, ChunkStore } from "./chunk-store.ts";
import { asDiskFull, createSegment, isRefusal } from "./create-segment.ts";
import { SEGMENT_HEADER_BYTES } from "./frame.ts";
import type { LogHome } from "./log-home.ts";
import type { WrittenSegment } from "./local-log.ts";
import type { SegmentEntry } from "./manifest.ts";
import type { SegmentFiles } from "./segment-files.ts";

/** Of a full segment: smaller ones would soon be too many. */
const LARGE_FRACTION = 1 / 16;

interface ExtentSegment {
  readonly entry: SegmentEntry;
  readonly handle: FileHandle;
  /** File offset behind the last chunk placed. */
  usedBytes: number;
  /** Holds chunks that no sync has covered yet. */
  dirty: boolean;
  /** Writes under way; a segment that is full is closed when there are none. */
  writers: number;
  /** Takes no more chunks. */
  full: boolean;
}

/**
 * Chunks in extent segments of 256 MiB. Each process begins a new segment, so that nothing is ever
 * written behind bytes that a crash may have torn. A full disk refuses the chunk; a failed sync is
 * final. A segment is sealed in the manifest when it is full and all of it is synced, when the
 * store closes, or by the next process: only then may compaction, scrub and parity take it.
 */
export class LocalChunkStore implements ChunkStore {
  readonly #home: LogHome;
  readonly #files: SegmentFiles;
  readonly #segmentBytes: number;
  readonly #onFailure: (cause: unknown) => void;
  /** Segments of this process that are still open, the one that fills last. */
  #open: ExtentSegment[] = [];
  #creating: Promise<void> | undefined;
  /** Full segments, being sealed one after the other; never rejects. */
  #sealing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | undefined;
  readonly #putting = new Set<Promise<ChunkId>>();
  #nextSync: Deferred<void> | undefined;
  #failure: Error | undefined;

  constructor(
    home: LogHome,
    files: SegmentFiles,
    options: { readonly segmentBytes: number; readonly onFailure: (cause: unknown) => void },
  ) {
    this.#home = home;
    this.#files = files;
    this.#segmentBytes = options.segmentBytes;
    this.#onFailure = options.onFailure;
  }

  async put(bytes: Uint8Array): Promise<ChunkId> {
    if (this.#failure !== undefined) throw this.#failure;
    if (bytes.length > CHUNK_BYTES_MAX) {
      throw coreError("FIRN_BLOB_TOO_LARGE", "a chunk holds at most 4 MiB");
    }
    const put = this.#put(bytes);
    this.#putting.add(put);
    try {
      return await put;
    } finally {
      this.#putting.delete(put);
    }
  }

  /** Whoever asks while a sync runs shares the next one. */
  sync(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#nextSync ??= defer<void>();
    const { promise } = this.#nextSync;
    this.#syncing ??= this.#syncAll();
    return promise;
  }

  read(id: ChunkId, offset: number, length: number): Promise<Uint8Array> {
    return this.#files.read(id + offset, length);
  }

  async close(): Promise<void> {
    const failed = this.#failure !== undefined;
    await this.#stop();
    try {
      // What nobody synced belongs to nothing, and may be torn: the next process seals it.
      if (!failed) await this.#seal(this.#open.filter(({ dirty }) => !dirty));
    } finally {
      await this.abandon();
    }
  }

  /** Bytes of all segments' files. */
  get storedBytes(): number {
    const sealed = this.#files.entries.map((entry) => entry.sealedBytes ?? 0);
    const open = this.#open.map(({ usedBytes }) => usedBytes);
    return [...sealed, ...open].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Every segment that holds chunks, each with where it ends now. */
  written(): WrittenSegment[] {
    const open = new Map(this.#open.map(({ entry, usedBytes }) => [entry.id, usedBytes]));
    return this.#files.entries.map((entry) => {
      const sealedBytes = entry.sealedBytes ?? open.get(entry.id) ?? SEGMENT_HEADER_BYTES;
      return { entry: { ...entry, sealedBytes }, isSealed: entry.sealedBytes !== undefined };
    });
  }

  /** The segment that fills, and the bytes placed in its file. */
  get filling(): { readonly id: number; readonly bytes: number } | undefined {
    const segment = this.#open.at(-1);
    return segment && { id: segment.entry.id, bytes: segment.usedBytes };
  }

  /**
   * Ends the segment that fills, so that it can be compacted; the next chunk begins another. With
   * writes under way or a sync due it is sealed later.
   */
  async roll(): Promise<void> {
    const segment = this.#open.at(-1);
    if (segment === undefined || this.#failure !== undefined) return;
    segment.full = true;
    await this.#closeFull();
    await this.#sealing;
  }

  /** Ends the segment that fills when it is not small any more: who copies it copies it once. */
  async rollLarge(): Promise<void> {
    if ((this.filling?.bytes ?? 0) >= this.#segmentBytes * LARGE_FRACTION) await this.roll();
  }

  /** Lets go of the files without another write: after a failure nothing more is trusted. */
  async abandon(): Promise<void> {
    await this.#stop();
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.map(({ handle }) => handle.close()));
    await this.#files.close();
  }

  /** Waits for what is under way: a closed file's number may soon be another file's. */
  async #stop(): Promise<void> {
    this.#failure ??= coreError("FIRN_STORE_CLOSED", "the store was closed");
    await Promise.allSettled(this.#putting);
    await this.#syncing;
    await this.#sealing;
  }

  async #put(bytes: Uint8Array): Promise<ChunkId> {
    try {
      const { segment, offset } = await this.#claim(bytes.length);
      try {
        await segment.handle.write([bytes], offset);
        segment.dirty = true;
      } finally {
        segment.writers--;
      }
      return segment.entry.base + offset;
    } catch (error) {
      const full = asDiskFull(error);
      if (!isRefusal(full) && error !== this.#failure) this.#fail(error);
      throw full;
    }
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause as Error;
    this.#onFailure(cause);
  }

  async #syncAll(): Promise<void> {
    for (let turn = this.#nextSync; turn !== undefined; turn = this.#nextSync) {
      this.#nextSync = undefined;
      try {
        for (const segment of this.#open.filter(({ dirty }) => dirty)) {
          segment.dirty = false;
          await segment.handle.sync();
        }
        await this.#closeFull();
        turn.resolve(undefined);
      } catch (error) {
        this.#fail(error);
        turn.reject(error);
      }
    }
    this.#syncing = undefined;
  }

  async #closeFull(): Promise<void> {
    const last = this.#open.at(-1);
    const idle = this.#open.filter((segment) => {
      const ended = segment !== last || segment.full;
      return ended && !segment.dirty && segment.writers === 0;
    });
    this.#open = this.#open.filter((segment) => !idle.includes(segment));
    await Promise.all(idle.map(({ handle }) => handle.close()));
    // Not before those who wait for the sync.
    if (idle.length > 0) this.#sealing = this.#sealing.then(() => this.#sealBehind(idle));
  }

  async #sealBehind(segments: readonly ExtentSegment[]): Promise<void> {
    try {
      await this.#seal(segments);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #seal(segments: readonly ExtentSegment[]): Promise<void> {
    const ends = new Map(segments.map(({ entry, usedBytes }) => [entry.id, usedBytes]));
    await sealSegments(this.#home, this.#files, ends);
  }

  /** Takes the room in the same step that finds it: others wait for the same segment. */
  async #claim(bytes: number): Promise<{ segment: ExtentSegment; offset: number }> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const segment = this.#open.at(-1);
      const fits = segment !== undefined && segment.usedBytes + bytes <= segment.entry.capacity;
      if (fits && !segment.full) {
        const offset = segment.usedBytes;
        segment.usedBytes += bytes;
        segment.writers++;
        return { segment, offset };
      }
      this.#creating ??= this.#createSegment(bytes).finally(() => {
        this.#creating = undefined;
      });
      await this.#creating;
    }
  }

  async #createSegment(bytes: number): Promise<void> {
    const capacity = Math.max(this.#segmentBytes, SEGMENT_HEADER_BYTES + bytes);
    const wanted = { kind: "extent", capacity, zeroBytes: 0 } as const;
    const created = await createSegment(this.#home, this.#files, wanted);
    this.#open.push({
      ...created,
      usedBytes: SEGMENT_HEADER_BYTES,
      dirty: false,
      writers: 0,
      full: false,
    });
  }
}

/**
 * Seals what former processes left open: nothing is written there any more. Whatever a record names
 * was synced; the sync is for the rest, so that the bytes stay what they are. A file that cannot be
 * read stays unsealed: `firn check` says why.
 */
export async function sealLeftExtents(home: LogHome, files: SegmentFiles): Promise<void> {
  const ends = new Map<number, number>();
  for (const entry of files.entries.filter(({ sealedBytes }) => sealedBytes === undefined)) {
    try {
      const end = await files.with(entry, async (handle) => {
        await handle.sync();
        return Math.max(SEGMENT_HEADER_BYTES, await handle.size());
      });
      ends.set(entry.id, Math.min(end, entry.capacity));
    } catch {
      continue;
    }
  }
  await sealSegments(home, files, ends);
}

async function sealSegments(
  { manifest }: LogHome,
  files: SegmentFiles,
  ends: ReadonlyMap<number, number>,
): Promise<void> {
  if (ends.size === 0) return;
  const sealed = (entry: SegmentEntry): SegmentEntry => {
    const sealedBytes = ends.get(entry.id);
    return sealedBytes === undefined ? entry : { ...entry, sealedBytes };
  };
  for (const entry of files.entries) if (ends.has(entry.id)) files.replace(sealed(entry));
  await manifest.amend((state) => ({ ...state, segments: state.segments.map(sealed) }));
}
