import { BlobCensus } from "../check/blob-census.ts";
import type { CheckContext } from "../check/check-context.ts";
import { bytesOf, spacePrefix } from "../index/memtable.ts";
import type { IndexSnapshot, OrderedIndex } from "../index/ordered-index.ts";
import { readTail } from "../log/read-tail.ts";
import type { BlobId, Entry } from "../store-api.ts";
import { decodeEntry, historyOfSpace } from "../store/history-entry.ts";
import { BLOB_SPACE } from "../store/key-spaces.ts";
import type { ExtentBlob } from "./scrub-context.ts";

const PAGE = 1000;
const SPACE_BYTES = 4;

interface IndexRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** Where the records of blobs lie, and those of blobs that retention keeps. */
function blobRanges(): readonly IndexRange[] {
  return [
    { from: bytesOf(spacePrefix(BLOB_SPACE)), to: bytesOf(spacePrefix(BLOB_SPACE + 1)) },
    { from: historyOfSpace(BLOB_SPACE), to: historyOfSpace(BLOB_SPACE + 1) },
  ];
}

/** The blobs of a store that nobody has open: those of the index, then what the log adds. */
export class StoredBlobs {
  readonly #context: CheckContext;
  readonly #index: OrderedIndex;
  #census: BlobCensus | undefined;

  constructor(context: CheckContext, index: OrderedIndex) {
    this.#context = context;
    this.#index = index;
  }

  /** In the order of their ids. */
  async *list(after: BlobId = ""): AsyncGenerator<ExtentBlob> {
    this.#census ??= await this.#take();
    const sorted = [...this.#census.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [id, extents] of sorted) {
      if (id > after && extents.length > 0) yield { id, extents };
    }
  }

  async #take(): Promise<BlobCensus> {
    const { commitFiles: files, identity } = this.#context;
    const census = new BlobCensus();
    const snapshot = this.#index.snapshot();
    try {
      for (const range of blobRanges()) await this.#followIndex(snapshot, range, census);
    } finally {
      snapshot.close();
    }
    const { position, lsn } = this.#index.mark ?? { position: 0, lsn: 0 };
    const end = files.entries.at(-1);
    const tail = readTail({ files, identity }, { position }, end ? end.base + end.capacity : 0);
    for await (const record of tail) census.follow(record, lsn);
    return census;
  }

  async #followIndex(
    snapshot: IndexSnapshot,
    { from, to: lt }: IndexRange,
    census: BlobCensus,
  ): Promise<void> {
    let gt = from;
    for (;;) {
      const entries = await snapshot.page({ gt, lt, limit: PAGE });
      for (const { key, value } of entries) {
        const found = await this.#value(key, value);
        if (found !== undefined) census.note(found.key, found.value);
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return;
      gt = last.key;
    }
  }

  /** `undefined` when it does not verify: whatever is wrong shows where its bytes lie. */
  async #value(key: Uint8Array, bytes: Uint8Array): Promise<Entry | undefined> {
    const { identity, commitFiles } = this.#context;
    try {
      const { full, entry } = decodeEntry(key, bytes, identity);
      const { value, place } = entry;
      const own = full.subarray(SPACE_BYTES);
      if (place === undefined) return { key: own, value };
      const found = await commitFiles.read(place.position, place.length);
      const isWhole = identity.hasher.hash(found, identity.seed) === place.check;
      return isWhole ? { key: own, value: found } : undefined;
    } catch {
      return undefined;
    }
  }
}
