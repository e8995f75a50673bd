import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { repositoryRoot } from "./repository.ts";

/** The built server in a process of its own. */
export interface RunningServer {
  readonly endpoint: string;
  readonly directory: string;
  /** What it printed to be exported, for the environment of clients. */
  readonly environment: Readonly<Record<string, string>>;
  readonly process: ChildProcess;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** Removes the directory too; stops the server when it runs. */
  remove(): Promise<void>;
}

export interface ServerOptions {
  /** Default: a new temporary one. */
  readonly directory?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  /** A program and its arguments that runs the server's command line in its own process. */
  readonly under?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Starts `firn serve` on a free port; resolves when it has said that it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "firn-server-")));
  const main = join(repositoryRoot, "packages/cli/bundle/main.js");
  const flags = ["--directory", directory, "--port", "0", "--log-level", "warn"];
  const serve = [process.execPath, main, "serve", ...flags, ...(options.flags ?? [])];
  const [program = "", ...words] = [...(options.under ?? []), ...serve];
  const child = spawn(program, words, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...options.environment },
  });
  const environment = await readExports(child);
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    return child.exitCode;
  };
  const remove = async (): Promise<void> => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  const endpoint = environment["AWS_ENDPOINT_URL"] ?? "";
  return { endpoint, directory, environment, process: child, stop, remove };
}

async function readExports(child: ChildProcess): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  if (child.stdout === null) throw new Error("the server has no standard output");
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^export (\w+)=(.*)$/.exec(line);
    if (found !== null) environment[found[1] ?? ""] = found[2] ?? "";
    if (line.startsWith("# Firn is ready")) return environment;
  }
  throw new Error(`the server ended with ${child.exitCode} before it was ready`);
}
