import { BLOB_UNIT_BYTES } from "../constants.ts";
import type { ChunkId } from "../log/chunk-store.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { SegmentFiles } from "../log/segment-files.ts";
import type { BlobId } from "../store-api.ts";
import { CHUNK_TABLE_BYTES, decodeBlobRecord, mayListExtents } from "./blob-record.ts";
import type { Extent } from "./blob-record.ts";
import type { BlobLease, BlobLeases } from "./blob-leases.ts";
import { BLOB_SPACE } from "./key-spaces.ts";
import type { StoreView } from "./read-view.ts";
import type { SpaceBudget } from "./space-budget.ts";

const ID_BYTES = 8;
/** Chunks that a count keeps, 10 MB: below 64 GiB stored, records are read once a round. */
const KEPT_CHUNKS_MAX = 65_536;

/** By chunk: a blob that history shows may be leased or current, too; once is enough. */
type Found = Map<ChunkId, LiveChunk>;

/** A chunk that must stay, with what it takes to verify it. */
export interface LiveChunk {
  readonly chunk: ChunkId;
  /** Table and data. */
  readonly bytes: number;
  readonly blob: BlobId;
  /** Number inside the blob of the chunk's first unit. */
  readonly firstUnit: number;
}

export interface LiveExtentsHome {
  readonly view: () => StoreView;
  readonly leases: BlobLeases;
  /** Records of blobs that are gone and that history still shows. */
  readonly history: () => AsyncIterable<readonly [BlobId, Uint8Array]>;
  readonly budget: SpaceBudget;
}

/**
 * Which chunks are live: those of every blob that has a record (or had one that history keeps), and
 * of every staged one that is still leased. What is not listed is garbage and stays garbage: a
 * blob's id never comes back, and a lease that has ended cannot be attached.
 *
 * The list is made by reading all records of blobs, a page at a time, and not from owners written
 * beside the chunks: that costs the foreground nothing, needs no search behind a torn chunk, and
 * finds what a process left that died between staging and attaching. Half a million records a
 * second are nothing beside the bytes that a round moves.
 */
export class LiveExtents {
  readonly #home: LiveExtentsHome;
  readonly #view: StoreView;
  readonly #kept: readonly BlobLease[];
  /** Of every segment, when they are few. */
  #found: Map<number, Found> | undefined;

  /** Looks at this moment. Close it. */
  constructor(home: LiveExtentsHome) {
    this.#home = home;
    // In one step: a blob is in the one or in the other.
    this.#kept = home.leases.kept();
    this.#view = home.view();
  }

  close(): void {
    this.#view.close();
  }

  /** Live bytes of each segment, by its id. @param files their positions. */
  async count(files: SegmentFiles): Promise<Map<number, number>> {
    const bytes = new Map<number, number>();
    this.#found = new Map();
    let chunks = 0;
    for await (const live of this.#chunks()) {
      const segment = files.find(live.chunk);
      if (segment === undefined) continue;
      bytes.set(segment.id, (bytes.get(segment.id) ?? 0) + live.bytes);
      if (++chunks > KEPT_CHUNKS_MAX) this.#found = undefined;
      else if (this.#found !== undefined) note(this.#found, segment.id, live);
    }
    return bytes;
  }

  /**
   * The live chunks of some segments, by the segment's id, in the order of their positions. Behind
   * `count` and for as many chunks as it could keep, nothing is read once more.
   */
  async within(
    files: SegmentFiles,
    segments: readonly SegmentEntry[],
  ): Promise<Map<number, LiveChunk[]>> {
    const found = this.#found ?? (await this.#find(files, segments));
    const sorted = (chunks: Found | undefined): LiveChunk[] =>
      [...(chunks?.values() ?? [])].sort((a, b) => a.chunk - b.chunk);
    return new Map(segments.map(({ id }) => [id, sorted(found.get(id))]));
  }

  async #find(files: SegmentFiles, segments: readonly SegmentEntry[]): Promise<Map<number, Found>> {
    const wanted = new Set(segments.map(({ id }) => id));
    const found = new Map<number, Found>();
    for await (const live of this.#chunks()) {
      const segment = files.find(live.chunk);
      if (segment !== undefined && wanted.has(segment.id)) note(found, segment.id, live);
    }
    return found;
  }

  async *#chunks(): AsyncGenerator<LiveChunk> {
    for (const { id, extents } of this.#kept) yield* chunksOf(id, extents);
    const records = this.#view.rangeWhere(BLOB_SPACE, mayListExtents);
    for await (const { key, value } of records) {
      await this.#home.budget.slice();
      if (key.length === ID_BYTES) yield* chunksOfRecord(Buffer.from(key).toString("hex"), value);
    }
    for await (const [id, record] of this.#home.history()) {
      await this.#home.budget.slice();
      yield* chunksOfRecord(id, record);
    }
  }
}

function note(found: Map<number, Found>, segment: number, live: LiveChunk): void {
  const chunks = found.get(segment) ?? new Map<ChunkId, LiveChunk>();
  found.set(segment, chunks.set(live.chunk, live));
}

function chunksOfRecord(id: BlobId, record: Uint8Array): Generator<LiveChunk> {
  return chunksOf(id, decodeBlobRecord(record).extents ?? []);
}

function* chunksOf(blob: BlobId, extents: readonly Extent[]): Generator<LiveChunk> {
  let firstUnit = 0;
  for (const { chunk, bytes } of extents) {
    yield { chunk, bytes: CHUNK_TABLE_BYTES + bytes, blob, firstUnit };
    firstUnit += Math.ceil(bytes / BLOB_UNIT_BYTES);
  }
}
