import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { encodeKey, packValue, unpackValue } from "@firn/core";
import type { KeySpaceId, Store } from "@firn/core";
import { ENCRYPTION_KEYS_MAX } from "./constants.ts";
import { identityError } from "./identity-error.ts";
import type {
  CreateEncryptionKeyOptions,
  EncryptionKey,
  EncryptionKeyName,
  KeyRingOptions,
  KeyUse,
  WrappedByKey,
} from "./key-ring-types.ts";

/** A key as it is stored; its bytes are wrapped when there is a master key. */
interface StoredKey extends EncryptionKey {
  readonly material: Uint8Array;
  readonly wrapped: boolean;
}

const SPACE = "keyring";
/** The name of the store's own key, beside the ARNs of the others. */
const OWN = "own";
const KEY_BYTES = 32;
const WRAP = "id-aes256-wrap";
/** The initial value of RFC 3394, section 2.2.3.1. */
const WRAP_INITIAL = Buffer.alloc(8, 0xa6);
const DEFAULT_REGION = "us-east-1";
const KEY_ID = /^[A-Za-z0-9_-]{1,128}$/;
const ARN = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):key\/([A-Za-z0-9_-]{1,128})$/;

/**
 * Keys that wrap keys: the store's own, and named ones of accounts. The bytes of a key never leave
 * it. Changes resolve after fdatasync. One ring per store; all keys are kept in memory.
 */
export class LocalKeyRing {
  readonly #store: Store;
  readonly #space: KeySpaceId;
  readonly #master: Uint8Array | undefined;
  /** By ARN, and the store's own by `own`. */
  readonly #keys = new Map<string, StoredKey>();

  /** @throws FIRN_MASTER_KEY_WRONG. */
  static async open({ store, masterKey }: KeyRingOptions): Promise<LocalKeyRing> {
    const space = await store.openKeySpace(SPACE);
    const ring = new LocalKeyRing(store, space, masterKey);
    using view = store.view();
    for await (const { value } of view.range(space)) ring.#keep(unpackValue<StoredKey>(value));
    if (!ring.#keys.has(OWN)) await ring.#put({ ...ring.#draw(OWN), keyId: OWN });
    ring.#bytesOf(ring.#keys.get(OWN) as StoredKey);
    return ring;
  }

  private constructor(store: Store, space: KeySpaceId, masterKey: Uint8Array | undefined) {
    if (masterKey !== undefined && masterKey.length !== KEY_BYTES) throw wrongMasterKey();
    this.#store = store;
    this.#space = space;
    this.#master = masterKey;
  }

  /**
   * Makes a named key.
   * @throws FIRN_KEY_EXISTS, FIRN_IDENTITY_INVALID for an id that breaks its rule,
   * FIRN_IDENTITY_LIMIT above 10,000 keys.
   */
  async createKey(options: CreateEncryptionKeyOptions): Promise<EncryptionKey> {
    const { accountId, region = DEFAULT_REGION, keyId = this.#drawId() } = options;
    if (!KEY_ID.test(keyId)) {
      throw identityError("FIRN_IDENTITY_INVALID", `not a key id: ${keyId}`, { keyId });
    }
    const arn = arnOf({ accountId, region }, keyId);
    if (this.#keys.has(arn)) {
      throw identityError("FIRN_KEY_EXISTS", `there is a key ${arn} already`, { arn });
    }
    const key: StoredKey = { ...this.#draw(arn), keyId, accountId, region, manager: "customer" };
    await this.#put(key);
    return shown(key);
  }

  /** All keys of an account, by ARN. */
  listKeys({ accountId }: { readonly accountId: string }): EncryptionKey[] {
    const own = [...this.#keys.values()].filter((key) => key.accountId === accountId);
    return own.map(shown).toSorted((one, other) => (one.arn < other.arn ? -1 : 1));
  }

  /** A disabled key wraps and unwraps nothing until it is enabled. @throws FIRN_KEY_NOT_FOUND. */
  async setKeyEnabled(options: EncryptionKeyName & { readonly enabled: boolean }): Promise<void> {
    const { arn, enabled } = options;
    const key = this.#keys.get(arn);
    if (key === undefined || arn === OWN) throw notFound(arn);
    await this.#put({ ...key, enabled });
  }

  /** Wraps 32 bytes with the store's own key. */
  wrapOwn(key: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(wrap(this.#bytesOf(this.#keys.get(OWN) as StoredKey), key));
  }

  /** @throws FIRN_KEY_CIPHERTEXT_INVALID. */
  unwrapOwn(wrapped: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(unwrap(this.#bytesOf(this.#keys.get(OWN) as StoredKey), wrapped));
  }

  /** @throws FIRN_KEY_NOT_FOUND, FIRN_KEY_DISABLED, FIRN_KEY_ACCESS_DENIED. */
  async wrap(key: Uint8Array, use: KeyUse): Promise<WrappedByKey> {
    const named = use.keyId === undefined ? await this.#managedKey(use) : this.#usable(use);
    return { keyId: named.arn, wrapped: wrap(bound(this.#bytesOf(named), use), key) };
  }

  /** As `wrap`; @throws FIRN_KEY_CIPHERTEXT_INVALID too. */
  async unwrap(wrapped: Uint8Array, use: KeyUse): Promise<Uint8Array> {
    const named = use.keyId === undefined ? await this.#managedKey(use) : this.#usable(use);
    return unwrap(bound(this.#bytesOf(named), use), wrapped);
  }

  async #managedKey({ accountId, region }: KeyUse): Promise<StoredKey> {
    for (const key of this.#keys.values()) {
      const own = key.accountId === accountId && key.region === region;
      if (own && key.manager === "S3" && key.arn !== OWN) return key;
    }
    const keyId = this.#drawId();
    const arn = arnOf({ accountId, region }, keyId);
    const made: StoredKey = { ...this.#draw(arn), keyId, accountId, region, manager: "S3" };
    await this.#put(made);
    return made;
  }

  #usable(use: KeyUse): StoredKey {
    const named = use.keyId ?? "";
    const arn = ARN.test(named) ? named : arnOf(use, named);
    const key = this.#keys.get(arn);
    if (ARN.exec(arn)?.[2] !== use.accountId) {
      throw identityError("FIRN_KEY_ACCESS_DENIED", `the key ${arn} is another account's`, { arn });
    }
    if (key === undefined) throw notFound(arn);
    if (key.enabled) return key;
    throw identityError("FIRN_KEY_DISABLED", `${arn} is disabled.`, { arn });
  }

  #draw(arn: string): StoredKey {
    const bytes = this.#store.random.bytes(KEY_BYTES);
    return {
      arn,
      keyId: arn,
      accountId: "",
      region: "",
      enabled: true,
      manager: "S3",
      createdAtMs: this.#store.clock.now(),
      material: this.#master === undefined ? bytes : wrap(this.#master, bytes),
      wrapped: this.#master !== undefined,
    };
  }

  #drawId(): string {
    const hex = Buffer.from(this.#store.random.bytes(16)).toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  #bytesOf({ material, wrapped }: StoredKey): Uint8Array {
    if (wrapped !== (this.#master !== undefined)) throw wrongMasterKey();
    if (this.#master === undefined) return material;
    try {
      return unwrap(this.#master, material);
    } catch (cause) {
      throw wrongMasterKey(cause);
    }
  }

  async #put(key: StoredKey): Promise<void> {
    if (this.#keys.size >= ENCRYPTION_KEYS_MAX && !this.#keys.has(key.arn)) {
      const message = `at most ${ENCRYPTION_KEYS_MAX} encryption keys`;
      throw identityError("FIRN_IDENTITY_LIMIT", message);
    }
    await this.#store.transact((tx) => {
      tx.put(this.#space, encodeKey(key.arn), packValue(key));
    });
    this.#keep(key);
  }

  #keep(key: StoredKey): void {
    this.#keys.set(key.arn, key);
  }
}

function arnOf(of: { readonly accountId: string; readonly region: string }, id: string): string {
  return `arn:aws:kms:${of.region}:${of.accountId}:key/${id}`;
}

function shown(key: StoredKey): EncryptionKey {
  const { keyId, arn, accountId, region, enabled, manager, createdAtMs } = key;
  return { keyId, arn, accountId, region, enabled, manager, createdAtMs };
}

/** The context is bound by a key that is derived from it. */
function bound(key: Uint8Array, { context = {} }: KeyUse): Uint8Array {
  const names = Object.keys(context).toSorted();
  const text = JSON.stringify(names.map((name) => [name, context[name]]));
  return createHmac("sha256", key).update(text).digest();
}

function wrap(wrapping: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(WRAP, wrapping, WRAP_INITIAL);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}

function unwrap(wrapping: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(WRAP, wrapping, WRAP_INITIAL);
  try {
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    const message = "what is to be unwrapped was wrapped by another key or under another context";
    throw identityError("FIRN_KEY_CIPHERTEXT_INVALID", message);
  }
}

function notFound(arn: string): Error {
  return identityError("FIRN_KEY_NOT_FOUND", `Key '${arn}' does not exist`, { arn });
}

function wrongMasterKey(cause?: unknown): Error {
  const message =
    "The key ring needs the master key that it was made with, 32 bytes, or none if it had none.";
  return identityError("FIRN_MASTER_KEY_WRONG", message, cause === undefined ? {} : { cause });
}
