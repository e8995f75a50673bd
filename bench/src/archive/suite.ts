import { runInChild, startChild } from "../harness/child.ts";
import type { Contender, Suite, Workload } from "../harness/suite.ts";
import type { EmbeddedRun } from "../embedded/embedded-child.ts";
import type { ArchiveServerReady, ArchiveServerRun } from "./archive-run.ts";
import type { ArchiveLoadRun } from "./load-child.ts";

const servers: Readonly<Record<string, URL>> = {
  firn: new URL("firn-child.js", import.meta.url),
  "node:http, hashes, appends, syncs": new URL("bare-child.js", import.meta.url),
};
const client = new URL("load-child.js", import.meta.url);
const embedded = new URL("../embedded/embedded-child.js", import.meta.url);
const keys = { accessKeyId: "BENCHBENCHBENCHBENCH", secretAccessKey: "secret-of-the-benchmark" };
const MIB: number = 1024 * 1024;

/** The archive over HTTP beside a bare server, and what keeps its bytes for years. */
export function archiveSuite(): Suite {
  return {
    name: "archive",
    notes: [
      "MiB/CPU-s: per second of processor time of the server alone, all its threads",
      "the bare server checks no signature and keeps no checksums; it hashes an output once",
    ],
    workloads: [
      transfers("UploadArchive", { bytes: 16 * MIB, outputs: 0, connections: 4 }),
      transfers("UploadArchive", { bytes: MIB, outputs: 0, connections: 8 }),
      transfers("GetJobOutput", { bytes: 16 * MIB, outputs: 8, connections: 4 }),
      {
        name: "upload of 16 MiB archives, embedded, 4 at a time",
        contenders: [
          inProcess("firn", "archiveUploads"),
          inProcess("tree hash alone, one core", "hashAlone"),
        ],
      },
      { name: "parity of 512 MiB", contenders: [inProcess("firn", "archiveParity")] },
      {
        name: "scrub of 512 MiB",
        contenders: [
          inProcess("firn, with parity", "archiveScrub"),
          inProcess("firn, without parity", "archiveScrubPlain"),
        ],
      },
    ],
  };
}

interface Transfers {
  readonly bytes: number;
  readonly outputs: number;
  readonly connections: number;
}

function transfers(call: string, { bytes, outputs, connections }: Transfers): Workload {
  return {
    name: `${call}, ${bytes / MIB} MiB, ${connections} connections`,
    contenders: Object.entries(servers).map(([name, module]): Contender => ({
      name,
      run: async (directory, { seconds }) => {
        const input: ArchiveServerRun = { directory, ...keys, bytes, outputs };
        const server = await startChild<ArchiveServerReady>(module, input);
        try {
          const { port, ...ready } = server.ready;
          const target = { host: "127.0.0.1", port, ...keys };
          const run: ArchiveLoadRun = { target, ...ready, bytes, connections, seconds };
          return await runInChild(client, run);
        } finally {
          await server.stop();
        }
      },
    })),
  };
}

function inProcess(name: string, run: string): Contender {
  return {
    name,
    run: (directory, { seconds }) => {
      const input: EmbeddedRun = { run, directory, seconds };
      return runInChild(embedded, input);
    },
  };
}
