import type { CompactionReport } from "@firn/core";
import { directoryError } from "./directory-error.ts";
import { openLockedStore } from "./locked-store.ts";
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
  const store = await openLockedStore(directory, "compact");
  try {
    const report = await store.compact();
    print(json ? JSON.stringify(report) : reportLine(report, directory));
  } catch (error) {
    throw directoryError(error, directory, "compact");
  } finally {
    await store.close();
  }
}

function reportLine(report: CompactionReport, directory: string): string {
  const freed = bytesText(Math.max(0, report.bytesFreed + report.extents.freedBytes));
  return `${directory}: ${freed} freed; ${bytesText(report.bytesWritten)} of the log written anew`;
}
