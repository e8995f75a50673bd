import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { repositoryRoot } from "../support/repository.ts";

export const credentials = { accessKeyId: "SURVIVEROOT", secretAccessKey: "survive/secret" };
export const region = "us-east-1";
/** A start that takes longer has hung; on a machine with much else to do it takes half of it. */
const START_MS_MAX = 60_000;

export interface ServerOptions {
  readonly directory: string;
  readonly port: number;
  readonly nbdPort: number;
}

/** `firn serve` of the built command line, in a process of its own. */
export class ServerProcess {
  readonly endpoint: string;
  readonly nbdPort: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #said: Promise<string>;
  #errors = "";

  constructor({ directory, port, nbdPort }: ServerOptions) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.nbdPort = nbdPort;
    const program = `${repositoryRoot}packages/cli/bundle/main.js`;
    const flags = ["--directory", directory, "--port", String(port), "--nbd-port", String(nbdPort)];
    const more = ["--clock", "manual", "--log-level", "error"];
    this.#child = spawn(process.execPath, [program, "serve", ...flags, ...more], {
      env: {
        PATH: process.env["PATH"],
        FIRN_ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
        FIRN_ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exited = once(this.#child, "exit");
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
    const lines = createInterface({ input: this.#child.stdout! });
    this.#said = new Promise((resolve) => {
      lines.on("close", () => resolve("ended"));
      lines.on("line", (line) => {
        if (line.startsWith("# Firn is ready")) resolve("ready");
        // The log, at the level of errors.
        else if (line.startsWith("{")) this.#errors += `${line}\n`;
      });
    });
  }

  /** Resolves when it says that it is ready; rejects with what it said when it ended before. */
  async ready(): Promise<void> {
    const late = new Promise<string>((resolve) => {
      setTimeout(resolve, START_MS_MAX, "late").unref();
    });
    const state = await Promise.race([this.#said, late]);
    if (state !== "ready") throw new Error(`firn serve: ${state}. It said: ${this.#errors}`);
  }

  /** What it wrote to standard error, or logged as an error. */
  get errors(): string {
    return this.#errors;
  }

  /** The end that it cannot see coming. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** The end that it is asked for: it must drain, close and leave with 0. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const [code] = (await this.#exited) as [number | null];
    if (code !== 0) throw new Error(`firn serve left with ${code}: ${this.#errors}`);
  }
}

/** Ports that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Runs a command of the built command line to its end. */
export async function firn(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const program = `${repositoryRoot}packages/cli/bundle/main.js`;
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}
