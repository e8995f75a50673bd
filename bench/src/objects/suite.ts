import { readFileSync } from "node:fs";
import { runInChild, startChild } from "../harness/child.ts";
import { rivalsInstalled } from "../harness/rivals.ts";
import type { Sample } from "../harness/row.ts";
import type { Contender, Form, Suite, Workload } from "../harness/suite.ts";
import type { LoadRun } from "../http/load-child.ts";
import type { Call } from "../http/requests.ts";
import type { ServerReady, ServerRun } from "../http/server-run.ts";
import type { ListingRun } from "./listing-child.ts";
import type { UploadRun } from "./upload-child.ts";
import type { UploadReady } from "./upload-server-child.ts";

/*
 * Objects beside a server that does the same work with node:http and one file, and beside s3rver:
 * the same signed requests to each. Nothing is believed that is not on the disk, s3rver aside.
 */

const KIB = 1024;
const MIB = 1024 * 1024;
const keys = { accessKeyId: "BENCHBENCHBENCHBENCH", secretAccessKey: "secret-of-the-benchmark" };

interface Server {
  readonly module: URL;
  readonly keys: typeof keys;
}

const FIRN = "firn";
const BARE = "node:http, hashes, appends and syncs";
const S3RVER = "s3rver, syncs nothing";

const servers: Readonly<Record<string, Server>> = {
  [FIRN]: { module: new URL("../http/firn-child.js", import.meta.url), keys },
  [BARE]: { module: new URL("durable-child.js", import.meta.url), keys },
  // It knows no other user.
  [S3RVER]: {
    module: new URL("s3rver-child.js", import.meta.url),
    keys: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
  },
};

export function objectRivalsSuite(): Suite {
  const notes: string[] = [];
  if (!rivalsInstalled()) notes.push("s3rver is left out: pnpm install --dir bench/rivals");
  const all = rivalsInstalled() ? [FIRN, BARE, S3RVER] : [FIRN, BARE];
  const small = { bytes: KIB, connections: 64 };
  const large = { bytes: 64 * MIB, connections: 2 };
  const workloads = [
    load({ ...small, call: "PutObject" }, all),
    load({ ...small, call: "GetObject" }, all),
    load({ ...large, call: "PutObject" }, all),
    load({ ...large, call: "GetObject" }, all),
    framing(large),
    listing(),
    upload(),
  ];
  return { name: "object-rivals", notes, workloads };
}

interface Load {
  readonly call: Call;
  readonly bytes: number;
  readonly connections: number;
}

function load(of: Load, names: readonly string[]): Workload {
  const { call, bytes, connections } = of;
  const size = bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / KIB} KiB`;
  return {
    name: `${call}, ${size}, ${connections} connections`,
    contenders: names.map((name): Contender => ({
      name,
      run: (directory, form) => runLoad(name, of, { directory, form }),
    })),
  };
}

/** The same server: what do chunks and a checksum behind them cost? */
function framing({ bytes, connections }: Omit<Load, "call">): Workload {
  const calls = {
    "plain, unsigned": "PutObjectUnsigned",
    "aws-chunked, CRC32": "PutObjectChunked",
  };
  return {
    name: "64 MiB put as an SDK sends a stream",
    contenders: Object.entries(calls).map(([name, call]): Contender => ({
      name: `firn, ${name}`,
      run: (directory, form) =>
        runLoad(FIRN, { call: call as Call, bytes, connections }, { directory, form }),
    })),
  };
}

async function runLoad(
  name: string,
  { call, bytes, connections }: Load,
  { directory, form }: { readonly directory: string; readonly form: Form },
): Promise<Sample> {
  const { module, keys: own } = servers[name] as Server;
  const input: ServerRun = { directory, ...own, bytes };
  const server = await startChild<ServerReady>(module, input);
  try {
    const target = { host: "127.0.0.1", port: server.ready.port, ...own };
    const run: LoadRun = { target, call, bytes, connections, seconds: form.seconds };
    return await runInChild(new URL("../http/load-child.js", import.meta.url), run);
  } finally {
    await server.stop();
  }
}

function listing(): Workload {
  return {
    name: "pages of a bucket: 1,000,000 keys (quick: 20,000)",
    contenders: [
      {
        name: FIRN,
        run: (directory, form) => {
          const run: ListingRun = { directory, keys: form.name === "full" ? 1_000_000 : 20_000 };
          return runInChild(new URL("listing-child.js", import.meta.url), run);
        },
      },
    ],
  };
}

function upload(): Workload {
  return {
    name: "upload in parts: 5 GiB (quick: 256 MiB)",
    contenders: [{ name: FIRN, run: (directory, form) => runUpload(directory, form) }],
  };
}

async function runUpload(directory: string, form: Form): Promise<Sample> {
  const module = new URL("upload-server-child.js", import.meta.url);
  const input: ServerRun = { directory, ...keys, bytes: 0 };
  const server = await startChild<UploadReady>(module, input);
  try {
    const { port, pid, path, uploadId } = server.ready;
    const target = { host: "127.0.0.1", port, ...keys };
    const size = { partBytes: 64 * MIB, parts: form.name === "full" ? 80 : 4, connections: 4 };
    const run: UploadRun = { target, path, uploadId, ...size };
    const told = await runInChild<Sample>(new URL("upload-child.js", import.meta.url), run);
    return { ...told, "MiB resident at most": residentMax(pid) };
  } finally {
    await server.stop();
  }
}

/** Linux tells the most that a process ever held. */
function residentMax(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN) / KIB;
}
