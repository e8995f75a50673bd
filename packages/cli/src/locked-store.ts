import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { openStore } from "@firn/core";
import type { LogStore, OpenStoreOptions } from "@firn/core";
import { CommandError } from "./command-error.ts";
import { directoryError } from "./directory-error.ts";

/** The directory's absolute path. @throws CommandError 3 when there is no store in it. */
export function existingStore(directory: string): string {
  if (existsSync(`${directory}/manifest`)) return resolve(directory);
  throw new CommandError(3, `There is no store in ${directory}.`);
}

/**
 * Opens a directory that nobody has open, for what needs no key and lets the log as it is; `verb`
 * is for the sentence that says why not. Close it. @throws CommandError 1, 3.
 */
export async function openLockedStore(
  directory: string,
  verb: string,
  limits?: OpenStoreOptions["limits"],
): Promise<LogStore> {
  const locked = { compaction: "off", encryption: "locked" } as const;
  const options = { directory: existingStore(directory), limits, ...locked };
  return openStore(options).catch((error: unknown) => {
    throw directoryError(error, directory, verb);
  });
}
