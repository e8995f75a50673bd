import { coreError } from "../errors.ts";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { Manifest, checksumIdOf } from "../log/manifest.ts";
import { RealClock } from "../platform/clocks.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { NodeRandom } from "../platform/node-random.ts";
import type { Random } from "../platform/random.ts";
import { rewrapKeys, unlockKeys } from "./data-keys.ts";
import type { EncryptionState } from "./data-keys.ts";
import type { KeyProvider } from "./key-provider.ts";
import { encrypted } from "./open-sealing.ts";

export interface StoreKeysOptions {
  /** Absolute path of a data directory that nobody has open. */
  readonly directory: string;
  readonly fileSystem?: FileSystem | undefined;
  readonly hasher?: Hasher | undefined;
}

export interface RotateKeysOptions extends StoreKeysOptions {
  /** Whose key it is now. */
  readonly from: KeyProvider;
  /** Whose key it will be; the same one gives a new data key only. */
  readonly to: KeyProvider;
  readonly random?: Random | undefined;
}

/** What a directory says of its keys: nothing secret. `undefined`: the store is not encrypted. */
export async function storeKeys(options: StoreKeysOptions): Promise<EncryptionState | undefined> {
  const manifest = await readManifest(await homeOf(options));
  return manifest.state.encryption;
}

/**
 * Wraps the data keys of a store anew, and adds one that seals what is written from now on. No data
 * is read or written. Durable when it resolves; after a crash all of it holds or none.
 * Copies that were made before, backups too, keep the old wrapping and the key that it takes.
 * @throws FIRN_STORE_LOCKED, FIRN_STORE_DAMAGED, FIRN_ENCRYPTION_KEY_WRONG;
 *   FIRN_ENCRYPTION_KEY_INVALID when the store is not encrypted.
 */
export async function rotateKeys(options: RotateKeysOptions): Promise<EncryptionState> {
  const { directory, from, to, random = new NodeRandom() } = options;
  const home = await homeOf(options);
  const lock = await home.fileSystem.lock(`${directory}/lock`);
  if (lock === undefined) {
    const message = `a process has the store open: ${directory}`;
    throw coreError("FIRN_STORE_LOCKED", message, { detail: { directory } });
  }
  try {
    const manifest = await readManifest(home);
    const state = manifest.state.encryption;
    if (state === undefined) throw plain(directory);
    const checksumId = checksumIdOf(manifest.state);
    const unlocked = await unlockKeys(from, checksumId, state);
    const fresh = { random, createdAtMs: new RealClock().now() };
    const keyHome = { checksumId, from: state.from };
    const rotated = await rewrapKeys(to, keyHome, { state, unlocked, fresh });
    await manifest.update((before) => encrypted(before, rotated));
    return rotated;
  } finally {
    await lock.release();
  }
}

interface KeysHome {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
}

async function homeOf({ directory, fileSystem, hasher }: StoreKeysOptions): Promise<KeysHome> {
  return {
    directory,
    fileSystem: fileSystem ?? new NodeFileSystem(),
    hasher: hasher ?? (await loadHasher()),
  };
}

async function readManifest(home: KeysHome): Promise<Manifest> {
  const manifest = await Manifest.read(home);
  if (manifest !== undefined) return manifest;
  const { directory } = home;
  const message = `there is no store in ${directory}`;
  throw coreError("FIRN_STORE_DAMAGED", message, { detail: { directory } });
}

function plain(directory: string): Error {
  const message = "the store is not encrypted: open it once with a key, and it will be";
  return coreError("FIRN_ENCRYPTION_KEY_INVALID", message, { detail: { directory } });
}
