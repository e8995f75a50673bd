/** Parts of a key: text, a whole number from 0 to 2^53 - 1, or bytes. */
export type KeyPart = string | number | Uint8Array;

/**
 * A key from parts, such that keys sort by their parts, one after the other: text by its UTF-8
 * bytes, numbers by value, bytes as unsigned. Text and bytes end with 00 00 and write a 00 inside
 * as 00 FF, so no key is a prefix of another with more parts of its own.
 */
export function encodeKey(...parts: readonly KeyPart[]): Uint8Array {
  const encoded = parts.map(encodePart);
  return encoded.length === 1 ? (encoded[0] as Buffer) : Buffer.concat(encoded);
}

/** The first key behind all that begin with `prefix`; `undefined` when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte !== 0xff);
  if (last < 0) return undefined;
  const end = Uint8Array.prototype.slice.call(prefix, 0, last + 1);
  end[last] = (end[last] as number) + 1;
  return end;
}

/** The parts of a key again, by their kinds. */
export function decodeKey(key: Uint8Array, kinds: readonly KeyPartKind[]): KeyPart[] {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  const parts: KeyPart[] = [];
  let at = 0;
  for (const kind of kinds) {
    if (kind === "number") {
      parts.push(Number(bytes.readBigUInt64BE(at)));
      at += 8;
      continue;
    }
    const end = terminator(bytes, at);
    const raw = unescape(bytes.subarray(at, end));
    parts.push(kind === "text" ? raw.toString("utf8") : raw);
    at = end + 2;
  }
  return parts;
}

export type KeyPartKind = "text" | "number" | "bytes";

function encodePart(part: KeyPart): Buffer {
  if (typeof part === "number") {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(BigInt(part));
    return bytes;
  }
  const raw = typeof part === "string" ? Buffer.from(part, "utf8") : Buffer.from(part);
  if (!raw.includes(0)) {
    const bytes = Buffer.alloc(raw.length + 2);
    bytes.set(raw);
    return bytes;
  }
  const escaped: number[] = [];
  for (const byte of raw) {
    escaped.push(byte);
    if (byte === 0) escaped.push(0xff);
  }
  escaped.push(0, 0);
  return Buffer.from(escaped);
}

function terminator(bytes: Buffer, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0) continue;
    if (bytes[at + 1] === 0) return at;
    at++;
  }
  return bytes.length;
}

function unescape(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return bytes;
  return Buffer.from(bytes.filter((byte, at) => !(byte === 0xff && bytes[at - 1] === 0)));
}
