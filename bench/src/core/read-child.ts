import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import { ownContenders, rivalContenders } from "./contenders.ts";
import type { DurableMap } from "./durable-map.ts";
import { freshPairs, numberedKey } from "./pairs.ts";

/** One run: what the parent asks for. */
export interface ReadRun {
  readonly contender: string;
  readonly directory: string;
  readonly keys: number;
  /** Of each kind of reading. */
  readonly seconds: number;
}

const VALUE_BYTES = 1024;
const FILLERS = 1024;
/** Calls in flight while only reads run. */
const READERS = 16;
/** Beside the ranges. */
const WRITERS = 64;

/** Gets of keys that are there and of others, then ranges while others write. */
async function main(): Promise<void> {
  const { contender, directory, keys, seconds } = await receiveInput<ReadRun>();
  const open = { ...ownContenders, ...rivalContenders }[contender];
  if (open === undefined) throw new Error(`no contender is called ${contender}`);
  const map = await open(directory);
  const { get, page } = map;
  if (get === undefined || page === undefined) throw new Error(`${contender} has no reads`);
  await fill(map, keys);
  const anyKey = (from: number): Buffer => numberedKey(from + Math.floor(Math.random() * keys));
  const present = await drive(READERS, seconds, async () => {
    const length = await get.call(map, anyKey(0));
    if (length !== VALUE_BYTES) throw new Error(`a value of ${length} bytes`);
  });
  const absent = await drive(READERS, seconds, async () => {
    const length = await get.call(map, anyKey(keys));
    if (length !== undefined) throw new Error("a value that nobody put");
  });
  const short = await whileWriting(map, seconds, () => page.call(map, anyKey(0), 20));
  const long = await whileWriting(map, seconds, () => page.call(map, anyKey(0), 100));
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  await map.close();
  sendAnswer({
    "gets/s, present": present.perSecond,
    "gets/s, absent": absent.perSecond,
    "ranges/s of 20, beside puts": short.perSecond,
    "ranges/s of 100, beside puts": long.perSecond,
    "ranges of 100, p99 ms": long.p99Ms,
    "resident MiB": residentMiB,
  });
}

async function fill(map: DurableMap, keys: number): Promise<void> {
  const pairs = freshPairs(VALUE_BYTES);
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < keys) await map.put(numberedKey(next++), pairs().value);
  };
  await Promise.all(Array.from({ length: FILLERS }, loop));
}

/** One reader beside writers of fresh keys. */
async function whileWriting(
  map: DurableMap,
  seconds: number,
  read: () => Promise<number>,
): Promise<Awaited<ReturnType<typeof drive>>> {
  const pairs = freshPairs(VALUE_BYTES);
  const writing = drive(WRITERS, seconds, () => {
    const { key, value } = pairs();
    return map.put(key, value);
  });
  const driven = await drive(1, seconds, read);
  await writing;
  return driven;
}

void main();
