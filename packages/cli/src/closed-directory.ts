import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Firn } from "@firn/firn";
import { CommandError } from "./command-error.ts";
import { directoryError } from "./directory-error.ts";
import { encryptionKeys, keyError } from "./encryption-keys.ts";

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
  if (!existsSync(`${directory}/manifest`)) {
    throw new CommandError(3, `There is no store in ${directory}.`);
  }
  const keys = await encryptionKeys(encryptionKeyFile, environment);
  const encryption = keys && { keys };
  return Firn.open({ directory: resolve(directory), encryption }).catch((error: unknown) => {
    const wrongKey = keyError(error);
    throw wrongKey === error ? directoryError(error, directory, verb) : wrongKey;
  });
}
