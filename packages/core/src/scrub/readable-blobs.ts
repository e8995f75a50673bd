import { BLOB_PAGE } from "../constants.ts";
import { FirnError } from "../errors.ts";
import type { BlobId, Entry, KeyRange, ReadView } from "../store-api.ts";
import { decodeBlobRecord } from "../store/blob-record.ts";
import { BLOB_SPACE } from "../store/key-spaces.ts";
import type { ExtentBlob } from "./scrub-context.ts";

const ID_BYTES = 8;
const END = 2n ** 64n;

/** Blob ids from `from` up to `to`, exclusive. */
interface IdRange {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Every blob in extents whose record can be read, behind `after`, in the order of ids. A record
 * that has rotted in the log is left out: its segment's scrub tells of it, and must not end the
 * look at everything else. It is found by halving: a page that cannot be read is asked for in two
 * halves of its ids, down to the one id that nothing is known of.
 */
export async function* readableBlobs(
  view: () => ReadView,
  after: BlobId | undefined,
): AsyncGenerator<ExtentBlob> {
  const first = after === undefined ? 0n : BigInt(`0x${after}`) + 1n;
  const ranges: IdRange[] = [{ from: first, to: END }];
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const entries = await readPage(view, range);
    if (entries === undefined) {
      const { from, to } = range;
      const middle = (from + to) / 2n;
      if (to - from > 1n) ranges.push({ from: middle, to }, { from, to: middle });
      continue;
    }
    const last = entries.at(-1);
    if (last !== undefined && entries.length === BLOB_PAGE) {
      ranges.push({ from: idOf(last.key) + 1n, to: range.to });
    }
    for (const { key, value } of entries) {
      // Beside the records lie the numbers of references.
      const extents = key.length === ID_BYTES ? decodeBlobRecord(value).extents : undefined;
      if (extents !== undefined) yield { id: Buffer.from(key).toString("hex"), extents };
    }
  }
}

/** `undefined` when a value of it does not verify. */
async function readPage(view: () => ReadView, ids: IdRange): Promise<Entry[] | undefined> {
  const open = view();
  const until: KeyRange = ids.to < END ? { lt: keyOf(ids.to) } : {};
  try {
    return await open.page(BLOB_SPACE, { gte: keyOf(ids.from), ...until, limit: BLOB_PAGE });
  } catch (error) {
    if (error instanceof FirnError && error.code === "FIRN_RECORD_CORRUPT") return undefined;
    throw error;
  } finally {
    open.close();
  }
}

function keyOf(id: bigint): Uint8Array {
  const key = Buffer.alloc(ID_BYTES);
  key.writeBigUInt64BE(id);
  return key;
}

function idOf(key: Uint8Array): bigint {
  return Buffer.from(key).readBigUInt64BE(0);
}
