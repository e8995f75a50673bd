/**
 * Messages that only the store's keys open: AES-256-GCM with what they are bound to as additional
 * data.
 *
 *     0             4                16          20                        20 + bytes
 *     +-------------+----------------+-----------+-------------------------+---------+
 *     | data key u32| salt, 12 bytes | number u32| ciphertext              | tag 16  |
 *     +-------------+----------------+-----------+-------------------------+---------+
 *
 * A nonce must never come twice under one key, after a crash, a restored backup or a copied
 * directory neither: nothing that is counted on the disk promises that. So each opening draws a
 * salt and seals under a key of its own, HKDF-SHA256 of the data key and the salt, where counting
 * from 0 is enough; with message 2^32 it draws the next salt. The salt travels with each message:
 * 12 bytes, against a list of openings that must be durable before the first write and grows for
 * ever.
 */
import { hkdfSync } from "node:crypto";
import { LRUCache } from "lru-cache";
import { SEAL_KEYS_CACHED, SEAL_MESSAGES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import { latin1 } from "../index/memtable.ts";
import { asBuffer } from "../log/bytes.ts";
import type { Random } from "../platform/random.ts";
import type { KeySpaceId } from "../store-api.ts";
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES, decrypt, encryptInto } from "./aead.ts";

const SALT_BYTES = 12;
const SALT_AT = 4;
const NUMBER_AT: number = SALT_AT + SALT_BYTES;
const HEAD_BYTES: number = NUMBER_AT + 4;

/** The number of a store's first data key. */
export const FIRST_KEY = 1;
/** What a sealed message is longer than its bytes. */
export const SEAL_BYTES: number = HEAD_BYTES + TAG_BYTES;
/** Where the ciphertext begins: bytes that lie there are sealed where they are. */
export const SEAL_HEAD_BYTES: number = HEAD_BYTES;

/** Data keys by number, the newest of which seals. */
export interface DataKeys {
  readonly newest: number;
  readonly keys: ReadonlyMap<number, Uint8Array>;
}

/** Seals and opens messages. Another implementation refuses: a store that is open without keys. */
export interface MessageSealer {
  /** Writes `bytes.length + SEAL_BYTES`; the bytes may lie at `SEAL_HEAD_BYTES` of it. */
  sealInto(bound: Uint8Array, bytes: Uint8Array, into: Buffer): void;
  /** @throws FIRN_SEAL_BROKEN. */
  open(bound: Uint8Array, sealed: Uint8Array): Buffer;
  /**
   * Bytes for the keys of a stream, for as long as the store lives: of its first data key, since
   * what they seal names none.
   */
  streamKeys(space: KeySpaceId, bytes: number): Uint8Array;
}

export interface SealerHome extends DataKeys {
  /** What keys of this store are derived with: those of another one open nothing. */
  readonly checksumId: string;
  readonly random: Random;
  /** Messages under one salt. Default 2^32. */
  readonly messagesMax?: number | undefined;
}

interface Session {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
  next: number;
}

export class GcmSealer implements MessageSealer {
  readonly #home: SealerHome;
  readonly #info: Buffer;
  readonly #messagesMax: number;
  /** Derived keys of messages that were opened, by data key and salt. */
  readonly #derived = new LRUCache<string, Uint8Array>({ max: SEAL_KEYS_CACHED });
  readonly #nonce: Buffer = Buffer.alloc(NONCE_BYTES);
  #session: Session | undefined;

  constructor(home: SealerHome) {
    this.#home = home;
    this.#info = Buffer.from(`firn seal 1 ${home.checksumId}`);
    this.#messagesMax = home.messagesMax ?? SEAL_MESSAGES_MAX;
  }

  sealInto(bound: Uint8Array, bytes: Uint8Array, into: Buffer): void {
    const session = this.#current();
    const number = session.next++;
    into.writeUInt32LE(this.#home.newest, 0);
    into.set(session.salt, SALT_AT);
    into.writeUInt32LE(number, NUMBER_AT);
    const use = { key: session.key, nonce: this.#nonceOf(number), bound };
    encryptInto(use, bytes, into.subarray(HEAD_BYTES));
  }

  open(bound: Uint8Array, sealed: Uint8Array): Buffer {
    const from = asBuffer(sealed);
    if (from.length < SEAL_BYTES) throw sealBroken();
    const key = this.#keyOf(from);
    const nonce = this.#nonceOf(from.readUInt32LE(NUMBER_AT));
    const bytes = decrypt({ key, nonce, bound }, from.subarray(HEAD_BYTES));
    if (bytes === undefined) throw sealBroken();
    return bytes;
  }

  streamKeys(space: KeySpaceId, bytes: number): Uint8Array {
    const { keys, checksumId } = this.#home;
    const first = keys.get(FIRST_KEY);
    if (first === undefined) throw sealBroken();
    const info = Buffer.from(`firn units 1 ${checksumId} ${space}`);
    return Buffer.from(hkdfSync("sha256", first, Buffer.alloc(0), info, bytes));
  }

  #current(): Session {
    if (this.#session !== undefined && this.#session.next < this.#messagesMax) return this.#session;
    const salt = this.#home.random.bytes(SALT_BYTES);
    this.#session = { salt, key: this.#derive(this.#home.newest, salt), next: 0 };
    return this.#session;
  }

  #keyOf(message: Buffer): Uint8Array {
    const name = latin1(message.subarray(0, NUMBER_AT));
    const known = this.#derived.get(name);
    if (known !== undefined) return known;
    const key = this.#derive(message.readUInt32LE(0), message.subarray(SALT_AT, NUMBER_AT));
    this.#derived.set(name, key);
    return key;
  }

  /** @throws FIRN_SEAL_BROKEN when there is no such data key. */
  #derive(id: number, salt: Uint8Array): Uint8Array {
    const dataKey = this.#home.keys.get(id);
    if (dataKey === undefined) throw sealBroken();
    return Buffer.from(hkdfSync("sha256", dataKey, salt, this.#info, KEY_BYTES));
  }

  #nonceOf(number: number): Uint8Array {
    this.#nonce.writeUInt32LE(number, 0);
    return this.#nonce;
  }
}

/** Of a store that was opened without its keys: what is sealed stays so, and nothing is added. */
export const lockedSealer: MessageSealer = {
  sealInto(): never {
    throw keyRequired();
  },
  open(): never {
    throw keyRequired();
  },
  streamKeys(): never {
    throw keyRequired();
  },
};

export function keyRequired(): Error {
  const message = "the store is encrypted: it takes its key to read or write what is in it";
  return coreError("FIRN_ENCRYPTION_KEY_REQUIRED", message);
}

export function sealBroken(): Error {
  const message =
    "sealed bytes do not open, though their checksum holds: they were changed or put elsewhere, " +
    "or the list of keys is not theirs; run `firn check`";
  return coreError("FIRN_SEAL_BROKEN", message);
}
