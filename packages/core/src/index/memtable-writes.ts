import type { RecordIdentity } from "../log/record.ts";
import { encodeIndexValue } from "./index-value.ts";
import { KeyOrder } from "./key-order.ts";
import type { IndexWrite } from "./ordered-index.ts";
import { FLAG_DELETED, keptAt, keyAt } from "./version-data.ts";
import type { MemtableImage } from "./version-data.ts";

/**
 * What the index is to hold of a memtable: the newest write of each key, in order. Keys are views
 * of the memtable's own, shared memory.
 */
export function* memtableWrites(
  { data, order }: MemtableImage,
  identity: RecordIdentity,
): Generator<IndexWrite> {
  // Buffers of another thread arrive as plain arrays of bytes.
  const blocks = data.blocks.map(({ buffer, byteOffset, length }) =>
    Buffer.from(buffer, byteOffset, length),
  );
  const own = { ...data, blocks };
  for (const first of new KeyOrder(own, order).all()) {
    const key = keyAt(own, first);
    const newest = own.newest[first] as number;
    if (((own.flags[newest] as number) & FLAG_DELETED) !== 0) {
      yield { key, value: undefined };
      continue;
    }
    const lsn = own.lsn[newest] as number;
    const value = keptAt(own, newest);
    const place = {
      position: own.position[newest] as number,
      length: own.length[newest] as number,
      check: own.check[newest] as bigint,
    };
    const entry = value === undefined ? { lsn, place } : { lsn, value };
    yield { key, value: encodeIndexValue(key, entry, identity) };
  }
}
