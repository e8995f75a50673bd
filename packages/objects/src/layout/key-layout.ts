import { prefixEnd } from "@firn/core";
import { objectError } from "../errors.ts";
import { ORDER_DIGITS } from "./version-order.ts";

/**
 * The keys of one bucket's key space, each starting with one byte that says what it is:
 *
 *     h <key>                          the current version: what GET, HEAD and ListObjects read
 *     v <key> 00 00 <order>            older versions and delete markers, newest first
 *     n <key>                          the order of the null version, when it lies under `v`
 *     m <manifest id>                  the parts of an object that has many
 *     u <key> 00 00 <upload id>        an open multipart upload
 *     p <upload id> <part number>      an uploaded part
 *     c <name>                         a configuration of the bucket that is a document
 *     q                                what it holds, of a bucket with a quota
 *     b                                what it was used for, by month, for bills
 *
 * The current version stands apart from the older ones, so that a PUT is one write, a GET one read
 * and a listing a dense scan, however many versions a key has. A key whose newest version is a
 * delete marker has no `h`: the marker is the first of its `v`. A listing of versions merges `h`
 * and `v`, both in the order of keys. `<order>` is that of `version-order.ts` as 8 bytes, inverted.
 *
 * `<key>` behind `h` is plain UTF-8: nothing follows it, so that byte order is S3's order. Where
 * something follows, 00 inside the key is written as 00 FF and 00 00 ends it.
 */

const HEAD = 0x68;
const VERSION = 0x76;
const NULL_ORDER = 0x6e;
const MANIFEST = 0x6d;
const UPLOAD = 0x75;
const PART = 0x70;
const CONFIGURATION = 0x63;
const QUOTA = 0x71;
const USE = 0x62;

/** Upload and manifest ids are text of this many bytes, so that they need no end mark. */
export const ID_BYTES = 32;
const ORDER_BYTES: number = ORDER_DIGITS / 2;

export function headKey(key: string): Uint8Array {
  return Buffer.from(`h${key}`);
}

export function versionKey(key: string, order: string): Uint8Array {
  return Buffer.concat([versionsPrefix(key), inverted(Buffer.from(order, "hex"))]);
}

/** What the keys of all older versions of a key start with. */
export function versionsPrefix(key: string): Uint8Array {
  return tagged(VERSION, Buffer.concat([escaped(key), END]));
}

export function versionOrderOf(key: Uint8Array): string {
  return Buffer.from(inverted(key.subarray(key.length - ORDER_BYTES))).toString("hex");
}

export function nullOrderKey(key: string): Uint8Array {
  return tagged(NULL_ORDER, Buffer.from(key));
}

export function manifestKey(manifestId: string): Uint8Array {
  return tagged(MANIFEST, Buffer.from(manifestId));
}

export function uploadKey(key: string, uploadId: string): Uint8Array {
  return tagged(UPLOAD, Buffer.concat([escaped(key), END, Buffer.from(uploadId)]));
}

export function partKey(uploadId: string, partNumber: number): Uint8Array {
  const out = Buffer.allocUnsafe(1 + ID_BYTES + 2);
  out[0] = PART;
  out.write(uploadId, 1, ID_BYTES, "latin1");
  out.writeUInt16BE(partNumber, 1 + ID_BYTES);
  return out;
}

export function configurationKey(name: string): Uint8Array {
  return tagged(CONFIGURATION, Buffer.from(name));
}

export function quotaKey(): Uint8Array {
  return Uint8Array.of(QUOTA);
}

export function useKey(): Uint8Array {
  return Uint8Array.of(USE);
}

/** What the keys of all parts of an upload start with. */
export function partsPrefix(uploadId: string): Uint8Array {
  return partKey(uploadId, 0).subarray(0, 1 + ID_BYTES);
}

export function partNumberOf(key: Uint8Array): number {
  return ((key[1 + ID_BYTES] ?? 0) << 8) | (key[2 + ID_BYTES] ?? 0);
}

/** How one family of keys is listed: the two ways between names and bytes. */
export interface ListedKeys {
  /** What the keys of all names that start with `prefix` start with. */
  prefix(prefix: string): Uint8Array;
  name(key: Uint8Array): string;
  /** The first possible key behind all those of `name`. */
  behind(name: string): Uint8Array;
}

export const headKeys: ListedKeys = {
  prefix: headKey,
  name: (key) => text(key, 1),
  behind: (name) => behindKey(headKey(name)),
};

export const versionKeys: ListedKeys = {
  prefix: (prefix) => tagged(VERSION, escaped(prefix)),
  name: (key) => escapedName(key, ORDER_BYTES),
  behind: (name) => behindPrefix(versionsPrefix(name)),
};

/**
 * The range of `h` that a bound among the keys of `v` stands for, taking the current version for
 * one that comes before all older ones of its key.
 */
export function headBound(bound: Uint8Array): Uint8Array {
  for (let at = 1; at < bound.length; at++) {
    if (bound[at] !== 0 || bound[at + 1] === 0xff) continue;
    const head = tagged(HEAD, unescaped(bound.subarray(1, at)));
    const isBeforeVersions = bound[at + 1] === 0 && bound.length <= at + END.length + ORDER_BYTES;
    const order = bound.subarray(at + END.length);
    return isBeforeVersions && order.every((byte) => byte === 0) ? head : behindKey(head);
  }
  // The end of all keys of `v` is the tag behind it.
  const tag = HEAD + (bound[0] ?? VERSION) - VERSION;
  return tagged(tag, unescaped(bound.subarray(1)));
}

export const uploadKeys: ListedKeys = {
  prefix: (prefix) => tagged(UPLOAD, escaped(prefix)),
  name: (key) => escapedName(key, ID_BYTES),
  behind: (name) => behindPrefix(tagged(UPLOAD, Buffer.concat([escaped(name), END]))),
};

export function uploadIdOf(key: Uint8Array): string {
  return text(key, key.length - ID_BYTES);
}

/** The first possible key behind all that start with `prefix`; our tags are never FF. */
export function behindPrefix(prefix: Uint8Array): Uint8Array {
  const end = prefixEnd(prefix);
  if (end !== undefined) return end;
  throw objectError("FIRN_OBJECT_KEY_INVALID", "A prefix of bytes FF alone has no end.");
}

/** The first possible key behind this one. */
export function behindKey(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Buffer.from([0])]);
}

const END = Buffer.from([0, 0]);

function tagged(tag: number, rest: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(1 + rest.length);
  out[0] = tag;
  out.set(rest, 1);
  return out;
}

function escaped(key: string): Uint8Array {
  const plain = Buffer.from(key);
  if (!plain.includes(0)) return plain;
  return Buffer.from([...plain].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte])));
}

/** The name in a key that ends with the mark and `restBytes` more. */
function escapedName(key: Uint8Array, restBytes: number): string {
  const name = key.subarray(1, key.length - restBytes - END.length);
  return name.includes(0) ? text(unescaped(name), 0) : text(name, 0);
}

function inverted(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

/** Drops the FF behind each 00. */
function unescaped(bytes: Uint8Array): Uint8Array {
  return bytes.filter((_byte, index) => index === 0 || bytes[index - 1] !== 0);
}

function text(bytes: Uint8Array, start: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8", start);
}
