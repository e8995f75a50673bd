import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { FirnError } from "@firn/core";
import { Firn } from "@firn/firn";
import { CommandError } from "../command-error.ts";
import { directoryError } from "../directory-error.ts";
import { encryptionKeys, keyError } from "../encryption-keys.ts";
import type { ServeIo } from "../serve.ts";

export interface VolumeFlags {
  readonly region: string;
  readonly encryptionKeyFile?: string;
  readonly json?: boolean;
}

export type RegionVolumes = Firn["volumes"];

const ACCOUNT_ID = "000000000000";

/**
 * Opens a directory that no process has open, for one piece of work on its volumes.
 * @throws CommandError 1 when the engine refuses, 2 for a wrong key, 3 when the directory cannot be
 * opened.
 */
export async function withVolumes<T>(
  directory: string,
  { flags, io }: { readonly flags: VolumeFlags; readonly io: ServeIo },
  use: (volumes: RegionVolumes) => Promise<T>,
): Promise<T> {
  if (!existsSync(`${directory}/manifest`)) {
    throw new CommandError(3, `There is no store in ${directory}.`);
  }
  const keys = await encryptionKeys(flags.encryptionKeyFile, io.environment);
  const encryption = keys && { keys };
  const options = { directory: resolve(directory), encryption };
  const firn = await Firn.open(options).catch((error: unknown) => {
    const wrongKey = keyError(error);
    throw wrongKey === error ? directoryError(error, directory, "open") : wrongKey;
  });
  try {
    return await use(firn.volumes.in({ accountId: ACCOUNT_ID, region: flags.region }));
  } catch (error) {
    throw error instanceof FirnError ? refused(error) : error;
  } finally {
    await firn.close();
  }
}

function refused({ kind, message }: FirnError): CommandError {
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return new CommandError(kind === "invalid" ? 2 : 1, text.endsWith(".") ? text : `${text}.`);
}
