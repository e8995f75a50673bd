import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { scrubStore } from "@firn/core";
import type { ScrubReport, ScrubStatus } from "@firn/core";
import { callAdmin } from "./admin-client.ts";
import type { AdminTarget } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import { directoryError } from "./directory-error.ts";
import { problemLines } from "./problem-lines.ts";
import { Progress, bytesText } from "./progress.ts";
import type { ShowProgress } from "./progress.ts";

export interface ScrubIo {
  readonly print: (line: string) => void;
  readonly progress?: ShowProgress | undefined;
}

export interface ScrubDirectoryOptions {
  readonly json: boolean;
  readonly parityDirectory?: string | undefined;
}

/**
 * Verifies every byte of a directory that nobody has open, and repairs what parity allows.
 * @throws CommandError 1 when damage stands, 3 when the directory cannot be read.
 */
export async function scrubDirectory(
  directory: string,
  { json, parityDirectory }: ScrubDirectoryOptions,
  io: ScrubIo,
): Promise<void> {
  if (!existsSync(directory)) throw new CommandError(3, `There is no directory ${directory}.`);
  const progress = new Progress(io.progress);
  const options = {
    directory: resolve(directory),
    parityDirectory: parityDirectory === undefined ? undefined : resolve(parityDirectory),
    onProgress: ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) =>
      progress.update(bytes, totalBytes),
  };
  const report = await scrubStore(options)
    .catch((error: unknown) => {
      throw directoryError(error, directory, "scrub");
    })
    .finally(() => progress.end());
  tell(report, { json, name: directory }, io);
}

export interface ScrubServerOptions {
  readonly json: boolean;
  /** MiB per second. */
  readonly rate?: number | undefined;
  /** Begin at the first byte, wherever the last pass was broken off. */
  readonly restart: boolean;
}

interface ServerScrub extends ScrubStatus {
  readonly report?: ScrubReport;
  readonly failure?: string;
}

const POLL_MS = 500;

/**
 * Has a running server scrub its store, and waits until it has.
 * @throws CommandError 1 when damage stands or the scrub failed, 3 when no server answers.
 */
export async function scrubServer(
  target: AdminTarget,
  { json, rate, restart }: ScrubServerOptions,
  io: ScrubIo,
): Promise<void> {
  const asked = { resume: !restart, ...(rate === undefined ? {} : { rate }) };
  const progress = new Progress(io.progress);
  let scrub = (await callAdmin(target, "/_firn/scrub", asked)) as ServerScrub;
  try {
    while (scrub.running) {
      progress.update(scrub.bytes, scrub.totalBytes);
      await setTimeout(POLL_MS);
      scrub = (await callAdmin(target, "/_firn/scrub")) as ServerScrub;
    }
  } finally {
    progress.end();
  }
  if (scrub.report === undefined) {
    throw new CommandError(1, `The scrub was broken off: ${scrub.failure ?? "by another one"}.`);
  }
  tell(scrub.report, { json, name: target.endpoint }, io);
}

function tell(
  report: ScrubReport,
  { json, name }: { readonly json: boolean; readonly name: string },
  { print }: ScrubIo,
): void {
  if (json) print(JSON.stringify(report));
  else for (const line of reportLines(report)) print(line);
  const { length } = report.problems;
  if (length === 0) return;
  const problems = `${length} problem${length === 1 ? "" : "s"}`;
  throw new CommandError(1, `${name} has ${problems} that could not be repaired.`);
}

function reportLines({
  storeId,
  files,
  bytes,
  durationMs,
  repaired,
  problems,
}: ScrubReport): string[] {
  const rate = bytesText((bytes * 1000) / Math.max(1, durationMs));
  return [
    `store     ${storeId}`,
    `read      ${bytesText(bytes)} in ${files} files, ${rate}/s`,
    ...repaired.flatMap((problem) => problemLines("repaired ", problem)),
    ...problems.flatMap((problem) => problemLines("problem  ", problem)),
    problems.length > 0 ? `${problems.length} not repaired` : "no problems",
  ];
}
