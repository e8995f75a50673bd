/**
 * Frames: what a local segment puts around groups. A segment begins with a header of 64 bytes; a
 * group begins with a frame of 32. Only these are salted with the segment's random number, so that
 * stale bytes of a reused file are never taken for groups. docs/formats/log.md draws both.
 */
import type { Hasher } from "../hasher.ts";
import type { Lsn, Position } from "../store-api.ts";
import { readU53, writeU53 } from "./bytes.ts";

export const SEGMENT_HEADER_BYTES = 64;
export const FRAME_BYTES = 32;
export const SEGMENT_FORMAT_VERSION = 1;
const SEGMENT_MAGIC = "FIRNSEG\n";
const FRAME_MAGIC = 0x50524746; // "FGRP" in the order of the bytes

export interface SegmentHeader {
  readonly salt: bigint;
  readonly storeId: string;
  readonly segmentId: number;
  readonly base: Position;
}

/**
 *     0  magic   8 u32 version   12 u32 segment id   16 u64 salt   24 store id (16 bytes)
 *    40  u64 base position       48 u64 zero         56 u64 checksum of 0 .. 56, salted
 */
export function encodeSegmentHeader(header: SegmentHeader, hasher: Hasher): Buffer {
  const into = Buffer.alloc(SEGMENT_HEADER_BYTES);
  into.write(SEGMENT_MAGIC, 0, "latin1");
  into.writeUInt32LE(SEGMENT_FORMAT_VERSION, 8);
  into.writeUInt32LE(header.segmentId, 12);
  into.writeBigUInt64LE(header.salt, 16);
  into.write(header.storeId, 24, "hex");
  writeU53(into, header.base, 40);
  into.writeBigUInt64LE(hasher.hash(into.subarray(0, 56), header.salt), 56);
  return into;
}

/** True when the file begins with exactly the header that the manifest promises. */
export function segmentHeaderMatches(
  bytes: Uint8Array,
  header: SegmentHeader,
  hasher: Hasher,
): boolean {
  return encodeSegmentHeader(header, hasher).equals(bytes.subarray(0, SEGMENT_HEADER_BYTES));
}

export interface Frame {
  /** Bytes of records behind the frame. */
  readonly bytes: number;
  /** Highest LSN that was durable when the group was written: nothing up to it may be torn. */
  readonly durableLsn: Lsn;
  readonly firstLsn: Lsn;
}

/** `0 u32 magic, 4 u32 bytes, 8 u64 durable LSN, 16 u64 first LSN, 24 u64 checksum (salted)`. */
export function encodeFrame(
  frame: Frame,
  seal: { readonly salt: bigint; readonly hasher: Hasher },
): Buffer {
  const into = Buffer.allocUnsafe(FRAME_BYTES);
  into.writeUInt32LE(FRAME_MAGIC, 0);
  into.writeUInt32LE(frame.bytes, 4);
  writeU53(into, frame.durableLsn, 8);
  writeU53(into, frame.firstLsn, 16);
  into.writeBigUInt64LE(seal.hasher.hash(into.subarray(0, 24), seal.salt), 24);
  return into;
}

/** The frame at `offset`, or `undefined` when there is none. */
export function decodeFrame(
  from: Buffer,
  offset: number,
  seal: { readonly salt: bigint; readonly hasher: Hasher },
): Frame | undefined {
  if (offset + FRAME_BYTES > from.length) return undefined;
  if (from.readUInt32LE(offset) !== FRAME_MAGIC) return undefined;
  const check = from.readBigUInt64LE(offset + 24);
  if (seal.hasher.hash(from.subarray(offset, offset + 24), seal.salt) !== check) return undefined;
  return {
    bytes: from.readUInt32LE(offset + 4),
    durableLsn: readU53(from, offset + 8),
    firstLsn: readU53(from, offset + 16),
  };
}
