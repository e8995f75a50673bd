import { FirnError, keyFromFile, keyFromPassphrase, keyFromText } from "@firn/core";
import type { KeyProvider } from "@firn/core";
import { CommandError } from "./command-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Never on the command line, where every process of the machine could read them. */
const KEY = "FIRN_ENCRYPTION_KEY";
const PASSPHRASE = "FIRN_ENCRYPTION_PASSPHRASE";

/**
 * The key of encryption at rest: a file, a key in the environment, or a passphrase there.
 * @throws CommandError (2) when there is more than one of them, or when it is none.
 */
export async function encryptionKeys(
  file: string | undefined,
  environment: Environment,
): Promise<KeyProvider | undefined> {
  const key = environment[KEY];
  const passphrase = environment[PASSPHRASE];
  const given = [file, key, passphrase].filter((source) => source !== undefined);
  if (given.length > 1) {
    throw new CommandError(2, `Give one of --encryption-key-file, ${KEY} and ${PASSPHRASE}.`);
  }
  try {
    if (file !== undefined) return await keyFromFile(file);
    if (key !== undefined) return keyFromText(key);
    return passphrase === undefined ? undefined : keyFromPassphrase({ passphrase });
  } catch (error) {
    throw keyError(error);
  }
}

/** One sentence about a key that is none, or not the one. */
export function keyError(error: unknown): unknown {
  if (!(error instanceof FirnError) || !error.code.startsWith("FIRN_ENCRYPTION_KEY")) return error;
  const [first = "", rest] = [error.message[0]?.toUpperCase(), error.message.slice(1)];
  return new CommandError(2, `${first}${rest}.`);
}
