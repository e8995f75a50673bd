import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";
import type { Driven } from "../harness/drive.ts";
import { cpuMicroseconds, untilIdle } from "../harness/process-use.ts";
import { ownContenders, rivalContenders } from "./contenders.ts";
import type { DurableMap } from "./durable-map.ts";
import { fillMap } from "./fill-map.ts";
import { freshPairs, numberedKey } from "./pairs.ts";

/** One run: what the parent asks for. */
export interface ReadRun {
  readonly contender: string;
  readonly directory: string;
  readonly keys: number;
  readonly valueBytes: number;
  /** Of each kind of reading. */
  readonly seconds: number;
}

/** Calls in flight while only reads run. */
const READERS = 16;
/** Beside the ranges. */
const WRITERS = 64;
const SHORT_RANGE = 20;
const LONG_RANGE = 100;

/** Gets of keys that are there and of others, ranges alone, then ranges while others write. */
async function main(): Promise<void> {
  const { contender, directory, keys, valueBytes, seconds } = await receiveInput<ReadRun>();
  const open = { ...ownContenders, ...rivalContenders }[contender];
  if (open === undefined) throw new Error(`no contender is called ${contender}`);
  const map = await open(directory);
  const { get, page } = map;
  if (get === undefined || page === undefined) throw new Error(`${contender} has no reads`);
  await fillMap(map, { keys, valueBytes });
  await untilIdle();
  const anyKey = (from: number): Buffer => numberedKey(from + Math.floor(Math.random() * keys));
  const range = (count: number) => () => page.call(map, anyKey(0), count);
  const present = await alone(READERS, seconds, async () => {
    const length = await get.call(map, anyKey(0));
    if (length !== valueBytes) throw new Error(`a value of ${length} bytes`);
  });
  const absent = await alone(READERS, seconds, async () => {
    const length = await get.call(map, anyKey(keys));
    if (length !== undefined) throw new Error("a value that nobody put");
  });
  const shortAlone = await alone(1, seconds, range(SHORT_RANGE));
  const longAlone = await alone(1, seconds, range(LONG_RANGE));
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  const short = await whileWriting(map, { valueBytes, seconds }, range(SHORT_RANGE));
  const long = await whileWriting(map, { valueBytes, seconds }, range(LONG_RANGE));
  await map.close();
  sendAnswer({
    "gets/s, present": present.perSecond,
    "gets/s, absent": absent.perSecond,
    "ranges/s of 20": shortAlone.perSecond,
    "ranges/s of 100": longAlone.perSecond,
    "ranges/s of 20, beside puts": short.perSecond,
    "puts/s beside them": short.puts,
    "ranges/s of 100, beside puts": long.perSecond,
    "puts/s beside those": long.puts,
    "ranges of 100 beside puts, p99 ms": long.p99Ms,
    "CPU µs per get, present": present.cpu,
    "CPU µs per get, absent": absent.cpu,
    "CPU µs per range of 20": shortAlone.cpu,
    "CPU µs per range of 100": longAlone.cpu,
    "resident MiB": residentMiB,
  });
}

/** Nothing else runs: what it takes of the processor is its own. */
async function alone(
  readers: number,
  seconds: number,
  read: () => Promise<unknown>,
): Promise<Driven & { readonly cpu: number }> {
  let driven: Driven | undefined;
  const used = await cpuMicroseconds(async () => {
    driven = await drive(readers, seconds, read);
  });
  const done = driven as unknown as Driven;
  return { ...done, cpu: used / (done.perSecond * seconds) };
}

/** One reader beside writers of fresh keys. */
async function whileWriting(
  map: DurableMap,
  { valueBytes, seconds }: { readonly valueBytes: number; readonly seconds: number },
  read: () => Promise<number>,
): Promise<Driven & { readonly puts: number }> {
  const pairs = freshPairs(valueBytes);
  const writing = drive(WRITERS, seconds, () => {
    const { key, value } = pairs();
    return map.put(key, value);
  });
  const driven = await drive(1, seconds, read);
  return { ...driven, puts: (await writing).perSecond };
}

void main();
