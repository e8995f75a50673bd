import type { FileHandle } from "../../platform/file-system.ts";
import { asBuffer } from "../../log/bytes.ts";
import type { IndexWrite } from "../ordered-index.ts";
import { BlockTableWriter } from "./block-table-writer.ts";
import { BloomFilter, keyHash } from "./bloom-filter.ts";
import {
  BLOCK_BYTES,
  CHECK_BYTES,
  encodeFooter,
  entryBytes,
  sealSection,
  sectionCheck,
  writeEntry,
} from "./run-format.ts";
import type { RunIdentity, Section } from "./run-format.ts";

/** Written at a time: short enough to leave the event loop free in between. */
const SLICE_BYTES: number = 64 * 1024;

/** Writes one run from entries that come in order of their keys, each key once. */
export class RunWriter {
  readonly #handle: FileHandle;
  readonly #identity: RunIdentity;
  readonly #table = new BlockTableWriter();
  readonly #filter: BloomFilter;
  #keys = 0;
  #entries: IndexWrite[] = [];
  /** Of the block before. */
  #lastKey: Uint8Array | undefined;
  #blockBytes = 0;
  #slice: Buffer[] = [];
  #sliceBytes = 0;
  #offset = 0;

  /** @param keysMax how many keys may come: what the filter is made for. */
  constructor(handle: FileHandle, identity: RunIdentity, keysMax: number) {
    this.#handle = handle;
    this.#identity = identity;
    this.#filter = BloomFilter.forKeys(keysMax);
  }

  async addAll(entries: readonly IndexWrite[]): Promise<void> {
    for (const entry of entries) {
      this.#add(entry);
      if (this.#sliceBytes >= SLICE_BYTES) await this.#flush();
    }
  }

  #add(entry: IndexWrite): void {
    const bytes = entryBytes(entry.key, entry.value);
    if (this.#entries.length > 0 && this.#blockBytes + bytes > BLOCK_BYTES) this.#endBlock();
    this.#entries.push(entry);
    this.#blockBytes += bytes;
    this.#keys++;
    this.#filter.add(keyHash(this.#identity.hasher.hash(entry.key, 0n)));
  }

  async #flush(): Promise<void> {
    const parts = this.#slice;
    const start = this.#offset - this.#sliceBytes;
    this.#slice = [];
    this.#sliceBytes = 0;
    if (parts.length > 0) await this.#handle.write(parts, start);
  }

  /** Table, filter and footer; the run is durable when it resolves. */
  async finish(): Promise<void> {
    if (this.#entries.length > 0) this.#endBlock();
    const table = this.#append(this.#table.end());
    const filter = this.#appendFilter(this.#filter.fitted(this.#keys).bytes);
    const footer = { table, filter, keys: this.#keys };
    this.#push(encodeFooter(footer, this.#offset, this.#identity));
    await this.#flush();
    await this.#handle.sync();
  }

  #endBlock(): void {
    const entries = this.#entries;
    const first = entries[0] as IndexWrite;
    const block = Buffer.allocUnsafe(this.#blockBytes + 2 + CHECK_BYTES);
    let at = 0;
    let offsets = this.#blockBytes - entries.length * 2;
    for (const entry of entries) {
      block.writeUInt16LE(at, offsets);
      offsets += 2;
      at = writeEntry(block, at, entry);
    }
    block.writeUInt16LE(entries.length, offsets);
    this.#table.add(this.#append(block), first.key, this.#lastKey);
    this.#lastKey = Uint8Array.prototype.slice.call((entries.at(-1) as IndexWrite).key);
    this.#entries = [];
    this.#blockBytes = 0;
  }

  /** Seals a section whose last bytes are room for its check. */
  #append(bytes: Buffer): Section {
    const section = { offset: this.#offset, length: bytes.length };
    sealSection(bytes, this.#offset, this.#identity);
    this.#push(bytes);
    return section;
  }

  /** As large as it is, it is not copied to put its check behind it. */
  #appendFilter(bytes: Uint8Array): Section {
    const section = { offset: this.#offset, length: bytes.length + CHECK_BYTES };
    const check = sectionCheck(bytes, this.#offset, this.#identity);
    this.#push(bytes);
    this.#push(check);
    return section;
  }

  #push(bytes: Uint8Array): void {
    this.#slice.push(asBuffer(bytes));
    this.#sliceBytes += bytes.length;
    this.#offset += bytes.length;
  }
}
