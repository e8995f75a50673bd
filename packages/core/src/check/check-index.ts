import type { IndexValue } from "../index/index-value.ts";
import { bytesOf, spacePrefix } from "../index/memtable.ts";
import type {
  IndexMark,
  IndexReading,
  IndexSnapshot,
  OrderedIndex,
} from "../index/ordered-index.ts";
import type { Lsn } from "../store-api.ts";
import { decodeEntry } from "../store/history-entry.ts";
import { indexTag } from "../store/index-holder.ts";
import { BLOB_SPACE } from "../store/key-spaces.ts";
import type { BlobCensus } from "./blob-census.ts";
import type { CheckContext } from "./check-context.ts";

const PAGE = 1000;
/** Nobody else uses a store that is being checked. */
const AT_ONCE: IndexReading = { take: () => Promise.resolve(), slice: () => Promise.resolve() };

export interface IndexTotals {
  readonly entries: number;
  readonly lsn: Lsn;
}

/** Verifies every entry of the index, and that each one that names a place in the log is right. */
export async function checkIndex(context: CheckContext, census: BlobCensus): Promise<IndexTotals> {
  if (await filesAreDamaged(context)) return { entries: 0, lsn: 0 };
  let index: OrderedIndex;
  try {
    index = await context.index.open(context.indexDirectory, indexTag(context.storeId));
  } catch (error) {
    const what = `the index cannot be opened (${(error as Error).message}); it will be rebuilt`;
    context.problems.push({ what, file: context.indexDirectory });
    return { entries: 0, lsn: 0 };
  }
  const mark: IndexMark | undefined = index.mark;
  const snapshot = index.snapshot();
  try {
    const entries = await new IndexWalk(context, census).run(snapshot);
    return { entries, lsn: mark?.lsn ?? 0 };
  } finally {
    snapshot.close();
    await index.close();
  }
}

/** Before the index is opened: what it finds in damaged files is not to be trusted. */
async function filesAreDamaged({
  index,
  indexDirectory,
  problems,
}: CheckContext): Promise<boolean> {
  const faults = (await index.verifyFiles?.(indexDirectory, AT_ONCE)) ?? [];
  for (const { what, file, offset } of faults) {
    problems.push({
      what: `the index is damaged, \`firn scrub\` removes it: ${what}`,
      file,
      offset,
    });
  }
  return faults.length > 0;
}

class IndexWalk {
  readonly #context: CheckContext;
  readonly #census: BlobCensus;

  constructor(context: CheckContext, census: BlobCensus) {
    this.#context = context;
    this.#census = census;
  }

  async run(snapshot: IndexSnapshot): Promise<number> {
    let count = 0;
    let gt: Uint8Array = Buffer.from([0]);
    for (;;) {
      const entries = await snapshot.page({ gt, limit: PAGE });
      for (const { key, value } of entries) await this.#entry(key, value);
      count += entries.length;
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return count;
      gt = last.key;
    }
  }

  async #entry(key: Uint8Array, bytes: Uint8Array): Promise<void> {
    const { problems, identity, indexDirectory } = this.#context;
    try {
      const { full, entry } = decodeEntry(key, bytes, identity);
      const value = await this.#value(entry);
      const isBlob = bytesOf(spacePrefix(BLOB_SPACE)).equals(full.subarray(0, 4));
      if (isBlob && value !== undefined) this.#census.note(full.subarray(4), value);
    } catch {
      const what = `an index entry fails its check; delete the index directory to rebuild it`;
      problems.push({ what, file: indexDirectory });
    }
  }

  /** The entry's value, verified; what the log has wrong is the log's problem. */
  async #value({ value, place }: IndexValue): Promise<Uint8Array | undefined> {
    if (place === undefined) return value;
    const { problems, identity, commitFiles } = this.#context;
    const bytes = await commitFiles.read(place.position, place.length);
    if (identity.hasher.hash(bytes, identity.seed) === place.check) return bytes;
    const what = `an index entry names position ${place.position}, where its value is not`;
    problems.push({ what });
    return undefined;
  }
}
