/**
 * A superseded version in the index: under the key that it had, newest first, with the LSN at which
 * it ended. docs/formats/index.md draws it.
 *
 *     key   := HISTORY_SPACE(u32) group* (2^53 - 1 - LSN)(u64)     big-endian
 *     group := 8 bytes of the full key, padded with zeros at its end, then 255 - padding
 *     value := until(u64) and an index value, whose check covers key and until
 *
 * Groups keep the order of the keys, and none is a prefix of another one, whatever bytes the keys
 * have; they grow by an eighth at most, so that the longest key still fits. An entry says by itself
 * from when to when it was true: nothing else has to be looked up to read it or to let it go, and
 * a deletion needs no entry.
 */
import { decodeIndexValue, encodeIndexValue } from "../index/index-value.ts";
import type { IndexValue } from "../index/index-value.ts";
import type { IndexWrite } from "../index/ordered-index.ts";
import { asBuffer, readU53, writeU53 } from "../log/bytes.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { KeySpaceId, Lsn } from "../store-api.ts";
import { HISTORY_SPACE } from "./key-spaces.ts";

const SPACE_BYTES = 4;
const GROUP_BYTES = 8;
const LSN_BYTES = 8;
const UNTIL_BYTES = 8;
const FULL_GROUP = 0xff;

export interface HistoryEntry {
  /** The key as the index knows it: four bytes of key space, then the key. */
  readonly full: Buffer;
  /** Its value, and since when it was so. */
  readonly entry: IndexValue;
  /** The LSN that superseded or deleted it. */
  readonly until: Lsn;
}

/** Where the entries of one key space begin. */
export function historyOfSpace(space: KeySpaceId): Buffer {
  const bytes = Buffer.allocUnsafe(2 * SPACE_BYTES);
  bytes.writeUInt32BE(HISTORY_SPACE, 0);
  bytes.writeUInt32BE(space, SPACE_BYTES);
  return bytes;
}

/** Where the entries of one key, or those behind it, begin. */
export function historyOfKey(full: Uint8Array): Buffer {
  const groups = Math.floor(full.length / GROUP_BYTES) + 1;
  const bytes = Buffer.alloc(SPACE_BYTES + groups * (GROUP_BYTES + 1), 0);
  bytes.writeUInt32BE(HISTORY_SPACE, 0);
  for (let group = 0; group < groups; group++) {
    const from = group * GROUP_BYTES;
    const at = SPACE_BYTES + group * (GROUP_BYTES + 1);
    bytes.set(full.subarray(from, from + GROUP_BYTES), at);
    const padding = Math.max(0, from + GROUP_BYTES - full.length);
    bytes[at + GROUP_BYTES] = FULL_GROUP - padding;
  }
  return bytes;
}

export function historyKey(full: Uint8Array, lsn: Lsn): Buffer {
  const suffix = Buffer.allocUnsafe(LSN_BYTES);
  suffix.writeBigUInt64BE(BigInt(Number.MAX_SAFE_INTEGER - lsn));
  return Buffer.concat([historyOfKey(full), suffix]);
}

/** The full key in a history key, or in one without its LSN. */
export function keyInHistory(key: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = SPACE_BYTES; at + GROUP_BYTES < key.length; at += GROUP_BYTES + 1) {
    const padding = FULL_GROUP - (key[at + GROUP_BYTES] as number);
    parts.push(key.subarray(at, at + GROUP_BYTES - padding));
    if (padding > 0) break;
  }
  return Buffer.concat(parts);
}

export function spaceInHistory(key: Uint8Array): KeySpaceId {
  return asBuffer(key).readUInt32BE(SPACE_BYTES);
}

export function encodeHistory(
  { full, entry, until }: HistoryEntry,
  identity: RecordIdentity,
): IndexWrite & { readonly value: Uint8Array } {
  const key = historyKey(full, entry.lsn);
  const end = Buffer.allocUnsafe(UNTIL_BYTES);
  writeU53(end, until, 0);
  const value = encodeIndexValue(Buffer.concat([key, end]), entry, identity);
  return { key, value: Buffer.concat([end, value]) };
}

/** @throws FIRN_RECORD_CORRUPT when the entry is not what was written under that key. */
export function decodeHistory(
  key: Uint8Array,
  bytes: Uint8Array,
  identity: RecordIdentity,
): HistoryEntry {
  const value = asBuffer(bytes);
  const sealed = Buffer.concat([key, value.subarray(0, UNTIL_BYTES)]);
  const entry = decodeIndexValue(sealed, value.subarray(UNTIL_BYTES), identity);
  return { full: keyInHistory(key), entry, until: readU53(value, 0) };
}

/**
 * Any entry of the index, past or present, with the key that it is about.
 * @throws FIRN_RECORD_CORRUPT.
 */
export function decodeEntry(
  key: Uint8Array,
  bytes: Uint8Array,
  identity: RecordIdentity,
): Pick<HistoryEntry, "full" | "entry"> {
  if (asBuffer(key).readUInt32BE(0) === HISTORY_SPACE) return decodeHistory(key, bytes, identity);
  return { full: asBuffer(key), entry: decodeIndexValue(key, bytes, identity) };
}
