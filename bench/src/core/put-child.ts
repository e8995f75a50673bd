import { receiveInput, sendAnswer } from "../harness/child.ts";
import { deviceBytesWritten } from "../harness/device-writes.ts";
import { drive } from "../harness/drive.ts";
import { ownContenders, rivalContenders, sealedContenders } from "./contenders.ts";
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

async function main(): Promise<void> {
  const run = await receiveInput<PutRun>();
  const { contender, directory, writers, seconds, valueBytes, readFirst } = run;
  const open = { ...ownContenders, ...sealedContenders, ...rivalContenders }[contender];
  if (open === undefined) throw new Error(`no contender is called ${contender}`);
  const map = await open(directory);
  const pairs = freshPairs(valueBytes);
  const put = readFirst ? map.readThenPut : map.put;
  if (put === undefined) throw new Error(`${contender} has no reads`);
  const before = deviceBytesWritten(directory);
  const cpu = process.cpuUsage();
  const driven = await drive(writers, seconds, () => {
    const { key, value } = pairs();
    return put.call(map, key, value);
  });
  const { user, system } = process.cpuUsage(cpu);
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  await map.close();
  const puts = driven.perSecond * seconds;
  sendAnswer({
    "puts/s": driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    "worst ms": driven.worstMs,
    "CPU µs per put": (user + system) / puts,
    "bytes written / bytes put":
      (deviceBytesWritten(directory) - before) / (puts * (valueBytes + KEY_BYTES)),
    "resident MiB": residentMiB,
  });
}

void main();
