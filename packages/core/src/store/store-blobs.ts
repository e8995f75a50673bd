import {
  BLOB_CROWDED_BYTES,
  BLOB_INLINE_BYTES_MAX,
  BLOB_STREAMS_LARGE_MAX,
  BLOB_UNIT_BYTES,
  CHUNK_BYTES_MAX,
} from "../constants.ts";
import { coreError } from "../errors.ts";
import { asBuffer } from "../log/bytes.ts";
import { isRefusal } from "../log/create-segment.ts";
import type { ChunkId, ChunkStore } from "../log/chunk-store.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { Random } from "../platform/random.ts";
import { sealBroken } from "../seal/sealer.ts";
import { whenThere } from "../when-there.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type {
  BlobAsOf,
  BlobId,
  BlobRange,
  Blobs,
  ReadView,
  Soon,
  StagedBlob,
} from "../store-api.ts";
import type { BlobLeases } from "./blob-leases.ts";
import {
  CHUNK_TABLE_BYTES,
  blobNotFound,
  decodeBlobRecord,
  encodeBlobRecord,
  encodeSealedRecord,
  verifySealedRecord,
} from "./blob-record.ts";
import type { BlobRecord, Extent } from "./blob-record.ts";
import { PLAIN_UNITS, SEALED_UNITS, contentOf, openUnits } from "./blob-units.ts";
import type { UnitLayout } from "./blob-units.ts";
import { BlobWriter, CHUNK_BUFFER_BYTES } from "./blob-writer.ts";
import type { BlobWriterHome } from "./blob-writer.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";
import type { ReaderPins } from "./reader-pins.ts";
import { StoreStagedBlob } from "./staged-blob.ts";
import type { BlobChanges } from "./staged-blob.ts";
import { findBadUnit } from "./verify-chunk.ts";

export interface BlobHome {
  readonly chunks: ChunkStore;
  readonly readers: ReaderPins;
  readonly leases: BlobLeases;
  readonly identity: RecordIdentity;
  readonly random: Random;
  /** In an encrypted store. */
  readonly sealing: StoreSealing | undefined;
  /** Told of a chunk that fails its checksum. */
  readonly onDamage: (chunk: ChunkId) => void;
  /** So many bytes in extent segments have become garbage. */
  readonly onGarbage: (bytes: number) => void;
  /** Bytes have been stored in extent segments. */
  readonly onStored: () => void;
  /** The disk has no room for more of them. */
  readonly onFull: () => void;
  /** The blob's durable record, or what a view has of it. */
  readonly find: (id: BlobId, view: ReadView | undefined) => Soon<Uint8Array | undefined>;
  /** @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED. */
  readonly assertWritable: () => void;
}

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Where a blob's bytes lie. */
interface BlobPlan {
  readonly id: BlobId;
  readonly extents: readonly Extent[];
  readonly layout: UnitLayout;
}

/** One read of the disk, to be verified: units of one chunk. */
interface ChunkRead {
  readonly extent: Extent;
  /** Index inside the blob of the chunk's first unit. */
  readonly firstUnit: number;
  /** Wanted bytes inside what the chunk holds of the blob. */
  readonly start: number;
  readonly end: number;
}

export class StoreBlobs implements Blobs {
  readonly #home: BlobHome;
  readonly #writing: BlobWriterHome;
  /** Large blobs that are being staged, however slow their sources are. */
  #writers = 0;
  /** Iterations of large blobs under way, however slow their consumers are. */
  #readers = 0;

  constructor(home: BlobHome) {
    this.#home = home;
    this.#writing = { ...home, buffers: new ChunkBuffers(CHUNK_BUFFER_BYTES) };
  }

  async stage(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<StagedBlob> {
    if (source instanceof Uint8Array) return this.stageBytes(source);
    this.#home.assertWritable();
    const id = this.#newId();
    const iterator = source[Symbol.asyncIterator]();
    const first: Uint8Array[] = [];
    let bytes = 0;
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
      first.push(step.value);
      bytes += step.value.length;
      if (bytes > BLOB_INLINE_BYTES_MAX) return this.#stageLarge(id, first, iterator);
    }
    return this.#inlineBlob(id, first);
  }

  stageBytes(bytes: Uint8Array): Soon<StagedBlob> {
    this.#home.assertWritable();
    const id = this.#newId();
    if (bytes.length <= BLOB_INLINE_BYTES_MAX) return this.#inlineBlob(id, [bytes]);
    return this.#stageLarge(id, [bytes], undefined);
  }

  discard(staged: StagedBlob): void {
    if (!(staged instanceof StoreStagedBlob)) return;
    staged.end();
    if (staged.lease?.end() === true) this.#home.onGarbage(staged.bytes);
  }

  /** A batch with these changes has its place in the log: it can no longer be undone. */
  committing({ attached }: BlobChanges): void {
    for (const staged of attached) {
      staged.end();
      staged.lease?.attach();
    }
  }

  /** The batch is durable. */
  committed({ attached, releasedBytes }: BlobChanges): void {
    for (const { lease } of attached) lease?.drop();
    if (releasedBytes > 0) this.#home.onGarbage(releasedBytes);
  }

  async size(id: BlobId, options?: BlobAsOf): Promise<number> {
    return (await this.#record(id, options)).bytes;
  }

  readSmall(id: BlobId, options?: BlobAsOf): Soon<Uint8Array | undefined> {
    const value = this.#home.find(id, options?.view);
    return whenThere(value, (bytes) => this.#recordIn(id, bytes).inline);
  }

  async *read(id: BlobId, range?: BlobRange): AsyncIterableIterator<Uint8Array> {
    // Taken before the record is looked up: what it names stays until the last piece was read,
    // though the blob may be released meanwhile.
    const pin = this.#home.readers.pin();
    try {
      yield* this.#read(id, await this.#record(id, range), range);
    } finally {
      pin.release();
    }
  }

  async *#read(
    id: BlobId,
    record: BlobRecord,
    range: BlobRange | undefined,
  ): AsyncGenerator<Uint8Array> {
    const start = Math.max(0, range?.start ?? 0);
    const end = Math.min(record.bytes, range?.end ?? record.bytes);
    if (start >= end) return;
    if (record.inline !== undefined) yield record.inline.subarray(start, end);
    if (record.inline !== undefined) return;
    this.#readers++;
    const layout = record.sealed === true ? SEALED_UNITS : PLAIN_UNITS;
    try {
      yield* this.#readLarge({ id, extents: record.extents, layout }, { start, end });
    } finally {
      this.#readers--;
    }
  }

  async *#readLarge(plan: BlobPlan, range: ByteRange): AsyncGenerator<Uint8Array> {
    const pieces = planReads(plan, range, () =>
      isCrowded(this.#readers) ? BLOB_CROWDED_BYTES : CHUNK_BYTES_MAX,
    );
    const next = (): Promise<Uint8Array> | undefined => {
      const { value } = pieces.next();
      return value && this.#load(plan, value);
    };
    let loading = next();
    while (loading !== undefined) {
      const bytes = await loading;
      const ahead = isCrowded(this.#readers) ? undefined : next();
      // Should the consumer stop here, nobody awaits what was read ahead.
      ahead?.catch(() => undefined);
      yield bytes;
      loading = ahead ?? next();
    }
  }

  async #stageLarge(
    id: BlobId,
    first: readonly Uint8Array[],
    rest: AsyncIterator<Uint8Array> | undefined,
  ): Promise<StagedBlob> {
    this.#writers++;
    const isSmall = (): boolean => isCrowded(this.#writers);
    const writer = new BlobWriter(this.#writing, id, isSmall);
    const lease = this.#home.leases.begin(id, writer.extents);
    try {
      for (const bytes of first) await writer.add(bytes);
      if (rest !== undefined) {
        for (let step = await rest.next(); !step.done; step = await rest.next()) {
          await writer.add(step.value);
        }
      }
      await writer.end();
      lease.staged();
      this.#home.onStored();
      const { bytes, extents } = writer;
      const record = this.#recordOf(id, { bytes, extents });
      return new StoreStagedBlob(id, { bytes, record, lease });
    } catch (error) {
      await writer.abandon();
      lease.end();
      this.#home.onGarbage(writer.bytes);
      if (isRefusal(error)) this.#home.onFull();
      await rest?.return?.();
      throw error;
    } finally {
      this.#writers--;
    }
  }

  async #record(id: BlobId, asOf: BlobAsOf | undefined): Promise<BlobRecord> {
    return this.#recordIn(id, await this.#home.find(id, asOf?.view));
  }

  #recordIn(id: BlobId, value: Uint8Array | undefined): BlobRecord {
    if (value === undefined) throw blobNotFound(id);
    const record = decodeBlobRecord(value);
    const { sealing } = this.#home;
    if (sealing === undefined) return record;
    if (record.sealed !== true) {
      if (sealing.isWhole) throw sealBroken();
      return record;
    }
    if (record.extents !== undefined) verifySealedRecord(id, value, sealing);
    if (record.inline === undefined) return record;
    return { ...record, inline: sealing.openInline(id, record.inline) };
  }

  #newId(): BlobId {
    return Buffer.from(this.#home.random.bytes(8)).toString("hex");
  }

  #recordOf(id: BlobId, record: BlobRecord): Uint8Array {
    const { sealing } = this.#home;
    return sealing === undefined
      ? encodeBlobRecord(record)
      : encodeSealedRecord(id, record, sealing);
  }

  #inlineBlob(id: BlobId, parts: readonly Uint8Array[]): StagedBlob {
    const inline = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    const bytes = inline.length;
    const stored = this.#home.sealing?.sealInline(id, inline) ?? inline;
    const record = this.#recordOf(id, { bytes, inline: stored });
    return new StoreStagedBlob(id, { bytes, record, lease: undefined });
  }

  /** The wanted bytes of a chunk, each unit that they touch verified. */
  async #load({ id, layout }: BlobPlan, read: ChunkRead): Promise<Uint8Array> {
    const { extent, firstUnit, start, end } = read;
    const { contentBytes, sealBytes } = layout;
    const unitStart = Math.floor(start / contentBytes);
    const from = unitStart * BLOB_UNIT_BYTES;
    const to = Math.min(extent.bytes, Math.ceil(end / contentBytes) * BLOB_UNIT_BYTES);
    const [table, data] = await this.#readChunk(extent, from, to);
    const units = { table, data, from: unitStart, blob: id, firstUnit };
    const bad = findBadUnit(units, this.#home.identity);
    if (bad !== undefined) {
      this.#home.onDamage(extent.chunk);
      throw corruptUnit(id, extent, bad);
    }
    const skipped = unitStart * contentBytes;
    const { sealing } = this.#home;
    if (sealBytes === 0 || sealing === undefined) {
      return data.subarray(start - skipped, end - skipped);
    }
    const content = openUnits(sealing, data, { blob: id, firstUnit: firstUnit + unitStart });
    return content.subarray(start - skipped, end - skipped);
  }

  /** The table and the data from `from` to `to`; one read when the data begin at the front. */
  async #readChunk(extent: Extent, from: number, to: number): Promise<[Buffer, Buffer]> {
    const { chunks } = this.#home;
    if (from === 0) {
      const bytes = asBuffer(await chunks.read(extent.chunk, 0, CHUNK_TABLE_BYTES + to));
      return [bytes.subarray(0, CHUNK_TABLE_BYTES), bytes.subarray(CHUNK_TABLE_BYTES)];
    }
    const [table, data] = await Promise.all([
      chunks.read(extent.chunk, 0, CHUNK_TABLE_BYTES),
      chunks.read(extent.chunk, CHUNK_TABLE_BYTES + from, to - from),
    ]);
    return [asBuffer(table), asBuffer(data)];
  }
}

/** Each holds what its other end has not taken or sent: the more there are, the less each may. */
function isCrowded(streams: number): boolean {
  return streams > BLOB_STREAMS_LARGE_MAX;
}

/** Pieces end where units end, so that none is read for two of them. */
function* planReads(
  { extents, layout }: BlobPlan,
  { start, end }: ByteRange,
  pieceBytes: () => number,
): Generator<ChunkRead, undefined> {
  const { contentBytes } = layout;
  let base = 0;
  for (const extent of extents) {
    const held = contentOf(extent, layout);
    const to = Math.min(held, end - base);
    for (let from = Math.max(0, start - base); from < to;) {
      const units = Math.max(1, Math.floor(pieceBytes() / BLOB_UNIT_BYTES));
      const pieceEnd = from - (from % contentBytes) + units * contentBytes;
      const piece = { start: from, end: Math.min(to, pieceEnd) };
      yield { extent, firstUnit: base / contentBytes, ...piece };
      from = piece.end;
    }
    base += held;
  }
}

function corruptUnit(id: BlobId, extent: Extent, unit: number): Error {
  const message = `blob ${id} fails its checksum in chunk ${extent.chunk}; run \`firn check\``;
  const detail = { blob: id, chunk: extent.chunk, unit };
  return coreError("FIRN_RECORD_CORRUPT", message, { detail });
}
