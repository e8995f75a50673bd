/**
 * Gathers what is left of a run of segments into one packed file: records in the order of the log,
 * a group at a time, and at the end the filter of the keys that the file has values of.
 */
import { coreError } from "../errors.ts";
import type { Hasher } from "../hasher.ts";
import { BloomFilter, keyHash } from "../index/runs/bloom-filter.ts";
import { bytesOf, spacePrefix } from "../index/memtable.ts";
import { encodeFrame } from "../log/frame.ts";
import type { Thinned } from "../log/manifest.ts";
import type { PackedEntry } from "../log/packed-file.ts";
import type { EncodedPiece, EncodedRecord } from "../log/packed-record.ts";
import type { PackedWriter } from "../log/packed-writer.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { KeySpaceId, Lsn } from "../store-api.ts";

/** One group of a packed segment: few writes, and little memory. */
const GROUP_BYTES = 256 * 1024;

/** What a run of segments became. */
export interface PackedResult {
  /** Durable, and not yet in the manifest; `undefined` when nothing was live. */
  readonly entry: PackedEntry | undefined;
  readonly thinned: Thinned | undefined;
}

export interface PackedRunOptions {
  readonly identity: RecordIdentity;
  /** Makes the file; called when there is something to put into it. */
  readonly create: () => Promise<PackedWriter>;
  /** Before so many bytes are written. */
  readonly take?: ((bytes: number) => Promise<void>) | undefined;
}

export class PackedRun {
  readonly #options: PackedRunOptions;
  #writer: PackedWriter | undefined;
  #pending = new PackedGroup();
  /** Two halves of a hash for each key with a value: no object for each of a million keys. */
  readonly #hashes: number[] = [];
  readonly #spaces = new Set<KeySpaceId>();
  #firstLsn: Lsn = 0;
  #lastLsn: Lsn = 0;
  #timeMs = 0;

  constructor(options: PackedRunOptions) {
    this.#options = options;
  }

  /** The run has, or had, a record of that LSN. */
  noteLsn(lsn: Lsn): void {
    if (lsn === 0) return;
    if (this.#firstLsn === 0) this.#firstLsn = lsn;
    this.#lastLsn = Math.max(this.#lastLsn, lsn);
  }

  /** Milliseconds since 1970 of a record that the run has, or had. */
  noteTime(timeMs: number): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
  }

  /** What is left holds a value of that key. */
  noteKey(space: KeySpaceId, full: string): void {
    const { low, high } = keyHash(this.#hash(bytesOf(full)));
    this.#hashes.push(low, high);
    this.#spaces.add(space);
  }

  async keep(lsn: Lsn, record: EncodedRecord): Promise<void> {
    this.#pending.add(lsn, record);
    if (this.#pending.bytes >= GROUP_BYTES) await this.#flush();
  }

  async finish(): Promise<PackedResult> {
    await this.#flush();
    const entry = await this.#writer?.finish({
      firstLsn: this.#firstLsn,
      lastLsn: this.#lastLsn,
      filter: this.#filter(),
    });
    const thinned = this.#lastLsn === 0 ? undefined : { lsn: this.#lastLsn, timeMs: this.#timeMs };
    return { entry, thinned };
  }

  /** Removes the file, if there is one. */
  async abandon(): Promise<void> {
    await this.#writer?.abandon();
  }

  async #flush(): Promise<void> {
    const group = this.#pending;
    if (group.bytes === 0) return;
    this.#pending = new PackedGroup();
    const { create, take } = this.#options;
    this.#writer ??= await create();
    const { firstLsn, lastLsn, bytes } = group;
    const frame = encodeFrame({ bytes, firstLsn, durableLsn: lastLsn }, this.#writer.seal);
    await take?.(bytes);
    await this.#writer.append([frame, ...group.parts], group.pieces(frame.length));
  }

  #filter(): BloomFilter {
    const hashes = this.#hashes;
    const filter = BloomFilter.forKeys(hashes.length / 2 + this.#spaces.size);
    for (let at = 0; at < hashes.length; at += 2) {
      filter.add({ low: hashes[at] as number, high: hashes[at + 1] as number });
    }
    for (const space of this.#spaces) {
      filter.add(keyHash(this.#hash(bytesOf(spacePrefix(space)))));
    }
    return filter;
  }

  #hash(bytes: Uint8Array): ReturnType<Hasher["hash"]> {
    const { hasher, seed } = this.#options.identity;
    return hasher.hash(bytes, seed);
  }
}

/** Records that become one group. */
class PackedGroup {
  readonly parts: Buffer[] = [];
  readonly #records: { readonly offset: number; readonly pieces: readonly EncodedPiece[] }[] = [];
  bytes = 0;
  firstLsn: Lsn = 0;
  lastLsn: Lsn = 0;

  add(lsn: Lsn, { bytes, pieces }: EncodedRecord): void {
    if (this.parts.length === 0) this.firstLsn = lsn;
    this.lastLsn = lsn;
    this.parts.push(bytes);
    this.#records.push({ offset: this.bytes, pieces });
    this.bytes += bytes.length;
  }

  /** With offsets from a frame of so many bytes on. */
  *pieces(frameBytes: number): Generator<EncodedPiece> {
    for (const { offset, pieces } of this.#records) {
      for (const piece of pieces) {
        yield { ...piece, offset: frameBytes + offset + piece.offset };
      }
    }
  }
}

export function segmentDamaged(segment: number, file: string, offset: number): Error {
  const message = `a sealed segment fails its checksum at offset ${offset} (${file})`;
  return coreError("FIRN_STORE_DAMAGED", message, { detail: { segment, file, offset } });
}
