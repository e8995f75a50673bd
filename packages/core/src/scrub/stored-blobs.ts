import { BlobCensus } from "../check/blob-census.ts";
import type { CheckContext } from "../check/check-context.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import { bytesOf, spacePrefix } from "../index/memtable.ts";
import type { IndexSnapshot, OrderedIndex } from "../index/ordered-index.ts";
import { readTail } from "../log/read-tail.ts";
import type { BlobId } from "../store-api.ts";
import { BLOB_SPACE } from "../store/key-spaces.ts";
import type { ExtentBlob } from "./scrub-context.ts";

const PAGE = 1000;
const SPACE_BYTES = 4;

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
      await this.#followIndex(snapshot, census);
    } finally {
      snapshot.close();
    }
    const { position, lsn } = this.#index.mark ?? { position: 0, lsn: 0 };
    const end = files.entries.at(-1);
    const tail = readTail({ files, identity }, { position }, end ? end.base + end.capacity : 0);
    for await (const record of tail) census.follow(record, lsn);
    return census;
  }

  async #followIndex(snapshot: IndexSnapshot, census: BlobCensus): Promise<void> {
    let gt: Uint8Array = bytesOf(spacePrefix(BLOB_SPACE));
    const lt = bytesOf(spacePrefix(BLOB_SPACE + 1));
    for (;;) {
      const entries = await snapshot.page({ gt, lt, limit: PAGE });
      for (const { key, value } of entries) {
        const found = await this.#value(key, value);
        if (found !== undefined) census.note(key.subarray(SPACE_BYTES), found);
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return;
      gt = last.key;
    }
  }

  /** `undefined` when it does not verify: whatever is wrong shows where its bytes lie. */
  async #value(key: Uint8Array, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const { identity, commitFiles } = this.#context;
    try {
      const { value, place } = decodeIndexValue(key, bytes, identity);
      if (place === undefined) return value;
      const found = await commitFiles.read(place.position, place.length);
      return identity.hasher.hash(found, identity.seed) === place.check ? found : undefined;
    } catch {
      return undefined;
    }
  }
}
