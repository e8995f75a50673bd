/**
 * Entries of an index as one piece of memory, which moves between threads without a copy: key bytes
 * (u16), value bytes (u16, FFFF deletes), key, value; one behind the other.
 */
import type { IndexWrite } from "../ordered-index.ts";
import { ENTRY_HEAD_BYTES, readEntry, writeEntry } from "./run-format.ts";

export interface FlatEntries {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

export function encodeEntries(entries: readonly IndexWrite[]): FlatEntries {
  let size = 0;
  for (const { key, value } of entries)
    size += ENTRY_HEAD_BYTES + key.length + (value?.length ?? 0);
  const bytes = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  for (const entry of entries) at = writeEntry(bytes, at, entry);
  return { bytes, count: entries.length };
}

export function* decodeEntries({ bytes, count }: FlatEntries): Generator<IndexWrite> {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, end } = readEntry(from, at);
    yield entry;
    at = end;
  }
}
