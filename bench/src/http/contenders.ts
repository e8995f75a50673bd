import { runInChild, startChild } from "../harness/child.ts";
import type { Contender, Workload } from "../harness/suite.ts";
import type { LoadRun } from "./load-child.ts";
import type { Call } from "./requests.ts";
import type { ServerReady, ServerRun } from "./server-run.ts";

const servers: Readonly<Record<string, URL>> = {
  firn: new URL("firn-child.js", import.meta.url),
  "node:http, checks and stores nothing": new URL("bare-child.js", import.meta.url),
};
const client = new URL("load-child.js", import.meta.url);
const keys = { accessKeyId: "BENCHBENCHBENCHBENCH", secretAccessKey: "secret-of-the-benchmark" };

export interface HttpWorkload {
  readonly call: Call;
  /** Bytes of an object; 0 for items. */
  readonly bytes: number;
  readonly connections: number;
}

/** The same load on Firn and on the bare server. */
export function httpWorkload(workload: HttpWorkload): Workload {
  const { call, bytes, connections } = workload;
  const size = bytes === 0 ? "" : `, ${formatBytes(bytes)}`;
  return {
    name: `${call}${size}, ${connections} connection${connections === 1 ? "" : "s"}`,
    contenders: Object.entries(servers).map(([name, module]): Contender => ({
      name,
      run: async (directory, { seconds }) => {
        const input: ServerRun = { directory, ...keys, bytes };
        const server = await startChild<ServerReady>(module, input);
        try {
          const target = { host: "127.0.0.1", port: server.ready.port, ...keys };
          const run: LoadRun = { target, call, bytes, connections, seconds };
          return await runInChild(client, run);
        } finally {
          await server.stop();
        }
      },
    })),
  };
}

function formatBytes(bytes: number): string {
  return bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 1024} KiB`;
}
