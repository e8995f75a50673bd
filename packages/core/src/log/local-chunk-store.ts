import { CHUNK_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { ChunkId, ChunkStore } from "./chunk-store.ts";
import { asDiskFull, createSegment, isRefusal } from "./create-segment.ts";
import { SEGMENT_HEADER_BYTES } from "./frame.ts";
import type { LogHome } from "./log-home.ts";
import type { SegmentEntry } from "./manifest.ts";
import type { SegmentFiles } from "./segment-files.ts";

interface ExtentSegment {
  readonly entry: SegmentEntry;
  readonly handle: FileHandle;
  /** File offset behind the last chunk placed. */
  usedBytes: number;
  /** Holds chunks that no sync has covered yet. */
  dirty: boolean;
  /** Writes under way; a segment that is full is closed when there are none. */
  writers: number;
}

/**
 * Chunks in extent segments of 256 MiB. Each process begins a new segment, so that nothing is ever
 * written behind bytes that a crash may have torn. A full disk refuses the chunk; a failed sync is
 * final.
 */
export class LocalChunkStore implements ChunkStore {
  readonly #home: LogHome;
  readonly #files: SegmentFiles;
  readonly #segmentBytes: number;
  readonly #onFailure: (cause: unknown) => void;
  /** Segments of this process that are still open, the one that fills last. */
  #open: ExtentSegment[] = [];
  #creating: Promise<void> | undefined;
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

  /** Waits for what is under way: a closed file's number may soon be another file's. */
  async close(): Promise<void> {
    this.#failure ??= coreError("FIRN_STORE_CLOSED", "the store was closed");
    await Promise.allSettled(this.#putting);
    await this.#syncing;
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.map(({ handle }) => handle.close()));
    await this.#files.close();
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
    const idle = this.#open.slice(0, -1).filter(({ dirty, writers }) => !dirty && writers === 0);
    this.#open = this.#open.filter((segment) => !idle.includes(segment));
    await Promise.all(idle.map(({ handle }) => handle.close()));
  }

  /** Takes the room in the same step that finds it: others wait for the same segment. */
  async #claim(bytes: number): Promise<{ segment: ExtentSegment; offset: number }> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const segment = this.#open.at(-1);
      if (segment !== undefined && segment.usedBytes + bytes <= segment.entry.capacity) {
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
    this.#open.push({ ...created, usedBytes: SEGMENT_HEADER_BYTES, dirty: false, writers: 0 });
  }
}
