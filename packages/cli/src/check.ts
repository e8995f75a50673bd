import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { checkStore } from "@firn/core";
import type { CheckReport, ScrubProgress } from "@firn/core";
import { CommandError } from "./command-error.ts";
import { directoryError } from "./directory-error.ts";
import { problemLines } from "./problem-lines.ts";
import { Progress } from "./progress.ts";
import type { ShowProgress } from "./progress.ts";

export interface CheckIo {
  readonly print: (line: string) => void;
  readonly progress?: ShowProgress | undefined;
}

export interface CheckCommandOptions {
  readonly json: boolean;
}

/**
 * Verifies every byte of a directory that nobody has open, and prints what it found.
 * @throws CommandError 1 when something is wrong with the store, 3 when it cannot be read.
 */
export async function check(
  directory: string,
  { json }: CheckCommandOptions,
  { print, progress: show }: CheckIo,
): Promise<void> {
  if (!existsSync(directory)) throw new CommandError(3, `There is no directory ${directory}.`);
  const progress = new Progress(show);
  const onProgress = ({ bytes, totalBytes }: ScrubProgress): void =>
    progress.update(bytes, totalBytes);
  const report = await checkStore({ directory: resolve(directory), onProgress })
    .catch((error: unknown) => {
      throw directoryError(error, directory, "check");
    })
    .finally(() => progress.end());
  if (json) print(JSON.stringify(report));
  else for (const line of reportLines(report)) print(line);
  const { length } = report.problems;
  if (length === 0) return;
  throw new CommandError(1, `${directory} has ${length} problem${length === 1 ? "" : "s"}.`);
}

function reportLines(report: CheckReport): string[] {
  const { segments, records, logBytes, tornBytes, lastLsn, blobs, blobBytes } = report;
  const lines = [
    `store     ${report.storeId}`,
    `log       ${records} records in ${segments} segments, ${logBytes} bytes, up to LSN ${lastLsn}`,
    `index     ${report.indexEntries} entries, up to LSN ${report.indexLsn}`,
    `blobs     ${blobs}, ${blobBytes} bytes`,
  ];
  if (tornBytes > 0) lines.push(`torn tail ${tornBytes} bytes, cut at the next open`);
  const problems = report.problems.flatMap((problem) => problemLines("problem  ", problem));
  return [...lines, ...(problems.length === 0 ? ["no problems"] : problems)];
}
