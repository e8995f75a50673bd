import { BLOB_CROWDED_BYTES, BLOB_EXTENTS_MAX, BLOB_UNIT_BYTES } from "../constants.ts";
import { coreError } from "../errors.ts";
import type { ChunkStore } from "../log/chunk-store.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { BlobId } from "../store-api.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import { CHUNK_DATA_BYTES, CHUNK_TABLE_BYTES, unitSeed } from "./blob-record.ts";
import type { Extent } from "./blob-record.ts";
import type { ChunkBuffers } from "./chunk-buffers.ts";
import { PLAIN_UNITS, SEALED_UNITS, contentOf, sealUnits, storedBytes } from "./blob-units.ts";
import type { UnitLayout } from "./blob-units.ts";

/** What a blob is written with. */
export interface BlobWriterHome {
  readonly chunks: ChunkStore;
  readonly identity: RecordIdentity;
  /** In an encrypted store. */
  readonly sealing: StoreSealing | undefined;
  readonly buffers: ChunkBuffers;
}

/** Of a chunk that is not crowded: the buffers that are worth keeping. */
export const CHUNK_BUFFER_BYTES: number = CHUNK_TABLE_BYTES + CHUNK_DATA_BYTES;

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into chunks. Two buffers take turns: one is written while the other fills,
 * and that is all the memory a blob of any size needs.
 */
export class BlobWriter {
  readonly #chunks: ChunkStore;
  readonly #identity: RecordIdentity;
  readonly #sealing: StoreSealing | undefined;
  readonly #layout: UnitLayout;
  readonly #id: BlobId;
  readonly #isCrowded: () => boolean;
  readonly #buffers: ChunkBuffers;
  readonly #extents: Extent[] = [];
  #filling: Buffer;
  #spare: Buffer | undefined;
  #filled = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param isCrowded asked for each extent: while true, it is a small one. */
  constructor(home: BlobWriterHome, id: BlobId, isCrowded: () => boolean) {
    this.#chunks = home.chunks;
    this.#identity = home.identity;
    this.#sealing = home.sealing;
    this.#layout = home.sealing === undefined ? PLAIN_UNITS : SEALED_UNITS;
    this.#id = id;
    this.#isCrowded = isCrowded;
    this.#buffers = home.buffers;
    this.#filling = this.#nextBuffer();
  }

  /** The chunks written so far: it grows. */
  get extents(): readonly Extent[] {
    return this.#extents;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies the bytes; waits while both buffers are full. */
  async add(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const { at, room } = this.#place();
      const part = rest.subarray(0, room);
      this.#filling.set(part, at);
      this.#filled += part.length;
      this.#bytes += part.length;
      rest = rest.subarray(part.length);
      if (this.#room() === 0) await this.#turn();
    }
  }

  /** Writes what is left, and makes all of it durable. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#turn();
    await this.#writing;
    this.#letGo();
    await this.#chunks.sync();
  }

  /** Waits until nothing writes from its buffers any more. */
  async abandon(): Promise<void> {
    await this.#writing.catch(() => undefined);
    this.#letGo();
  }

  /** Nothing is written from the buffers any more; the writer is at its end. */
  #letGo(): void {
    const both = [this.#filling, this.#spare];
    [this.#filling, this.#spare] = [EMPTY, undefined];
    for (const buffer of both) this.#buffers.give(buffer);
  }

  async #turn(): Promise<void> {
    if (this.#extents.length === BLOB_EXTENTS_MAX) {
      throw coreError("FIRN_BLOB_TOO_LARGE", "a blob holds at most 16 GiB");
    }
    const full = this.#filling;
    const dataBytes = storedBytes(this.#filled, this.#layout);
    const firstUnit = Math.floor((this.#bytes - this.#filled) / this.#layout.contentBytes);
    this.#seal(full, dataBytes, firstUnit);
    await this.#writing;
    this.#filling = this.#nextBuffer();
    this.#filled = 0;
    this.#writing = this.#put(full, dataBytes);
    // The rejection is met by whoever awaits next; it must not count as unhandled until then.
    this.#writing.catch(() => undefined);
  }

  /** Bytes of the blob that the buffer has still room for. */
  #room(): number {
    const bytes = this.#filling.length - CHUNK_TABLE_BYTES;
    return contentOf({ bytes }, this.#layout) - this.#filled;
  }

  /** Where the next bytes go, and how many: their place in the unit that will be sealed there. */
  #place(): { readonly at: number; readonly room: number } {
    const { contentBytes, contentAt, sealBytes } = this.#layout;
    if (sealBytes === 0) return { at: CHUNK_TABLE_BYTES + this.#filled, room: this.#room() };
    const unit = Math.floor(this.#filled / contentBytes);
    const inUnit = this.#filled % contentBytes;
    const at = CHUNK_TABLE_BYTES + unit * BLOB_UNIT_BYTES + contentAt + inUnit;
    return { at, room: Math.min(this.#room(), contentBytes - inUnit) };
  }

  /** Half of the extents may be small: those that follow hold 8 GiB, more than S3's parts. */
  #nextBuffer(): Buffer {
    const small = this.#extents.length < BLOB_EXTENTS_MAX / 2 && this.#isCrowded();
    const wanted = small ? CHUNK_TABLE_BYTES + BLOB_CROWDED_BYTES : CHUNK_BUFFER_BYTES;
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.length === wanted) return spare;
    this.#buffers.give(spare);
    return this.#buffers.take(wanted);
  }

  async #put(buffer: Buffer, dataBytes: number): Promise<void> {
    const chunk = await this.#chunks.put(buffer.subarray(0, CHUNK_TABLE_BYTES + dataBytes));
    this.#extents.push({ chunk, bytes: dataBytes });
    this.#spare = buffer;
  }

  #seal(buffer: Buffer, dataBytes: number, firstUnit: number): void {
    const { hasher, seed } = this.#identity;
    const data = buffer.subarray(CHUNK_TABLE_BYTES, CHUNK_TABLE_BYTES + dataBytes);
    const of = { blob: this.#id, firstUnit };
    if (this.#sealing !== undefined) sealUnits(this.#sealing, data, of);
    buffer.fill(0, 0, CHUNK_TABLE_BYTES);
    for (let at = 0, unit = 0; at < dataBytes; at += BLOB_UNIT_BYTES, unit++) {
      const bytes = data.subarray(at, at + BLOB_UNIT_BYTES);
      const check = hasher.hash(bytes, unitSeed(seed, this.#id, firstUnit + unit));
      buffer.writeBigUInt64LE(check, unit * 8);
    }
  }
}
