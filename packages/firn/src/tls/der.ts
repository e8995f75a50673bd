/** The few forms of ASN.1's distinguished encoding (DER, X.690) that a certificate is made of. */

/** One element; its contents in one piece. At most 64 KiB, which no certificate of ours nears. */
export function element(tag: number, contents: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(tag), lengthOf(contents.length), contents]);
}

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return element(0x30, Buffer.concat(members));
}

export function setOf(member: Uint8Array): Uint8Array {
  return element(0x31, member);
}

/** A constructed member `[n]`. */
export function tagged(number: number, contents: Uint8Array): Uint8Array {
  return element(0xa0 + number, contents);
}

/** Not negative: a leading bit of 1 would say so, and gets a zero before it. */
export function integer(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : magnitude.subarray(start);
  const isHigh = ((digits[0] ?? 0) & 0x80) !== 0;
  return element(0x02, isHigh ? Buffer.concat([Uint8Array.of(0), digits]) : digits);
}

export function boolean(value: boolean): Uint8Array {
  return element(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** Whole bytes of bits. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return element(0x03, Buffer.concat([Uint8Array.of(unusedBits), bytes]));
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return element(0x04, bytes);
}

export function utf8String(text: string): Uint8Array {
  return element(0x0c, Buffer.from(text));
}

/** `2.5.29.17`: the first two arcs share a number, each in base 128. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** UTC to the second: of two digits for the year until 2049, of four from then on (RFC 5280). */
export function time(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isShort = ms < Date.UTC(2050);
  return element(isShort ? 0x17 : 0x18, Buffer.from(isShort ? text.slice(2) : text));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

function lengthOf(bytes: number): Uint8Array {
  if (bytes < 0x80) return Uint8Array.of(bytes);
  if (bytes < 0x100) return Uint8Array.of(0x81, bytes);
  return Uint8Array.of(0x82, bytes >> 8, bytes & 0xff);
}
