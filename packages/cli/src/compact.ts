import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { openStore } from "@firn/core";
import type { CompactionReport } from "@firn/core";
import { CommandError } from "./command-error.ts";
import { directoryError } from "./directory-error.ts";
import { bytesText } from "./progress.ts";

export interface CompactIo {
  readonly print: (line: string) => void;
}

/**
 * Gives back the room that nothing needs any more, of a directory that nobody has open; a server
 * does so by itself. What volumes no longer map stays until a server runs: only their engine knows.
 * @throws CommandError 1 when the directory is damaged or the disk full, 3 when it cannot be read.
 */
export async function compactDirectory(
  directory: string,
  json: boolean,
  { print }: CompactIo,
): Promise<void> {
  if (!existsSync(`${directory}/manifest`)) {
    throw new CommandError(3, `There is no store in ${directory}.`);
  }
  const options = {
    directory: resolve(directory),
    compaction: "off",
    encryption: "locked",
  } as const;
  const report = await openStore(options)
    .then(async (store) => {
      try {
        return await store.compact();
      } finally {
        await store.close();
      }
    })
    .catch((error: unknown) => {
      throw directoryError(error, directory, "compact");
    });
  print(json ? JSON.stringify(report) : reportLine(report, directory));
}

function reportLine(report: CompactionReport, directory: string): string {
  const freed = bytesText(Math.max(0, report.bytesFreed + report.extents.freedBytes));
  return `${directory}: ${freed} freed; ${bytesText(report.bytesWritten)} of the log written anew`;
}
