/**
 * The data keys of a store, as its manifest has them: wrapped by a key that lies elsewhere. The
 * manifest is where they belong: two copies, replaced as a whole, in every backup. So there is no
 * moment at which a record names a key that is not durable, or at which the two could disagree.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { coreError } from "../errors.ts";
import type { Random } from "../platform/random.ts";
import { KEY_BYTES } from "./aead.ts";
import type { KeyProvider } from "./key-provider.ts";
import type { DataKeys } from "./sealer.ts";
import type { SealedFrom } from "./store-sealing.ts";

export interface WrappedKey {
  /** Counts the keys of a store, from 1: what sealed bytes name it by. */
  readonly id: number;
  readonly createdAtMs: number;
  /** The provider that can unwrap it. */
  readonly provider: string;
  /** Base64. */
  readonly wrapped: string;
  /**
   * 64 hex digits: HMAC-SHA256 under the key of the store's checksum id, the key's number, and
   * where sealing begins. It tells a wrong key from a right one, whatever a provider makes of it,
   * and that none of the three was changed.
   */
  readonly proof: string;
}

export interface EncryptionState {
  readonly from: SealedFrom;
  /** In the order of their numbers; the last one seals. None is ever dropped. */
  readonly keys: readonly WrappedKey[];
}

/** What a key is bound to. */
export interface KeyHome {
  readonly checksumId: string;
  readonly from: SealedFrom;
}

export interface NewKey {
  readonly id: number;
  readonly random: Random;
  readonly createdAtMs: number;
}

/** Draws a data key and wraps it. */
export function drawKey(
  provider: KeyProvider,
  home: KeyHome,
  { id, random, createdAtMs }: NewKey,
): Promise<WrappedKey> {
  return wrapKey(provider, home, { id, createdAtMs, key: random.bytes(KEY_BYTES) });
}

async function wrapKey(
  provider: KeyProvider,
  home: KeyHome,
  { id, createdAtMs, key }: Pick<NewKey, "id" | "createdAtMs"> & { readonly key: Uint8Array },
): Promise<WrappedKey> {
  const wrapped = Buffer.from(await provider.wrap(key)).toString("base64");
  return { id, createdAtMs, provider: provider.id, wrapped, proof: proofOf(key, home, id) };
}

/** @throws FIRN_ENCRYPTION_KEY_WRONG, FIRN_STORE_DAMAGED, or what the provider rejects with. */
export async function unlockKeys(
  provider: KeyProvider,
  checksumId: string,
  { from, keys: wrapped }: EncryptionState,
): Promise<DataKeys> {
  const keys = new Map<number, Uint8Array>();
  let newest = 0;
  for (const stored of wrapped) {
    const key = await provider.unwrap(Buffer.from(stored.wrapped, "base64"));
    if (key === undefined || key.length !== KEY_BYTES) throw wrongKey(provider, stored);
    if (!isProven(key, { checksumId, from }, stored)) throw wrongKey(provider, stored);
    keys.set(stored.id, key);
    newest = Math.max(newest, stored.id);
  }
  if (newest > 0) return { newest, keys };
  throw coreError("FIRN_STORE_DAMAGED", "the manifest says encrypted, and has no key");
}

/** The same keys wrapped by another provider, and a new one for what is written from now on. */
export async function rewrapKeys(
  provider: KeyProvider,
  home: KeyHome,
  change: {
    readonly state: EncryptionState;
    readonly unlocked: DataKeys;
    readonly fresh: Omit<NewKey, "id">;
  },
): Promise<EncryptionState> {
  const { state, unlocked, fresh } = change;
  const keys: WrappedKey[] = [];
  for (const { id, createdAtMs } of state.keys) {
    const key = unlocked.keys.get(id) as Uint8Array;
    keys.push(await wrapKey(provider, home, { id, createdAtMs, key }));
  }
  keys.push(await drawKey(provider, home, { ...fresh, id: unlocked.newest + 1 }));
  return { from: state.from, keys };
}

function isProven(key: Uint8Array, home: KeyHome, { id, proof }: WrappedKey): boolean {
  const [expected, found] = [Buffer.from(proofOf(key, home, id)), Buffer.from(proof)];
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function proofOf(key: Uint8Array, { checksumId, from }: KeyHome, id: number): string {
  const text = `firn data key ${checksumId} ${id} ${from.lsn} ${from.position}`;
  return createHmac("sha256", key).update(text).digest("hex");
}

function wrongKey({ id }: KeyProvider, { provider, id: dataKey }: WrappedKey): Error {
  const message =
    id === provider
      ? `this store does not open with ${id}: it is not the one that it was encrypted with`
      : `this store does not open with ${id}: it was encrypted with ${provider}`;
  const detail = { given: id, wanted: provider, dataKey };
  return coreError("FIRN_ENCRYPTION_KEY_WRONG", message, { detail });
}
