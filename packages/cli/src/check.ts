import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { FirnError, checkStore } from "@firn/core";
import type { CheckReport } from "@firn/core";
import { CommandError } from "./command-error.ts";

export interface CheckIo {
  readonly print: (line: string) => void;
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
  { print }: CheckIo,
): Promise<void> {
  if (!existsSync(directory)) throw new CommandError(3, `There is no directory ${directory}.`);
  const report = await checkStore({ directory: resolve(directory) }).catch((error: unknown) => {
    throw unreadable(error, directory);
  });
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
  const problems = report.problems.map((problem) => `problem   ${problemText(problem)}`);
  return [...lines, ...(problems.length === 0 ? ["no problems"] : problems)];
}

function problemText({ what, ...place }: CheckReport["problems"][number]): string {
  const known = Object.entries(place).filter(([, value]) => value !== undefined);
  const where = known.map(([name, value]) => `${name} ${String(value)}`).join(", ");
  return where === "" ? what : `${what} (${where})`;
}

function unreadable(error: unknown, directory: string): unknown {
  if (!(error instanceof FirnError)) return error;
  switch (error.code) {
    case "FIRN_STORE_LOCKED":
      return new CommandError(3, `A process has ${directory} open. Stop it, then check again.`);
    case "FIRN_STORE_NEWER":
      return new CommandError(
        3,
        `${directory} was made by a newer version of Firn. Update Firn to check it.`,
      );
    case "FIRN_STORE_DAMAGED":
      return new CommandError(1, `${directory} is damaged: ${error.message}.`);
    default:
      return new CommandError(3, `Cannot check ${directory}: ${error.message}.`);
  }
}
