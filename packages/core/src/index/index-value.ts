/**
 * What the index keeps per key: `u8 kind, u64 LSN`, then the value itself or where it lies (`u64
 * position, u32 length, u64 checksum of the value`), then a u32 check over key and all of that:
 * `level` does not verify its blocks when it reads them.
 */
import { coreError } from "../errors.ts";
import { asBuffer, readU53, writeU53 } from "../log/bytes.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { Lsn, Position } from "../store-api.ts";

const KIND_INLINE = 1;
const KIND_PLACE = 2;
const HEAD_BYTES = 9;
const PLACE_BYTES = 20;
const CHECK_BYTES = 4;

export interface ValueInLog {
  readonly position: Position;
  readonly length: number;
  readonly check: bigint;
}

export type IndexValue =
  | { readonly lsn: Lsn; readonly value: Uint8Array; readonly place?: undefined }
  | { readonly lsn: Lsn; readonly value?: undefined; readonly place: ValueInLog };

export function encodeIndexValue(
  key: Uint8Array,
  entry: IndexValue,
  identity: RecordIdentity,
): Uint8Array {
  const { value, place } = entry;
  const bodyBytes = value === undefined ? PLACE_BYTES : value.length;
  const into = Buffer.allocUnsafe(HEAD_BYTES + bodyBytes + CHECK_BYTES);
  into[0] = value === undefined ? KIND_PLACE : KIND_INLINE;
  writeU53(into, entry.lsn, 1);
  if (value !== undefined) into.set(value, HEAD_BYTES);
  if (place !== undefined) {
    writeU53(into, place.position, HEAD_BYTES);
    into.writeUInt32LE(place.length, HEAD_BYTES + 8);
    into.writeBigUInt64LE(place.check, HEAD_BYTES + 12);
  }
  const end = HEAD_BYTES + bodyBytes;
  into.writeUInt32LE(checkOf(key, into.subarray(0, end), identity), end);
  return into;
}

/** @throws FIRN_RECORD_CORRUPT when the entry is not what was written for that key. */
export function decodeIndexValue(
  key: Uint8Array,
  bytes: Uint8Array,
  identity: RecordIdentity,
): IndexValue {
  const from = asBuffer(bytes);
  const end = from.length - CHECK_BYTES;
  const whole = end >= HEAD_BYTES && checkOf(key, from.subarray(0, end), identity);
  if (whole === false || from.readUInt32LE(end) !== whole) {
    throw coreError("FIRN_RECORD_CORRUPT", "an index entry fails its check; rebuild the index", {
      detail: { key: Buffer.from(key).toString("hex") },
    });
  }
  const lsn = readU53(from, 1);
  if (from[0] === KIND_INLINE) return { lsn, value: from.subarray(HEAD_BYTES, end) };
  const place = {
    position: readU53(from, HEAD_BYTES),
    length: from.readUInt32LE(HEAD_BYTES + 8),
    check: from.readBigUInt64LE(HEAD_BYTES + 12),
  };
  return { lsn, place };
}

function checkOf(key: Uint8Array, bytes: Uint8Array, { hasher, seed }: RecordIdentity): number {
  return Number(hasher.hash(bytes, hasher.hash(key, seed)) & 0xffff_ffffn);
}
