import { existsSync } from "node:fs";
import {
  FirnError,
  NodeFileSystem,
  backupNumbers,
  loadHasher,
  readManifest,
  runBackup,
} from "@firn/core";
import type { BackupOptions, BackupReport, BackupTarget, StoreCapture } from "@firn/core";
import { callAdmin } from "./admin-client.ts";
import type { AdminTarget } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import { openLockedStore } from "./locked-store.ts";
import { Progress, bytesText } from "./progress.ts";
import type { ShowProgress } from "./progress.ts";

export interface BackupIo {
  readonly print: (line: string) => void;
  readonly progress?: ShowProgress | undefined;
  /** Resolves when the process is asked to end. */
  readonly stopped: Promise<unknown>;
}

export interface BackupCommandOptions {
  readonly target: BackupTarget;
  readonly json: boolean;
  /** Backups to keep; default all. */
  readonly keep?: number | undefined;
}

/** The server gives a backup up when it hears nothing of it for two minutes. */
const RENEW_MS = 20_000;

/** Backs a directory up that nobody has open. @throws CommandError 1, 3. */
export async function backupDirectory(
  directory: string,
  options: BackupCommandOptions,
  io: BackupIo,
): Promise<void> {
  const limits = { backgroundBytesPerSecond: Infinity };
  const store = await openLockedStore(directory, "back up", limits);
  try {
    await make(options, io, (how) => store.backups.run(how));
  } finally {
    await store.close();
  }
}

/**
 * Backs the store of a running server up, on whose machine this runs: the server holds the files,
 * this process copies them, so that the keys to the target stay here. @throws CommandError 1, 3.
 */
export async function backupServer(
  server: AdminTarget,
  options: BackupCommandOptions,
  io: BackupIo,
): Promise<void> {
  const begun = (await callAdmin(server, "/_firn/backup/begin", {})) as Held;
  const { id, capture } = begun;
  const lost = new AbortController();
  const renewing = setInterval(() => {
    callAdmin(server, "/_firn/backup/renew", { id }).catch((error: unknown) => lost.abort(error));
  }, RENEW_MS);
  try {
    if (!existsSync(`${capture.directory}/manifest`)) {
      const message = `${capture.directory} is not on this machine: run it where the server runs.`;
      throw new CommandError(3, message);
    }
    const source = { capture, fileSystem: new NodeFileSystem(), hasher: await loadHasher() };
    await make(options, { ...io, lost: lost.signal }, (how) => runBackup(source, how));
  } finally {
    clearInterval(renewing);
    await callAdmin(server, "/_firn/backup/end", { id }).catch(() => undefined);
  }
}

interface Held {
  readonly id: string;
  readonly capture: StoreCapture;
}

/** What lies in one place, oldest first. @throws CommandError 1, 3. */
export async function listBackups(
  target: BackupTarget,
  json: boolean,
  { print }: Pick<BackupIo, "print">,
): Promise<void> {
  const hasher = await loadHasher();
  try {
    for (const number of await backupNumbers(target)) {
      const { store, lsn, takenAtMs, segments } = await readManifest(target, number, hasher);
      const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
      const { storeId } = store;
      const at = new Date(takenAtMs).toISOString();
      if (json) print(JSON.stringify({ number, storeId, lsn, takenAtMs, bytes }));
      else print(`${number}  ${at}  ${bytesText(bytes)}  store ${storeId}, LSN ${lsn}`);
    }
  } catch (error) {
    throw backupError(error);
  }
}

async function make(
  { target, keep, json }: BackupCommandOptions,
  io: BackupIo & { readonly lost?: AbortSignal },
  run: (options: BackupOptions) => Promise<BackupReport>,
): Promise<void> {
  const progress = new Progress(io.progress);
  const abort = new AbortController();
  void io.stopped.then(() => abort.abort());
  const signal = AbortSignal.any([abort.signal, ...(io.lost === undefined ? [] : [io.lost])]);
  const onProgress: BackupOptions["onProgress"] = ({ bytesDone, bytes }) =>
    progress.update(bytesDone, bytes);
  const report = await run({ target, keep, signal, onProgress })
    .catch((error: unknown) => {
      throw backupError(error);
    })
    .finally(() => progress.end());
  if (json) io.print(JSON.stringify(report));
  else for (const line of reportLines(report)) io.print(line);
  if (report.problems.length > 0) {
    throw new CommandError(1, "The backup is complete, and the store that it copied is damaged.");
  }
}

function reportLines(report: BackupReport): string[] {
  const { number, where, lsn, files, bytes, copiedFiles, copiedBytes, removed, problems } = report;
  const lines = [
    `backup    ${number} in ${where}, up to LSN ${lsn}`,
    `copied    ${bytesText(copiedBytes)} in ${copiedFiles} files, of ${bytesText(bytes)} in ${files}`,
  ];
  if (removed.length > 0) lines.push(`removed   ${removed.join(", ")}`);
  for (const { what, file, offset } of problems) {
    lines.push(`damaged   ${file} at offset ${offset}: ${what}`);
  }
  return lines;
}

/** A backup's own errors in one sentence each. */
export function backupError(error: unknown): unknown {
  if (!(error instanceof FirnError)) {
    const { code, message } = error as NodeJS.ErrnoException;
    return typeof code === "string" ? new CommandError(3, `Cannot go on: ${message}.`) : error;
  }
  const { code, message } = error;
  const isFound = code === "FIRN_BACKUP_DAMAGED";
  return new CommandError(isFound ? 1 : 3, `${message[0]?.toUpperCase()}${message.slice(1)}.`);
}
