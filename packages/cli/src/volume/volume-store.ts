import { FirnError } from "@firn/core";
import type { Firn } from "@firn/firn";
import { openClosedDirectory } from "../closed-directory.ts";
import { CommandError } from "../command-error.ts";
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
  const { encryptionKeyFile } = flags;
  const { environment } = io;
  const firn = await openClosedDirectory(directory, { encryptionKeyFile, environment }, "open");
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
