import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NbdReady, NbdRun } from "./nbd-run.ts";
import { isInstalled, run, startProgram } from "./programs.ts";

/** A running NBD server. */
export interface Served {
  readonly uri: string;
  /** Takes a snapshot of what it serves; absent when it cannot. */
  snapshot?(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  readonly program: string;
  start(run: NbdRun): Promise<Served>;
}

const SIZE = "1G";
const MIB: number = 1024 * 1024;

/** Each on a unix socket, exporting 1 GiB. */
export const servers: readonly ServerKind[] = [
  { name: "firn", program: "node", start: (input) => startNode("firn-child.js", input) },
  {
    // The servers that copy to memory hold all of it; so does this one once it was read.
    name: "firn, cache of 512 MiB",
    program: "node",
    start: (input) => startNode("firn-child.js", { ...input, blockCacheBytes: 512 * MIB }),
  },
  {
    name: "node, copies to memory",
    program: "node",
    start: (input) => startNode("bare-child.js", input),
  },
  {
    name: "nbdkit memory",
    program: "nbdkit",
    start: (input) => startNbdkit(input, ["memory", SIZE]),
  },
  {
    name: "nbdkit file",
    program: "nbdkit",
    start: async (input) => startNbdkit(input, ["file", await makeImage(input, "raw")]),
  },
  { name: "qemu-nbd raw", program: "qemu-nbd", start: (input) => startQemu(input, "raw") },
  { name: "qemu-nbd qcow2", program: "qemu-nbd", start: (input) => startQemu(input, "qcow2") },
];

/** The servers that can be measured here, and why others cannot. */
export function installedServers(): { kinds: readonly ServerKind[]; notes: readonly string[] } {
  const missing = new Set(
    servers.map(({ program }) => program).filter((program) => !isInstalled(program)),
  );
  return {
    kinds: servers.filter(({ program }) => !missing.has(program)),
    notes: [...missing].map((program) => `${program} is not installed: its rows are left out`),
  };
}

async function startNode(module: string, input: NbdRun): Promise<Served> {
  const path = fileURLToPath(new URL(module, import.meta.url));
  const child = fork(path, { serialization: "advanced" });
  child.send(input);
  const ready = await new Promise<NbdReady>((resolve, reject) => {
    child.once("message", (message) => resolve(message as NbdReady));
    child.once("exit", (code) => reject(new Error(`${module} ended with ${code}`)));
  });
  return {
    uri: ready.uri,
    snapshot: async () => {
      child.send("snapshot");
      await once(child, "message");
    },
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function startNbdkit({ directory }: NbdRun, plugin: readonly string[]): Promise<Served> {
  const socket = join(directory, "nbd.sock");
  const { stop } = await startProgram("nbdkit", ["-f", "-U", socket, ...plugin], socket);
  return { uri: `nbd+unix:///?socket=${socket}`, stop };
}

async function startQemu(input: NbdRun, format: "raw" | "qcow2"): Promise<Served> {
  const image = await makeImage(input, format);
  const socket = join(input.directory, "nbd.sock");
  const begin = async (): Promise<{ stop(): Promise<void> }> =>
    startProgram(
      "qemu-nbd",
      ["-t", "-k", socket, "-f", format, "--cache=writeback", image],
      socket,
    );
  let running = await begin();
  return {
    uri: `nbd+unix:///?socket=${socket}`,
    ...(format === "qcow2" && {
      snapshot: async () => {
        await running.stop();
        await run("qemu-img", ["snapshot", "-c", "one", image]);
        running = await begin();
      },
    }),
    stop: () => running.stop(),
  };
}

async function makeImage({ directory, filledBytes }: NbdRun, format: string): Promise<string> {
  const image = join(directory, `disk.${format}`);
  await run("qemu-img", ["create", "-q", "-f", format, image, SIZE]);
  const words = ["-f", format, "-c", `write -q -P 1 0 ${filledBytes}`, "-c", "flush", image];
  await run("qemu-io", words);
  return image;
}
