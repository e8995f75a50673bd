import { randomBytes } from "node:crypto";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import { Connection } from "./connection.ts";
import { measured, preparation } from "./requests.ts";
import type { Call } from "./requests.ts";
import { signedBytes } from "./sign.ts";
import type { PlainRequest, Target } from "./sign.ts";

/** One run: what the parent asks for. */
export interface LoadRun {
  readonly target: Target;
  readonly call: Call;
  /** Bytes of an object. */
  readonly bytes: number;
  readonly connections: number;
  readonly seconds: number;
}

/** Distinct requests that are signed ahead and then repeated: as many as fit into this. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024;
const REQUESTS_MAX = 20_000;
/** Of a short run, whose preparation must not take longer than the run. */
const REQUESTS_MAX_SHORT = 500;
const SHORT_SECONDS = 10;
/** Warm-up before the clock starts: compilers and caches on both sides. */
const WARM_UP_SECONDS = 0.5;

async function main(): Promise<void> {
  const { target, call, bytes, connections, seconds } = await receiveInput<LoadRun>();
  const countMax = seconds < SHORT_SECONDS ? REQUESTS_MAX_SHORT : REQUESTS_MAX;
  const count = Math.max(4, Math.min(countMax, Math.floor(REQUEST_BYTES_MAX / (bytes + 1024))));
  const keys = Array.from({ length: count }, () => randomBytes(12).toString("hex"));
  const sign = (request: PlainRequest): Buffer => signedBytes(request, target, Date.now());
  const pool = Array.from({ length: connections }, () => new Connection(target));
  const first = pool[0] as Connection;
  const [create, ...rest] = preparation(call, keys, bytes);
  if (create !== undefined) await first.send(sign(create));
  const waiting = rest.values();
  const load = async (connection: Connection): Promise<void> => {
    for (const request of waiting) await connection.send(sign(request));
  };
  await Promise.all(pool.map(load));
  const requests = keys.map((key) => sign(measured(call, key, bytes)));
  let next = 0;
  let answered = 0;
  const once = async (worker: number): Promise<void> => {
    const request = requests[next++ % requests.length] as Buffer;
    const answer = await (pool[worker] as Connection).send(request);
    answered += answer.bytes;
  };
  await drive(connections, WARM_UP_SECONDS, once);
  answered = 0;
  const driven = await drive(connections, seconds, once);
  for (const connection of pool) connection.close();
  const payload = call === "GetObject" ? answered / seconds : driven.perSecond * bytes;
  sendAnswer({
    "requests/s": driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    ...(bytes >= 2 ** 20 ? { "MiB/s": payload / 2 ** 20 } : {}),
  });
}

void main();
