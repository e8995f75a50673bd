import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runInChild, startChild } from "../harness/child.ts";
import { rivalFile, rivalsInstalled } from "../harness/rivals.ts";
import type { Contender, Suite, Workload } from "../harness/suite.ts";
import type { LoadRun } from "./load-child.ts";
import type { Call } from "./requests.ts";
import type { ServerReady, ServerRun } from "./server-run.ts";
import type { DynaliteRun } from "./dynalite-child.ts";

const client = new URL("load-child.js", import.meta.url);
const keys = { accessKeyId: "BENCHBENCHBENCHBENCH", secretAccessKey: "secret-of-the-benchmark" };
const CONNECTIONS = 32;

interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

type StartServer = (directory: string) => Promise<Running>;

/** Firn checks each signature and syncs each write; what the others do is in their names. */
const servers: Readonly<Record<string, StartServer>> = {
  firn: async (directory) => {
    const input: ServerRun = { directory, ...keys, bytes: 0 };
    const module = new URL("firn-child.js", import.meta.url);
    const { ready, stop } = await startChild<ServerReady>(module, input);
    return { port: ready.port, stop };
  },
  "dynalite, memory, unsigned": () => startDynalite(undefined),
  "dynalite, disk without sync, unsigned": (directory) => startDynalite(directory),
  "dynoxide, memory, unsigned": () => startDynoxide([]),
  "dynoxide, file, unsigned": (directory) =>
    startDynoxide(["--db-path", join(directory, "tables.db")]),
};

async function startDynalite(path: string | undefined): Promise<Running> {
  const input: DynaliteRun = { path };
  const module = new URL("dynalite-child.js", import.meta.url);
  const { ready, stop } = await startChild<ServerReady>(module, input);
  return { port: ready.port, stop };
}

/** Its program is named by no `main`: it lies beside its package.json. */
const dynoxide = (): string => rivalFile("@dynoxide/linux-x64", "dynoxide");

async function startDynoxide(flags: readonly string[]): Promise<Running> {
  const port = await freePort();
  const words = ["serve", "--port", String(port), ...flags];
  const child = spawn(dynoxide(), words, { stdio: "ignore" });
  for (let tries = 0; tries < 100 && !(await isUp(port)); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { port, stop };
}

async function isUp(port: number): Promise<boolean> {
  const answer = fetch(`http://127.0.0.1:${port}/`);
  return answer.then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** The same signed requests to each, items of about 400 bytes, 32 connections. */
export function tableRivalsSuite(): Suite {
  const notes: string[] = [];
  const isThere = (name: string): boolean => {
    if (name === "firn") return true;
    if (!rivalsInstalled()) return false;
    return !name.startsWith("dynoxide") || existsSync(dynoxide());
  };
  const names = Object.keys(servers).filter(isThere);
  if (names.length < Object.keys(servers).length) {
    notes.push("rivals that are not installed are left out: pnpm install --dir bench/rivals");
  }
  const calls: readonly Call[] = [
    "PutItem",
    "GetItem",
    "UpdateItem",
    "Query",
    "BatchWriteItem",
    "TransactWriteItems",
  ];
  return { name: "table-rivals", notes, workloads: calls.map((call) => workloadOf(call, names)) };
}

function workloadOf(call: Call, names: readonly string[]): Workload {
  // dynalite has no transactions.
  const able = names.filter(
    (name) => call !== "TransactWriteItems" || !name.startsWith("dynalite"),
  );
  return {
    name: `${call}, ${CONNECTIONS} connections`,
    contenders: able.map((name): Contender => ({
      name,
      run: async (directory, { seconds }) => {
        const server = await (servers[name] as StartServer)(directory);
        try {
          const target = { host: "127.0.0.1", port: server.port, ...keys };
          const run: LoadRun = { target, call, bytes: 0, connections: CONNECTIONS, seconds };
          return await runInChild(client, run);
        } finally {
          await server.stop();
        }
      },
    })),
  };
}
