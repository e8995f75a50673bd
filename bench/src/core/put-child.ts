import { receiveInput, sendAnswer } from "../harness/child.ts";
import { deviceBytesWritten } from "../harness/device-writes.ts";
import { rawSyncP99Ms } from "../harness/raw-sync.ts";
import { drive } from "../harness/drive.ts";
import { ownContenders, rivalContenders, sealedContenders } from "./contenders.ts";
import type { DurableMap } from "./durable-map.ts";
import { KEY_BYTES, freshPairs } from "./pairs.ts";

/** One run: what the parent asks for. */
export interface PutRun {
  readonly contender: string;
  readonly directory: string;
  readonly writers: number;
  readonly seconds: number;
  readonly valueBytes: number;
  /** Each put comes behind a read of its key. */
  readonly readFirst: boolean;
}

/** Code is compiled and files grow their first blocks: told apart from what comes then. */
const START_SECONDS = 1;
/** A group of a run is this at the most, for the raw syncs beside it. */
const GROUP_BYTES_MAX: number = 1024 * 1024;

async function main(): Promise<void> {
  const run = await receiveInput<PutRun>();
  const { contender, directory, writers, seconds, valueBytes } = run;
  const map = await openContender(contender, directory);
  const put = putOf(run, map);
  const groupBytes = Math.min(GROUP_BYTES_MAX, (writers * valueBytes) / 2);
  const rawBefore = await rawSyncP99Ms(directory, groupBytes);
  const starting = await drive(writers, Math.min(START_SECONDS, seconds / 4), put);
  const before = deviceBytesWritten(directory);
  const cpu = process.cpuUsage();
  let lagAtHalf = Number.NaN;
  const half = setTimeout(() => void lagMiB(map).then((lag) => (lagAtHalf = lag)), seconds * 500);
  const driven = await drive(writers, seconds, put);
  clearTimeout(half);
  const { user, system } = process.cpuUsage(cpu);
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  const lagAtEnd = await lagMiB(map);
  await map.close();
  const written = deviceBytesWritten(directory) - before;
  const rawP99Ms = Math.max(rawBefore, await rawSyncP99Ms(directory, groupBytes));
  const puts = driven.perSecond * seconds;
  sendAnswer({
    "puts/s": driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    "worst ms": driven.worstMs,
    "worst ms in the first second": starting.worstMs,
    "raw fdatasync, p99 ms": rawP99Ms,
    "worst / raw p99": driven.worstMs / rawP99Ms,
    "CPU µs per put": (user + system) / puts,
    "bytes written / bytes put": written / (puts * (valueBytes + KEY_BYTES)),
    ...(map.lagBytes && { "index lag MiB, halfway": lagAtHalf, "index lag MiB, end": lagAtEnd }),
    "resident MiB": residentMiB,
  });
}

function openContender(contender: string, directory: string): Promise<DurableMap> {
  const open = { ...ownContenders, ...sealedContenders, ...rivalContenders }[contender];
  if (open === undefined) throw new Error(`no contender is called ${contender}`);
  return open(directory);
}

/** One put of a fresh pair. */
function putOf({ readFirst, valueBytes, contender }: PutRun, map: DurableMap): () => Promise<void> {
  const pairs = freshPairs(valueBytes);
  const put = readFirst ? map.readThenPut : map.put;
  if (put === undefined) throw new Error(`${contender} has no reads`);
  return () => {
    const { key, value } = pairs();
    return put.call(map, key, value);
  };
}

async function lagMiB(map: DurableMap): Promise<number> {
  return ((await map.lagBytes?.()) ?? Number.NaN) / 2 ** 20;
}

void main();
