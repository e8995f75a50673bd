/**
 * What compaction leaves of a record: the same LSN and time, fewer mutations (or fewer bytes of a
 * stream record), and with each of them the place that it has in the log's address space, for that
 * never changes.
 *
 *     packed batch   u32 count, then per mutation 24 bytes as in a batch, u64 position of the value
 *                    and the key; then the values. The checksum covers the table.
 *     packed stream  u32 key space, u32 ranges, u64 position of the engine's first byte, u32 bytes
 *                    that there were, u32 zero, then u32 start and u32 end of each range that is
 *                    left, then their bytes. The checksum covers all of it.
 */
import type { ByteRange, KeySpaceId, Lsn, Position } from "../store-api.ts";
import { align8, readU53, writeU53 } from "./bytes.ts";
import {
  MUTATION_HEADER_BYTES,
  PACKED_MUTATION_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_PACKED_BATCH,
  RECORD_PACKED_STREAM,
  decodeTable,
  sealHeader,
} from "./record.ts";
import type { DecodedMutation, Mutation, RecordIdentity } from "./record.ts";
import type { RecordRoom } from "./record-group.ts";

const STREAM_HEAD_BYTES = 24;

/** A mutation and where its value lies in the log's address space. */
export interface PlacedMutation extends Mutation {
  readonly position: Position;
  readonly check: bigint;
}

/** A stream record, or what is left of it: outside `ranges` its body is zeros. */
export interface PlacedStream {
  readonly space: KeySpaceId;
  /** Position of the engine's first byte. */
  readonly position: Position;
  readonly body: Buffer;
  readonly ranges: readonly ByteRange[];
}

/** Bytes at an offset of the encoded record and their place in the log's address space. */
export interface EncodedPiece {
  readonly position: Position;
  readonly offset: number;
  readonly length: number;
}

export interface EncodedRecord {
  /** Whole, padded to a multiple of 8. */
  readonly bytes: Buffer;
  readonly pieces: readonly EncodedPiece[];
}

interface RecordMoment {
  readonly lsn: Lsn;
  readonly time: number;
}

export function encodePackedBatch(
  moment: RecordMoment,
  mutations: readonly PlacedMutation[],
  identity: RecordIdentity,
): EncodedRecord {
  let tableBytes = 4;
  let valueBytes = 0;
  for (const { key, value } of mutations) {
    tableBytes += PACKED_MUTATION_HEADER_BYTES + key.length;
    valueBytes += value.length;
  }
  const bodyBytes = tableBytes + valueBytes;
  const bytes = recordBuffer(bodyBytes);
  const pieces: EncodedPiece[] = [];
  let table = RECORD_HEADER_BYTES + 4;
  let offset = RECORD_HEADER_BYTES + tableBytes;
  bytes.writeUInt32LE(mutations.length, RECORD_HEADER_BYTES);
  for (const { op, space, key, value, check, position } of mutations) {
    bytes.writeUInt32LE(space, table);
    bytes.writeUInt32LE(op, table + 4);
    bytes.writeUInt32LE(key.length, table + 8);
    bytes.writeUInt32LE(value.length, table + 12);
    bytes.writeBigUInt64LE(check, table + 16);
    writeU53(bytes, position, table + MUTATION_HEADER_BYTES);
    bytes.set(key, table + PACKED_MUTATION_HEADER_BYTES);
    bytes.set(value, offset);
    pieces.push({ position, offset, length: value.length });
    table += PACKED_MUTATION_HEADER_BYTES + key.length;
    offset += value.length;
  }
  const header = { ...moment, kind: RECORD_PACKED_BATCH, flags: 0, bodyBytes };
  sealHeader(roomOf(bytes), header, { covered: tableBytes, identity });
  return { bytes, pieces };
}

/** @param ranges those parts of the body that stay, ascending and apart. */
export function encodePackedStream(
  moment: RecordMoment,
  stream: PlacedStream,
  identity: RecordIdentity,
): EncodedRecord {
  const { space, position, body, ranges } = stream;
  const left = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const bodyBytes = STREAM_HEAD_BYTES + ranges.length * 8 + left;
  const bytes = recordBuffer(bodyBytes);
  const head = bytes.subarray(RECORD_HEADER_BYTES);
  head.writeUInt32LE(space, 0);
  head.writeUInt32LE(ranges.length, 4);
  writeU53(head, position, 8);
  head.writeUInt32LE(body.length, 16);
  head.writeUInt32LE(0, 20);
  const pieces: EncodedPiece[] = [];
  let table = STREAM_HEAD_BYTES;
  let offset = RECORD_HEADER_BYTES + STREAM_HEAD_BYTES + ranges.length * 8;
  for (const { start, end } of ranges) {
    head.writeUInt32LE(start, table);
    head.writeUInt32LE(end, table + 4);
    bytes.set(body.subarray(start, end), offset);
    pieces.push({ position: position + start, offset, length: end - start });
    table += 8;
    offset += end - start;
  }
  const header = { ...moment, kind: RECORD_PACKED_STREAM, flags: 0, bodyBytes };
  sealHeader(roomOf(bytes), header, { covered: bodyBytes, identity });
  return { bytes, pieces };
}

/** The mutations of a packed batch whose table has been verified. */
export function decodePackedMutations(
  body: Buffer,
): (DecodedMutation & { readonly position: Position })[] {
  let table = 4;
  return decodeTable(body, PACKED_MUTATION_HEADER_BYTES).map((mutation) => {
    const { op, space, key, value, valueOffset, check } = mutation;
    const position = readU53(body, table + MUTATION_HEADER_BYTES);
    table += PACKED_MUTATION_HEADER_BYTES + key.length;
    return { op, space, key, value, valueOffset, check, position };
  });
}

/** A packed stream record whose bytes have been verified. */
export function decodePackedStream(packed: Buffer): PlacedStream {
  const count = packed.readUInt32LE(4);
  const body = Buffer.alloc(packed.readUInt32LE(16));
  const ranges: ByteRange[] = [];
  let from = STREAM_HEAD_BYTES + count * 8;
  for (let at = 0; at < count; at++) {
    const start = packed.readUInt32LE(STREAM_HEAD_BYTES + at * 8);
    const end = packed.readUInt32LE(STREAM_HEAD_BYTES + at * 8 + 4);
    packed.copy(body, start, from, from + end - start);
    ranges.push({ start, end });
    from += end - start;
  }
  return { space: packed.readUInt32LE(0), position: readU53(packed, 8), body, ranges };
}

/** Memory for a record with a body of so many bytes; only the padding is zeros yet. */
function recordBuffer(bodyBytes: number): Buffer {
  const end = RECORD_HEADER_BYTES + bodyBytes;
  return Buffer.allocUnsafe(align8(end)).fill(0, end);
}

/** A buffer of its own as the room of one record. */
function roomOf(bytes: Buffer): RecordRoom {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { block: { bytes, view, parts: 0 }, start: 0, end: bytes.length };
}
