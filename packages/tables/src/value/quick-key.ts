import type { KeySchema } from "../catalog/table-record.ts";
import { PARTITION_HASH_BYTES } from "../constants.ts";
import { SHORT_TEXT_MAX, partitionHash } from "./partition-hash.ts";

/** Base-100 digits of the largest integer that is exact in a double, mark and end. */
const INTEGER_BYTES_MAX = 10;
/** Positive integers below are exact in a double, and have at most 15 digits. */
const INTEGER_MAX = 1e15;
const TERMINATOR_BYTES = 2;

/**
 * The bytes of a key of the kind that nearly all are: a short text in ASCII, and with it perhaps
 * another or a positive integer. One pass, no parts, and no check that could fail: whatever is not
 * of that kind is `undefined` here, and goes the long way, which knows all keys and all errors.
 */
export function quickKey(
  key: KeySchema,
  partition: unknown,
  sort: unknown,
): Uint8Array | undefined {
  if (typeof partition !== "string" || partition === "") return undefined;
  const hash = partitionHash(partition);
  if (hash === undefined) return undefined;
  const behind = PARTITION_HASH_BYTES + partition.length + TERMINATOR_BYTES;
  const wanted = key.sort[0];
  if (wanted === undefined) return begun(partition, hash, behind);
  if (wanted.type === "N") {
    if (typeof sort !== "number" || !isShortInteger(sort)) return undefined;
    const bytes = begun(partition, hash, behind + INTEGER_BYTES_MAX);
    return bytes.subarray(0, writeInteger(bytes, sort, behind));
  }
  if (wanted.type !== "S" || typeof sort !== "string" || !isShortText(sort)) return undefined;
  const bytes = begun(partition, hash, behind + sort.length + TERMINATOR_BYTES);
  writeText(bytes, sort, behind);
  return bytes;
}

function isShortInteger(value: number): boolean {
  return value > 0 && value < INTEGER_MAX && Number.isInteger(value);
}

function isShortText(text: string): boolean {
  if (text === "" || text.length > SHORT_TEXT_MAX) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0x7f) return false;
  }
  return true;
}

/** Hash and partition part, with room up to `length`. */
function begun(partition: string, hash: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  bytes[0] = hash;
  bytes[1] = hash >>> 8;
  bytes[2] = hash >>> 16;
  bytes[3] = hash >>> 24;
  writeText(bytes, partition, PARTITION_HASH_BYTES);
  return bytes;
}

function writeText(bytes: Uint8Array, text: string, at: number): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  bytes[at + text.length] = 0;
  bytes[at + text.length + 1] = 0;
}

/** Exponent, pairs of digits plus one without the zeros that end it, NUL. Returns the end. */
function writeInteger(bytes: Uint8Array, value: number, at: number): number {
  let rest = value;
  let pairs = 0;
  let kept = 0;
  for (let left = value; left > 0; left = Math.floor(left / 100)) pairs++;
  bytes[at] = 0xc0 + pairs;
  for (let i = pairs; i > 0; i--) {
    const pair = rest % 100;
    rest = Math.floor(rest / 100);
    if (pair > 0 && kept === 0) kept = i;
    bytes[at + i] = pair + 1;
  }
  bytes[at + kept + 1] = 0;
  return at + kept + 2;
}
