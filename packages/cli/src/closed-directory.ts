import { Firn } from "@firn/firn";
import { directoryError } from "./directory-error.ts";
import { encryptionKeys, keyError } from "./encryption-keys.ts";
import { existingStore } from "./locked-store.ts";

export interface DirectoryKeys {
  /** The file with the key of an encrypted directory. */
  readonly encryptionKeyFile?: string | undefined;
  /** Where the key is else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens all engines on a directory that no process has open; `verb` is for the sentence that says
 * why not. Close it. @throws CommandError 1, 2 for a wrong key, 3.
 */
export async function openClosedDirectory(
  directory: string,
  { encryptionKeyFile, environment }: DirectoryKeys,
  verb: string,
): Promise<Firn> {
  const stored = existingStore(directory);
  const keys = await encryptionKeys(encryptionKeyFile, environment);
  const encryption = keys && { keys };
  return Firn.open({ directory: stored, encryption }).catch((error: unknown) => {
    const wrongKey = keyError(error);
    throw wrongKey === error ? directoryError(error, directory, verb) : wrongKey;
  });
}
