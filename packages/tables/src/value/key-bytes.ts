import { hash } from "node:crypto";
import { PARTITION_HASH_BYTES } from "../constants.ts";
import { Decimal } from "./decimal.ts";

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

const HASH_PREFIX = Buffer.from("Outliers");

/** Bytes of a number whose unsigned order is the numbers' order. */
function numberKey(text: string): number[] {
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

/** What DynamoDB hashes: the value's own bytes. */
function rawBytes(part: KeyPart): Uint8Array {
  if (part.type === "S") return Buffer.from(part.content);
  if (part.type === "B") return Buffer.from(part.content, "base64");
  const bytes = numberKey(part.content);
  // A negative mantissa of less than 20 bytes ends in 102, there as here.
  if ((bytes[0] as number) < 0x80 && bytes.length < 21) bytes.push(102);
  return Uint8Array.from(bytes);
}

/** Length in bytes of a key value: what DynamoDB limits. */
export function keyPartBytes(part: KeyPart): number {
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
    return Uint8Array.from(bytes);
  }
  return terminated(rawBytes(part));
}

function terminated(raw: Uint8Array): Uint8Array {
  const body = escaped(raw);
  const out = new Uint8Array(body.length + 2);
  out.set(body);
  return out;
}

/** Hash and partition key parts: the prefix of every key in the partition. */
export function partitionKey(parts: readonly KeyPart[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only?.type === "S") return textPartitionKey(only.content);
  const digest = hash("md5", Buffer.concat([HASH_PREFIX, ...parts.map(rawBytes)]), "buffer");
  return Buffer.concat([digest.subarray(0, PARTITION_HASH_BYTES), ...parts.map(closedPart)]);
}

/** As `partitionKey`, of one string: nearly all keys are, and each operation makes one. */
function textPartitionKey(text: string): Uint8Array {
  const bytes = Buffer.byteLength(text);
  const hashed = Buffer.allocUnsafe(HASH_PREFIX.length + bytes);
  hashed.set(HASH_PREFIX);
  hashed.write(text, HASH_PREFIX.length);
  const raw = hashed.subarray(HASH_PREFIX.length);
  const part = raw.includes(0) ? terminated(raw) : undefined;
  const key = Buffer.alloc(PARTITION_HASH_BYTES + (part?.length ?? bytes + 2));
  key.write(hash("md5", hashed, "binary").slice(0, PARTITION_HASH_BYTES), "latin1");
  key.set(part ?? raw, PARTITION_HASH_BYTES);
  return key;
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
