import { resolve } from "node:path";
import { makeKeyFile, rotateKeys, storeKeys } from "@firn/core";
import type { EncryptionState, KeyProvider } from "@firn/core";
import { CommandError } from "./command-error.ts";
import { directoryError } from "./directory-error.ts";
import { encryptionKeys, keyError } from "./encryption-keys.ts";
import { existingStore } from "./locked-store.ts";

export interface KeysIo {
  readonly print: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface RotateFlags {
  readonly keyFile?: string | undefined;
  readonly newKeyFile?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Makes a key file that only its owner may read. @throws CommandError (2). */
export async function newKey(path: string, { print }: Pick<KeysIo, "print">): Promise<void> {
  const { id } = await makeKeyFile(resolve(path)).catch((error: unknown) => {
    throw keyError(error);
  });
  print(`${path}: ${id}. Without this file nothing that it encrypts can be read: keep a copy.`);
}

/** Which keys a directory names; no key is needed to see it. @throws CommandError 1, 3. */
export async function showKeys(
  directory: string,
  json: boolean,
  { print }: Pick<KeysIo, "print">,
): Promise<void> {
  const state = await storeKeys({ directory: existingStore(directory) }).catch((error: unknown) => {
    throw directoryError(error, directory, "look at");
  });
  if (json) print(JSON.stringify(state === undefined ? { encrypted: false } : shown(state)));
  else if (state === undefined) print(`${directory}: not encrypted`);
  else for (const line of keyLines(state)) print(line);
}

/**
 * Wraps a directory's data keys for another key, and adds a new one for what comes.
 * @throws CommandError 1 when it is damaged, 2 for a key that is not the one, 3 when it is in use.
 */
export async function rotate(directory: string, flags: RotateFlags, io: KeysIo): Promise<void> {
  const { environment, print } = io;
  const from = await encryptionKeys(flags.keyFile, environment);
  if (from === undefined) throw new CommandError(2, "Give the key that it has now: --key-file.");
  const to = (await newKeys(flags, environment)) ?? from;
  const state = await rotateKeys({ directory: existingStore(directory), from, to }).catch(
    (error: unknown) => {
      const known = keyError(error);
      throw known === error ? directoryError(error, directory, "rotate the keys of") : known;
    },
  );
  if (flags.json === true) print(JSON.stringify(shown(state)));
  else for (const line of keyLines(state)) print(line);
}

/** The new key: a file, or the environment under names of its own. */
function newKeys(
  { newKeyFile }: RotateFlags,
  environment: KeysIo["environment"],
): Promise<KeyProvider | undefined> {
  return encryptionKeys(newKeyFile, {
    FIRN_ENCRYPTION_KEY: environment["FIRN_NEW_ENCRYPTION_KEY"],
    FIRN_ENCRYPTION_PASSPHRASE: environment["FIRN_NEW_ENCRYPTION_PASSPHRASE"],
  });
}

interface ShownKeys {
  readonly encrypted: true;
  /** The LSN from which on everything is. */
  readonly fromLsn: number;
  readonly keys: readonly { readonly id: number; readonly createdAtMs: number; provider: string }[];
}

/** Nothing that opens anything. */
function shown({ from, keys }: EncryptionState): ShownKeys {
  const listed = keys.map(({ id, createdAtMs, provider }) => ({ id, createdAtMs, provider }));
  return { encrypted: true, fromLsn: from.lsn, keys: listed };
}

function keyLines({ from, keys }: EncryptionState): string[] {
  const since = from.lsn === 0 ? "from the beginning" : `from LSN ${from.lsn} on; before, plain`;
  const lines = [`encrypted ${since}`];
  for (const { id, createdAtMs, provider } of keys) {
    lines.push(`data key ${id}  ${new Date(createdAtMs).toISOString()}  wrapped by ${provider}`);
  }
  return lines;
}
