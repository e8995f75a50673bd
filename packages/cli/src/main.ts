#!/usr/bin/env node
import { CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { makeProgram } from "./program.ts";

/** Resolves at the first request to end; a second one does not wait for anything. */
function stopRequested(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve(signal);
      });
    }
  });
}

/** Without a listener SIGHUP ends the process, as a terminal that was closed expects. */
function onReload(reload: () => void): () => void {
  process.on("SIGHUP", reload);
  return () => process.off("SIGHUP", reload);
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  const known = error instanceof CommandError;
  const text = known ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`firn: ${text}\n`);
  process.exitCode = known ? error.exitCode : 1;
}

// Whoever read the first lines may close the pipe; the server goes on.
process.stdout.on("error", () => {});

const program = makeProgram({
  environment: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  progress: process.stderr.isTTY ? (text) => process.stderr.write(`\r\u001b[K${text}`) : undefined,
  onReload,
  stopped: stopRequested(),
});
program.parseAsync().catch(fail);
