import { randomBytes } from "node:crypto";
import { treeHashHex } from "@firn/archive";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import { Connection } from "../http/connection.ts";
import { signedBytes } from "../http/sign.ts";
import type { PlainRequest, Target } from "../http/sign.ts";
import { cpuSecondsOf } from "./server-cpu.ts";

/** One run: what the parent asks for. */
export interface ArchiveLoadRun {
  readonly target: Target;
  /** The server's process. */
  readonly pid: number;
  /** Bytes of an archive. */
  readonly bytes: number;
  /** Paths to fetch; none: archives are uploaded. */
  readonly outputs: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

const NONE: Buffer = Buffer.alloc(0);
/** Different archives that are uploaded in turn. */
const UPLOADS = 4;
/** Warm-up before the clock starts: compilers and caches on both sides. */
const WARM_UP_SECONDS = 0.5;
const MIB: number = 1024 * 1024;

async function main(): Promise<void> {
  const run = await receiveInput<ArchiveLoadRun>();
  const { target, pid, bytes, connections, seconds } = run;
  const requests = plan(run).map((request) => signedBytes(request, target, Date.now()));
  const pool = Array.from({ length: connections }, () => new Connection(target));
  let next = 0;
  let count = 0;
  const once = async (worker: number): Promise<void> => {
    const request = requests[next++ % requests.length] as Buffer;
    await (pool[worker] as Connection).send(request);
    count++;
  };
  await drive(connections, WARM_UP_SECONDS, once);
  count = 0;
  const before = cpuSecondsOf(pid);
  const driven = await drive(connections, seconds, once);
  const after = cpuSecondsOf(pid);
  for (const connection of pool) connection.close();
  const cpu =
    before === undefined || after === undefined
      ? {}
      : { "MiB/CPU-s": (count * bytes) / MIB / (after - before) };
  const rate = (driven.perSecond * bytes) / MIB;
  sendAnswer({ "MiB/s": rate, ...cpu, "p99 ms": driven.p99Ms });
}

function plan({ bytes, outputs }: ArchiveLoadRun): PlainRequest[] {
  const common = {
    service: "glacier",
    headers: { "x-amz-glacier-version": "2012-06-01" },
  } as const;
  if (outputs.length > 0) {
    return outputs.map((path) => ({ ...common, method: "GET", path, body: NONE }));
  }
  return Array.from({ length: UPLOADS }, () => {
    const body = randomBytes(bytes);
    const headers = { ...common.headers, "x-amz-sha256-tree-hash": treeHashHex(body) };
    const path = "/-/vaults/bench/archives";
    return { ...common, method: "POST", path, headers, body };
  });
}

void main();
