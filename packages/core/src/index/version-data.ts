/**
 * What a memtable holds, as columns: a version is a number, its fields lie in typed arrays. Objects
 * would be copied twice by the collector before the memtable is flushed, which was a fifth of the
 * cost of a durable put. All of it is shared memory: a thread can write a run from it.
 */
import { sharedMemory } from "../platform/shared-memory.ts";
import type { MadeOrder } from "./key-order.ts";

/** Deletes its key. */
export const FLAG_DELETED = 1;
/** Its value is here, because its key space wants it in the index. */
export const FLAG_KEPT = 2;

/** All columns of one version. */
const VERSION_BYTES = 45;

/** Columns by version; keys and kept values lie in blocks of bytes. */
export interface VersionData {
  readonly blocks: Buffer[];
  readonly block: Uint16Array;
  /** Offset in the block: the key of a key's first version, then the value if it is kept. */
  readonly at: Uint32Array;
  /** 0 for all versions of a key but the first. */
  readonly keyBytes: Uint16Array;
  readonly lsn: Float64Array;
  readonly position: Float64Array;
  readonly length: Uint32Array;
  readonly check: BigUint64Array;
  readonly flags: Uint8Array;
  /** The version before it of the same key; -1 without one, or when nobody can read it. */
  readonly previous: Int32Array;
  /** Of a key's first version: the newest one. */
  readonly newest: Int32Array;
}

/** A memtable that takes no more writes, for another thread: a clone of it shares its memory. */
export interface MemtableImage {
  readonly data: VersionData;
  readonly order: MadeOrder;
  readonly keys: number;
}

/** Columns for `capacity` versions, with what `from` holds. */
export function versionData(capacity: number, from?: VersionData): VersionData {
  const memory = sharedMemory(VERSION_BYTES * capacity);
  let used = 0;
  // The widest first, so that each begins at a multiple of its width.
  const column = (bytes: number): [SharedArrayBuffer, number, number] => {
    const start = used;
    used += bytes * capacity;
    return [memory, start, capacity];
  };
  const data: VersionData = {
    blocks: [...(from?.blocks ?? [])],
    lsn: new Float64Array(...column(8)),
    position: new Float64Array(...column(8)),
    check: new BigUint64Array(...column(8)),
    at: new Uint32Array(...column(4)),
    length: new Uint32Array(...column(4)),
    previous: new Int32Array(...column(4)),
    newest: new Int32Array(...column(4)),
    block: new Uint16Array(...column(2)),
    keyBytes: new Uint16Array(...column(2)),
    flags: new Uint8Array(...column(1)),
  };
  if (from === undefined) return data;
  data.block.set(from.block);
  data.at.set(from.at);
  data.keyBytes.set(from.keyBytes);
  data.lsn.set(from.lsn);
  data.position.set(from.position);
  data.length.set(from.length);
  data.check.set(from.check);
  data.flags.set(from.flags);
  data.previous.set(from.previous);
  data.newest.set(from.newest);
  return data;
}

/** Bytes of a key's first version, where they lie. */
export function keyAt(data: VersionData, first: number): Buffer {
  const at = data.at[first] as number;
  const block = data.blocks[data.block[first] as number] as Buffer;
  return block.subarray(at, at + (data.keyBytes[first] as number));
}

/** The kept value of a version, where it lies; `undefined` when it is only in the log. */
export function keptAt(data: VersionData, version: number): Buffer | undefined {
  if (((data.flags[version] as number) & FLAG_KEPT) === 0) return undefined;
  const at = (data.at[version] as number) + (data.keyBytes[version] as number);
  const block = data.blocks[data.block[version] as number] as Buffer;
  return block.subarray(at, at + (data.length[version] as number));
}
