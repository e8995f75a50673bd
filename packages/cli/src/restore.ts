import { resolve } from "node:path";
import { restoreBackup } from "@firn/core";
import type { BackupTarget, RestoreReport } from "@firn/core";
import { backupError } from "./backup.ts";
import type { BackupIo } from "./backup.ts";
import { CommandError } from "./command-error.ts";
import { problemLines } from "./problem-lines.ts";
import { Progress, bytesText } from "./progress.ts";

export interface RestoreCommandOptions {
  readonly source: BackupTarget;
  /** Default the newest. */
  readonly number?: number | undefined;
  readonly json: boolean;
}

/**
 * Makes a store of a backup in a new directory, and verifies every byte of it.
 * @throws CommandError 1 when backup or store are damaged, 3 when it cannot be made.
 */
export async function restore(
  directory: string,
  { source, number, json }: RestoreCommandOptions,
  io: BackupIo,
): Promise<void> {
  const progress = new Progress(io.progress);
  const abort = new AbortController();
  void io.stopped.then(() => abort.abort());
  const report = await restoreBackup({
    source,
    directory: resolve(directory),
    number,
    signal: abort.signal,
    onProgress: ({ bytesDone, bytes }) => progress.update(bytesDone, bytes),
  })
    .catch((error: unknown) => {
      throw backupError(error);
    })
    .finally(() => progress.end());
  if (json) io.print(JSON.stringify(report));
  else for (const line of reportLines(report, directory)) io.print(line);
  const { length } = report.check.problems;
  if (length === 0) return;
  throw new CommandError(1, `The store was damaged when it was backed up: ${length} problems.`);
}

function reportLines(report: RestoreReport, directory: string): string[] {
  const { number, storeId, takenAtMs, files, bytes, check } = report;
  return [
    `backup    ${number} of ${new Date(takenAtMs).toISOString()}`,
    `store     ${storeId} in ${directory}`,
    `restored  ${bytesText(bytes)} in ${files} files, up to LSN ${check.lastLsn}`,
    ...check.problems.flatMap((problem) => problemLines("problem   ", problem)),
    check.problems.length > 0 ? `${check.problems.length} problems` : "no problems",
  ];
}
