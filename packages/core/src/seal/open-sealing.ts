import type { Manifest, ManifestState } from "../log/manifest.ts";
import { ENCRYPTION_FEATURE, checksumIdOf } from "../log/manifest.ts";
import type { Random } from "../platform/random.ts";
import { drawKey, unlockKeys } from "./data-keys.ts";
import type { EncryptionState } from "./data-keys.ts";
import type { KeyProvider } from "./key-provider.ts";
import { GcmSealer, SEAL_BYTES, keyRequired, lockedSealer } from "./sealer.ts";
import { StoreSealing } from "./store-sealing.ts";
import type { SealedFrom } from "./store-sealing.ts";

export interface EncryptionOptions {
  /** Who keeps the key. */
  readonly keys: KeyProvider;
}

/**
 * `locked`: an encrypted store is opened without its key, for what needs none: compaction, scrub,
 * backup, status. What is sealed cannot be read, nor anything added.
 */
export type EncryptionOption = EncryptionOptions | "locked" | undefined;

export interface SealingHome {
  readonly manifest: Manifest;
  readonly random: Random;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** What is known of a store's encryption before its log has been read. */
export interface Sealing {
  /** What sealed values are longer by; 0 in a plain store. */
  readonly overheadBytes: number;
  /**
   * Before anything is written: `undefined` in a plain store. One that gets a key for the first
   * time is sealed from `at` on, and its manifest says so when this resolves.
   */
  begin(at: SealedFrom): Promise<StoreSealing | undefined>;
}

/** @throws FIRN_ENCRYPTION_KEY_REQUIRED, FIRN_ENCRYPTION_KEY_WRONG. */
export async function openSealing(option: EncryptionOption, home: SealingHome): Promise<Sealing> {
  const { encryption } = home.manifest.state;
  if (encryption !== undefined) {
    const sealing = await unlock(option, home, encryption);
    return { overheadBytes: SEAL_BYTES, begin: () => Promise.resolve(sealing) };
  }
  if (option === undefined || option === "locked") {
    return { overheadBytes: 0, begin: () => Promise.resolve(undefined) };
  }
  return { overheadBytes: SEAL_BYTES, begin: (at) => switchOn(option, home, at) };
}

/** Of a store that is being made: all of it will be sealed. */
export async function newEncryption(
  { keys }: EncryptionOptions,
  checksumId: string,
  fresh: { readonly random: Random; readonly createdAtMs: number },
): Promise<EncryptionState> {
  const from = { lsn: 0, position: 0 };
  return { from, keys: [await drawKey(keys, { checksumId, from }, { ...fresh, id: 1 })] };
}

async function unlock(
  option: EncryptionOption,
  { manifest, random }: SealingHome,
  encryption: EncryptionState,
): Promise<StoreSealing> {
  if (option === undefined) throw keyRequired();
  if (option === "locked") return new StoreSealing(lockedSealer, encryption.from);
  const checksumId = checksumIdOf(manifest.state);
  const unlocked = await unlockKeys(option.keys, checksumId, encryption);
  return new StoreSealing(new GcmSealer({ ...unlocked, checksumId, random }), encryption.from);
}

async function switchOn(
  option: EncryptionOptions,
  home: SealingHome,
  from: SealedFrom,
): Promise<StoreSealing> {
  const { manifest, random, now } = home;
  const checksumId = checksumIdOf(manifest.state);
  const fresh = { id: 1, random, createdAtMs: now() };
  const encryption = { from, keys: [await drawKey(option.keys, { checksumId, from }, fresh)] };
  await manifest.update((state) => encrypted(state, encryption));
  return unlock(option, home, encryption);
}

/** A manifest that names its keys, and that no older Firn opens. */
export function encrypted(state: ManifestState, encryption: EncryptionState): ManifestState {
  const requiredFeatures = [...new Set([...state.requiredFeatures, ENCRYPTION_FEATURE])];
  return { ...state, requiredFeatures, encryption };
}
