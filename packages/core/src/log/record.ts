/**
 * Records: what the log is made of. A record is one batch of mutations (all of it or none), or one
 * record of a stream. Its bytes depend on the store and the LSN, never on where they lie, so a
 * moved or a replicated record is the same bytes. docs/formats/log.md draws them.
 *
 *     0  u64 checksum of bytes 8 .. 32 + covered, seeded with the store
 *     8  u32 body bytes            12 u32 covered: how much of the body the checksum speaks for
 *    16  u64 LSN
 *    24  u48 time (ms)             30 u8 kind      31 u8 flags
 *    32  body, padded with zeros to a multiple of 8
 *
 * A batch's body is a table of mutations, then their values one behind the other. The checksum
 * covers the table, and the table holds a checksum of each value: so every byte is hashed once, and
 * one value of a large batch can be verified alone.
 */
import type { Hasher } from "../hasher.ts";
import type { KeySpaceId, Lsn } from "../store-api.ts";
import { align8, readU53, writeU53 } from "./bytes.ts";
import type { RecordRoom } from "./record-group.ts";

export const RECORD_HEADER_BYTES = 32;
export const MUTATION_HEADER_BYTES = 24;
/** In a packed batch each mutation also says where its value lies in the log's address space. */
export const PACKED_MUTATION_HEADER_BYTES = 32;

export const RECORD_BATCH = 1;
export const RECORD_STREAM = 2;
/** What compaction left of a batch, and of a stream record: packed-record.ts. */
export const RECORD_PACKED_BATCH = 3;
export const RECORD_PACKED_STREAM = 4;

export const OP_PUT = 1;
export const OP_DELETE = 2;
/** Every key of the space is gone. */
export const OP_DROP = 3;

export interface Mutation {
  readonly op: number;
  readonly space: KeySpaceId;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Where an encoded mutation's value lies inside its record, and its checksum. */
export interface ValuePlace {
  readonly offset: number;
  readonly length: number;
  readonly check: bigint;
}

export interface RecordHeader {
  readonly lsn: Lsn;
  readonly time: number;
  readonly kind: number;
  readonly flags: number;
  readonly bodyBytes: number;
}

/** What every encoder and decoder needs to know of the store. */
export interface RecordIdentity {
  readonly hasher: Hasher;
  readonly seed: bigint;
}

export function batchBytes(mutations: readonly Mutation[]): number {
  let bytes = RECORD_HEADER_BYTES + 4;
  for (const { key, value } of mutations) {
    bytes += MUTATION_HEADER_BYTES + key.length + value.length;
  }
  return align8(bytes);
}

/** Encodes a batch into its room, which has `batchBytes(mutations)` bytes. */
export function encodeBatch(
  room: RecordRoom,
  batch: { readonly lsn: Lsn; readonly time: number; readonly mutations: readonly Mutation[] },
  identity: RecordIdentity,
): ValuePlace[] {
  const { mutations } = batch;
  const { bytes, view } = room.block;
  const body = room.start + RECORD_HEADER_BYTES;
  let tableBytes = 4;
  for (const { key } of mutations) tableBytes += MUTATION_HEADER_BYTES + key.length;
  let table = body;
  let values = body + tableBytes;
  const places: ValuePlace[] = [];
  view.setUint32(table, mutations.length, true);
  table += 4;
  for (const { op, space, key, value } of mutations) {
    const check = identity.hasher.hash(value, identity.seed);
    view.setUint32(table, space, true);
    view.setUint32(table + 4, op, true);
    view.setUint32(table + 8, key.length, true);
    view.setUint32(table + 12, value.length, true);
    view.setBigUint64(table + 16, check, true);
    bytes.set(key, table + MUTATION_HEADER_BYTES);
    bytes.set(value, values);
    places.push({ offset: values - room.start, length: value.length, check });
    table += MUTATION_HEADER_BYTES + key.length;
    values += value.length;
  }
  pad(room, values);
  const { lsn, time } = batch;
  const header = { lsn, time, kind: RECORD_BATCH, flags: 0, bodyBytes: values - body };
  sealHeader(room, header, { covered: tableBytes, identity });
  return places;
}

export function streamBytes(bodyBytes: number): number {
  return align8(RECORD_HEADER_BYTES + 4 + bodyBytes);
}

/** Where a stream record's own bytes begin inside the record. */
export const STREAM_BODY_OFFSET: number = RECORD_HEADER_BYTES + 4;

/** Encodes a stream record into its room; its checksum covers all of it. */
export function encodeStream(
  room: RecordRoom,
  record: {
    readonly lsn: Lsn;
    readonly time: number;
    readonly space: KeySpaceId;
    readonly parts: readonly Uint8Array[];
  },
  identity: RecordIdentity,
): void {
  const { bytes, view } = room.block;
  const body = room.start + RECORD_HEADER_BYTES;
  view.setUint32(body, record.space, true);
  let at = room.start + STREAM_BODY_OFFSET;
  for (const part of record.parts) {
    bytes.set(part, at);
    at += part.length;
  }
  pad(room, at);
  const bodyBytes = at - body;
  const header = { lsn: record.lsn, time: record.time, kind: RECORD_STREAM, flags: 0, bodyBytes };
  sealHeader(room, header, { covered: bodyBytes, identity });
}

/** Zeros from `from` to the room's end, a few bytes. */
function pad({ block, end }: RecordRoom, from: number): void {
  for (let at = from; at < end; at++) block.bytes[at] = 0;
}

/** Fills in the header of a record whose body is in place. */
export function sealHeader(
  { block, start }: RecordRoom,
  header: RecordHeader,
  seal: { readonly covered: number; readonly identity: RecordIdentity },
): void {
  const { bytes, view } = block;
  view.setUint32(start + 8, header.bodyBytes, true);
  view.setUint32(start + 12, seal.covered, true);
  writeU53(bytes, header.lsn, start + 16);
  bytes.writeUIntLE(header.time, start + 24, 6);
  bytes[start + 30] = header.kind;
  bytes[start + 31] = header.flags;
  const { hasher, seed } = seal.identity;
  const spoken = new Uint8Array(
    bytes.buffer,
    bytes.byteOffset + start + 8,
    RECORD_HEADER_BYTES - 8 + seal.covered,
  );
  view.setBigUint64(start, hasher.hash(spoken, seed), true);
}

export interface DecodedRecord extends RecordHeader {
  readonly body: Buffer;
  /** Offset behind the record, padding included. */
  readonly end: number;
}

/** The verified record at `offset`, every value included; `undefined` when any byte is wrong. */
export function decodeRecord(
  from: Buffer,
  offset: number,
  identity: RecordIdentity,
): DecodedRecord | undefined {
  if (offset + RECORD_HEADER_BYTES > from.length) return undefined;
  const bodyBytes = from.readUInt32LE(offset + 8);
  const covered = from.readUInt32LE(offset + 12);
  const bodyStart = offset + RECORD_HEADER_BYTES;
  if (covered > bodyBytes || bodyStart + bodyBytes > from.length) return undefined;
  const spoken = from.subarray(offset + 8, bodyStart + covered);
  const { hasher, seed } = identity;
  if (hasher.hash(spoken, seed) !== from.readBigUInt64LE(offset)) return undefined;
  const record = {
    lsn: readU53(from, offset + 16),
    time: from.readUIntLE(offset + 24, 6),
    kind: from[offset + 30] as number,
    flags: from[offset + 31] as number,
    bodyBytes,
    body: from.subarray(bodyStart, bodyStart + bodyBytes),
    end: offset + align8(RECORD_HEADER_BYTES + bodyBytes),
  };
  const headBytes = tableHeadBytes(record.kind);
  if (headBytes > 0 && !valuesVerify(record.body, headBytes, identity)) return undefined;
  return record;
}

/** A record of which the table alone was verified: its values may lie beyond what was read. */
export interface PeekedRecord extends RecordHeader {
  /** What the header's checksum covers: a batch's table, all of a stream record. */
  readonly table: Buffer;
  readonly end: number;
}

/** As `decodeRecord`, for whoever needs no values; `undefined` where no record begins. */
export function peekRecord(
  from: Buffer,
  offset: number,
  identity: RecordIdentity,
): PeekedRecord | undefined {
  const bodyStart = offset + RECORD_HEADER_BYTES;
  if (bodyStart > from.length) return undefined;
  const kind = from[offset + 30] as number;
  const covered = from.readUInt32LE(offset + 12);
  const bodyBytes = from.readUInt32LE(offset + 8);
  // Most places are no record: no hash is made for those.
  if (kind < RECORD_BATCH || kind > RECORD_PACKED_STREAM || from[offset + 31] !== 0)
    return undefined;
  if (covered > bodyBytes || bodyStart + covered > from.length) return undefined;
  const { hasher, seed } = identity;
  const spoken = from.subarray(offset + 8, bodyStart + covered);
  if (hasher.hash(spoken, seed) !== from.readBigUInt64LE(offset)) return undefined;
  return {
    lsn: readU53(from, offset + 16),
    time: from.readUIntLE(offset + 24, 6),
    kind,
    flags: 0,
    bodyBytes,
    table: from.subarray(bodyStart, bodyStart + covered),
    end: offset + align8(RECORD_HEADER_BYTES + bodyBytes),
  };
}

/** What a batch's table says of a mutation. */
export interface TableEntry {
  readonly op: number;
  readonly space: KeySpaceId;
  readonly key: Buffer;
  readonly valueBytes: number;
}

/** The entries of a verified table; of a record without one, nothing. */
export function* tableEntries({ kind, table }: PeekedRecord): Generator<TableEntry> {
  const headBytes = tableHeadBytes(kind);
  if (headBytes === 0) return;
  const count = table.readUInt32LE(0);
  for (let i = 0, at = 4; i < count; i++) {
    const keyEnd = at + headBytes + table.readUInt32LE(at + 8);
    yield {
      space: table.readUInt32LE(at),
      op: table.readUInt32LE(at + 4),
      key: table.subarray(at + headBytes, keyEnd),
      valueBytes: table.readUInt32LE(at + 12),
    };
    at = keyEnd;
  }
}

/** Bytes before each key in the table of a batch; 0 for records without a table. */
function tableHeadBytes(kind: number): number {
  if (kind === RECORD_BATCH) return MUTATION_HEADER_BYTES;
  return kind === RECORD_PACKED_BATCH ? PACKED_MUTATION_HEADER_BYTES : 0;
}

export interface DecodedMutation extends Mutation {
  /** Offset of the value inside the record's body. */
  readonly valueOffset: number;
  readonly check: bigint;
}

/** The mutations of a batch whose table has been verified. */
export function decodeMutations(body: Buffer): DecodedMutation[] {
  return decodeTable(body, MUTATION_HEADER_BYTES);
}

/** A table whose entries have `headBytes` before their key, the first 24 as in a batch. */
export function decodeTable(body: Buffer, headBytes: number): DecodedMutation[] {
  const count = body.readUInt32LE(0);
  const mutations: DecodedMutation[] = [];
  let table = 4;
  let tableEnd = 4;
  for (let i = 0; i < count; i++) {
    tableEnd += headBytes + body.readUInt32LE(tableEnd + 8);
  }
  let value = tableEnd;
  for (let i = 0; i < count; i++) {
    const keyStart = table + headBytes;
    const keyEnd = keyStart + body.readUInt32LE(table + 8);
    const valueEnd = value + body.readUInt32LE(table + 12);
    mutations.push({
      space: body.readUInt32LE(table),
      op: body.readUInt32LE(table + 4),
      key: body.subarray(keyStart, keyEnd),
      value: body.subarray(value, valueEnd),
      valueOffset: value,
      check: body.readBigUInt64LE(table + 16),
    });
    table = keyEnd;
    value = valueEnd;
  }
  return mutations;
}

/** Every value of a table against its check; no objects are made for what is only verified. */
function valuesVerify(body: Buffer, headBytes: number, identity: RecordIdentity): boolean {
  const { hasher, seed } = identity;
  const count = body.readUInt32LE(0);
  let value = 4;
  for (let i = 0; i < count; i++) value += headBytes + body.readUInt32LE(value + 8);
  for (let i = 0, table = 4; i < count; i++) {
    const end = value + body.readUInt32LE(table + 12);
    const check = body.readBigUInt64LE(table + 16);
    if (hasher.hash(body.subarray(value, end), seed) !== check) return false;
    table += headBytes + body.readUInt32LE(table + 8);
    value = end;
  }
  return true;
}
