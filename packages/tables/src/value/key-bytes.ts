import { hash } from "node:crypto";
import { PARTITION_HASH_BYTES } from "../constants.ts";
import { Decimal } from "./decimal.ts";
import { partitionHash } from "./partition-hash.ts";

/*
 * Keys as bytes whose order is DynamoDB's.
 *
 *   partition  hash(4) | part … part         the same for all items of a partition
 *   item       partition | sort part         none without a sort key
 *   entry      partition | sort part … | item   of an index: its own key, then the item's
 *
 * A part delimits itself, so that parts may follow one another:
 *
 *   S, B       the bytes, 00 written as 00 FF, then 00 00
 *   N > 0      exponent byte (C0 + base-100 exponent), base-100 digits + 1, then 00
 *   N = 0      80 00
 *   N < 0      exponent byte complemented, 101 - base-100 digits, then 66
 *
 * The hash is the head of MD5("Outliers" + raw bytes), as in DynamoDB: a scan visits partitions
 * in the service's own order, and a parallel scan's segment is a range of hashes.
 */

/** The types that keys may have. */
export type KeyType = "S" | "N" | "B";

export interface KeyPart {
  readonly type: KeyType;
  /** As in an attribute value: text, canonical number, base64. */
  readonly content: string;
}

/** Exponent, 38 digits in pairs that may begin in the middle of one, and the end. */
const NUMBER_KEY_BYTES_MAX = 22;
const NO_BYTES = new Uint8Array(0);
const HASH_PREFIX = Buffer.from("Outliers");

/** Positive integers that are exact in a double. */
const SHORT_INTEGER = /^[1-9]\d{0,14}$/;

/** Bytes of a number whose unsigned order is the numbers' order. */
function numberKey(text: string): number[] {
  if (text === "0") return [0x80];
  if (SHORT_INTEGER.test(text)) return integerKey(Number(text));
  const { sign, digits, exponent } = Decimal.parse(text);
  if (sign === 0) return [0x80];
  // Pairs of digits start at even exponents: 1 is "01", 12 is "12", 0.1 is "10".
  const odd = (exponent & 1) === 0;
  const padded = (odd ? "0" : "") + digits;
  const bytes = [(((exponent + (odd ? 2 : 1)) >> 1) - 64) & 0xff];
  for (let i = 0; i < padded.length; i += 2) {
    bytes.push(Number(padded.slice(i, i + 2).padEnd(2, "0")) + 1);
  }
  if (sign > 0) return bytes;
  return bytes.map((byte, i) => (i === 0 ? byte ^ 0xff : 102 - byte));
}

/** As `numberKey`, of a positive integer: pairs of digits without those zeros that end it. */
function integerKey(value: number): number[] {
  const bytes: number[] = [];
  let pairs = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 100)) {
    pairs++;
    const pair = rest % 100;
    if (pair > 0 || bytes.length > 0) bytes.push(pair + 1);
  }
  bytes.push(0xc0 + pairs);
  return bytes.reverse();
}

/** What DynamoDB hashes: the value's own bytes. */
function rawBytes(part: KeyPart): Uint8Array {
  if (part.type === "S") return Buffer.from(part.content);
  if (part.type === "B") return Buffer.from(part.content, "base64");
  const bytes = numberKey(part.content);
  // A negative mantissa of less than 20 bytes ends in 102, there as here.
  if ((bytes[0] as number) < 0x80 && bytes.length < 21) bytes.push(102);
  return Uint8Array.from(bytes);
}

/** Length in bytes of a key value: what DynamoDB limits. Of a number an upper bound. */
export function keyPartBytes(part: KeyPart): number {
  if (part.type === "N") return NUMBER_KEY_BYTES_MAX;
  if (part.type === "S") return Buffer.byteLength(part.content);
  return rawBytes(part).length;
}

function escaped(bytes: Uint8Array): number[] | Uint8Array {
  if (!bytes.includes(0)) return bytes;
  const out: number[] = [];
  for (const byte of bytes) {
    out.push(byte);
    if (byte === 0) out.push(0xff);
  }
  return out;
}

/** A part without its end: what begins_with compares. Strings and binaries only. */
export function openPart(part: KeyPart): Uint8Array {
  return Uint8Array.from(escaped(rawBytes(part)));
}

/** A part that delimits itself. */
export function closedPart(part: KeyPart): Uint8Array {
  if (part.type === "N") {
    const bytes = numberKey(part.content);
    bytes.push((bytes[0] as number) < 0x80 ? 102 : 0);
    return new Uint8Array(bytes);
  }
  return terminated(rawBytes(part));
}

function terminated(raw: Uint8Array): Uint8Array {
  const body = escaped(raw);
  const out = new Uint8Array(body.length + 2);
  out.set(body);
  return out;
}

/**
 * Hash and partition key parts, the prefix of every key in the partition; and, with `sort`, the
 * part that follows.
 */
export function partitionKey(parts: readonly KeyPart[], sort: Uint8Array = NO_BYTES): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only?.type === "S" && !only.content.includes("\0")) {
    return textPartitionKey(only.content, sort);
  }
  const digest = hash("md5", Buffer.concat([HASH_PREFIX, ...parts.map(rawBytes)]), "buffer");
  const closed = parts.map(closedPart);
  return Buffer.concat([digest.subarray(0, PARTITION_HASH_BYTES), ...closed, sort]);
}

/**
 * As `partitionKey`, of one string without a NUL: nearly all keys are, and each operation makes
 * one. What is hashed and the key are written into one place, the digest over the hash's prefix.
 */
function textPartitionKey(text: string, sort: Uint8Array): Uint8Array {
  const end = HASH_PREFIX.length + Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(end + 2 + sort.length);
  bytes.set(HASH_PREFIX);
  bytes.write(text, HASH_PREFIX.length);
  bytes[end] = 0;
  bytes[end + 1] = 0;
  bytes.set(sort, end + 2);
  const start = HASH_PREFIX.length - PARTITION_HASH_BYTES;
  const quick = partitionHash(text);
  if (quick !== undefined) {
    bytes.writeInt32LE(quick, start);
    return bytes.subarray(start);
  }
  const digest = hash("md5", bytes.subarray(0, end), "binary");
  for (let at = 0; at < PARTITION_HASH_BYTES; at++) bytes[start + at] = digest.charCodeAt(at);
  return bytes.subarray(start);
}

/** A key of parts behind a prefix. */
export function joinKey(prefix: Uint8Array, ...rest: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([prefix, ...rest]);
}

/** The first key behind all that begin with `prefix`; `undefined` when there is none. */
export function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) return undefined;
  const next = Uint8Array.from(prefix.subarray(0, end));
  next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}

/** The keys of one segment of a parallel scan: [from, to), `to` undefined for the last. */
export function segmentBounds(
  segment: number,
  totalSegments: number,
): { readonly from: Uint8Array; readonly to: Uint8Array | undefined } {
  const bound = (index: number): Uint8Array => {
    const out = Buffer.alloc(PARTITION_HASH_BYTES);
    out.writeUInt32BE(Math.floor((index * 0x1_0000_0000) / totalSegments));
    return out;
  };
  return {
    from: bound(segment),
    to: segment + 1 === totalSegments ? undefined : bound(segment + 1),
  };
}
