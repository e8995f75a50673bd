import { FirnError } from "@firn/core";
import { CommandError } from "./command-error.ts";

/** Why a directory cannot be checked, scrubbed or looked at, in one sentence. */
export function directoryError(error: unknown, directory: string, verb: string): unknown {
  if (!(error instanceof FirnError)) return error;
  switch (error.code) {
    case "FIRN_STORE_LOCKED":
      return new CommandError(3, `A process has ${directory} open. Stop it, then ${verb} again.`);
    case "FIRN_STORE_NEWER":
      return new CommandError(
        3,
        `${directory} was made by a newer version of Firn. Update Firn to ${verb} it.`,
      );
    case "FIRN_STORE_DAMAGED":
      return new CommandError(1, `${directory} is damaged: ${error.message}.`);
    default:
      return new CommandError(3, `Cannot ${verb} ${directory}: ${error.message}.`);
  }
}
