import { createCipheriv, createDecipheriv } from "node:crypto";
import type { BlobId, BlobRange, Blobs } from "@firn/core";
import { objectError } from "../errors.ts";

/**
 * Bytes of a blob, encrypted with AES-256-GCM in units that can be read alone.
 *
 *     unit = ciphertext of up to 65,520 bytes, then its tag of 16
 *
 * so that a unit is as long as the unit that the store checks, and begins where that one begins: a
 * range costs at most one unit more at either end. Every blob has a key of its own, so that the
 * nonce is a mere count:
 *
 *     nonce = 7 bytes 0, 1 for the last unit (else 0), unit's index as u32 big-endian
 *
 * A unit moved, dropped, or cut off at the end fails its tag.
 */

const TAG_BYTES = 16;
/** As long as a checked unit of a blob. */
const UNIT_BYTES: number = 64 * 1024;
const PLAIN_BYTES: number = UNIT_BYTES - TAG_BYTES;
const ALGORITHM = "aes-256-gcm";

/** The encrypted form of `bytes`, which may be empty. */
export function sealBytes(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const units: Uint8Array[] = [];
  const count = unitCount(bytes.length);
  for (let index = 0; index < count; index++) {
    const plain = bytes.subarray(index * PLAIN_BYTES, (index + 1) * PLAIN_BYTES);
    units.push(...sealUnit(key, nonceOf(index, index === count - 1), plain));
  }
  return Buffer.concat(units);
}

/** As `sealBytes`, of bytes that come in any pieces; holds one unit. */
export async function* sealStream(
  key: Uint8Array,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const room = Buffer.allocUnsafe(PLAIN_BYTES);
  let used = 0;
  let index = 0;
  for await (const chunk of source) {
    let at = 0;
    while (at < chunk.length) {
      // Only what follows tells whether a full unit is the last one.
      if (used === PLAIN_BYTES) {
        yield Buffer.concat(sealUnit(key, nonceOf(index++, false), room));
        used = 0;
      }
      const piece = chunk.subarray(at, at + PLAIN_BYTES - used);
      room.set(piece, used);
      used += piece.length;
      at += piece.length;
    }
  }
  if (used > 0) yield Buffer.concat(sealUnit(key, nonceOf(index, true), room.subarray(0, used)));
}

/** An encrypted blob and the range of its plain bytes that is wanted. */
export interface SealedRange {
  readonly blob: BlobId;
  /** Plain bytes of the whole blob. */
  readonly size: number;
  readonly key: Uint8Array;
  readonly start: number;
  /** Behind the last one. */
  readonly end: number;
}

/** The plain bytes of the range. @throws FIRN_OBJECT_SEAL_BROKEN when a unit fails its tag. */
export async function* openRange(blobs: Blobs, range: SealedRange): AsyncGenerator<Uint8Array> {
  const { blob, size, key, start, end } = range;
  const last = unitCount(size) - 1;
  let index = Math.floor(start / PLAIN_BYTES);
  for await (const unit of unitsOf(blobs.read(blob, storedRange(range)))) {
    const plain = openUnit(key, nonceOf(index, index === last), unit);
    const base = index * PLAIN_BYTES;
    yield plain.subarray(Math.max(start - base, 0), Math.min(end - base, plain.length));
    index++;
  }
}

function storedRange({ size, start, end }: SealedRange): BlobRange {
  const stored = size + unitCount(size) * TAG_BYTES;
  const first = Math.floor(start / PLAIN_BYTES) * UNIT_BYTES;
  return { start: first, end: Math.min(Math.ceil(end / PLAIN_BYTES) * UNIT_BYTES, stored) };
}

async function* unitsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of source) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (bytes.length >= UNIT_BYTES) {
      yield bytes.subarray(0, UNIT_BYTES);
      bytes = bytes.subarray(UNIT_BYTES);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield rest;
}

function unitCount(size: number): number {
  return Math.ceil(size / PLAIN_BYTES);
}

function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce[7] = isLast ? 1 : 0;
  nonce.writeUInt32BE(index, 8);
  return nonce;
}

function sealUnit(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array[] {
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  return [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
}

function openUnit(key: Uint8Array, nonce: Uint8Array, unit: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(ALGORITHM, key, nonce);
  const end = unit.length - TAG_BYTES;
  try {
    decipher.setAuthTag(unit.subarray(end));
    const plain = decipher.update(unit.subarray(0, end));
    decipher.final();
    return plain;
  } catch (cause) {
    const text = "The encrypted bytes of the object do not match their key.";
    throw objectError("FIRN_OBJECT_SEAL_BROKEN", text, { cause });
  }
}
