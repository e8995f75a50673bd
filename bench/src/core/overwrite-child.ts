import { randomFillSync } from "node:crypto";
import { join } from "node:path";
import { levelIndex, openStore } from "@firn/core";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import { bytesBelow, bytesWritten } from "../harness/process-use.ts";

/** One run: what the parent asks for. */
export interface OverwriteRun {
  readonly directory: string;
  readonly compaction: "auto" | "off";
  readonly index: "level" | "runs";
  readonly writers: number;
  /** Beside them: each has one get of any key in flight. */
  readonly readers: number;
  /** Written over and over: 96k are about 100 MB of values, many times within one run. */
  readonly keys: number;
  readonly seconds: number;
}

const VALUE_BYTES = 1024;
const KEY_PREFIX = "account/region/table/items/";
const KEY_BYTES: number = KEY_PREFIX.length + 32;
const POOL_BYTES: number = 16 * 1024 * 1024;
const FILLERS = 512;
/** What the disk holds is looked at this often. */
const SAMPLE_MS = 1000;

/** Durable 1 KiB puts over the same keys, in random order: every one makes garbage of another. */
async function main(): Promise<void> {
  const run = await receiveInput<OverwriteRun>();
  const { directory, compaction, index, writers, readers, keys, seconds } = run;
  const store = await openStore({
    directory,
    compaction,
    index: index === "level" ? levelIndex : undefined,
  });
  const space = await store.openKeySpace("bench");
  const pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
  const put = (number: number): Promise<void> => {
    const place = Math.floor(Math.random() * (POOL_BYTES - VALUE_BYTES));
    const value = pool.subarray(place, place + VALUE_BYTES);
    return store.transact((tx) => tx.put(space, keyOf(number), value));
  };
  const any = (): number => Math.floor(Math.random() * keys);
  let next = 0;
  const fill = async (): Promise<void> => {
    while (next < keys) await put(next++);
  };
  await Promise.all(Array.from({ length: FILLERS }, fill));
  const headBytes = keys * (VALUE_BYTES + KEY_BYTES);
  const disk: number[] = [];
  const sampling = setInterval(() => disk.push(bytesBelow(directory) / headBytes), SAMPLE_MS);
  const before = bytesWritten();
  const reading =
    readers === 0 ? undefined : drive(readers, seconds, () => store.get(space, keyOf(any())));
  const driven = await drive(writers, seconds, () => put(any()));
  const reads = await reading;
  const written = bytesWritten() - before;
  clearInterval(sampling);
  const logBytes = bytesBelow(join(directory, "log"));
  disk.push(bytesBelow(directory) / headBytes);
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  await store.close();
  sendAnswer({
    "puts/s": driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    ...(reads && {
      "gets/s": reads.perSecond,
      "gets, p99 ms": reads.p99Ms,
      "gets, worst ms": reads.worstMs,
    }),
    "bytes written / bytes put": written / (driven.perSecond * seconds * (VALUE_BYTES + KEY_BYTES)),
    "log / head": logBytes / headBytes,
    "disk / head, mean": disk.reduce((sum, one) => sum + one, 0) / disk.length,
    "disk / head, most": disk.reduce((max, one) => Math.max(max, one), 0),
    "resident MiB": residentMiB,
  });
}

function keyOf(number: number): Buffer {
  return Buffer.from(KEY_PREFIX + String(number).padStart(32, "0"), "latin1");
}

void main();
