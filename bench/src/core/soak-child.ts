import { receiveInput, sendAnswer } from "../harness/child.ts";
import { bytesBelow } from "../harness/process-use.ts";
import { ownContenders } from "./contenders.ts";
import { fillMap } from "./fill-map.ts";
import { freshPairs, numberedKey } from "./pairs.ts";

/** One run: what the parent asks for. */
export interface SoakRun {
  readonly contender: string;
  readonly directory: string;
  readonly keys: number;
  /** After the keys are there: reads and overwrites of any of them. */
  readonly seconds: number;
}

const VALUE_BYTES = 1024;
const WRITERS = 512;
/** Resident memory is looked at this often. */
const SAMPLE_MS = 1000;
/** The soak is told in so many parts: memory that grows with time shows from one to the next. */
const PARTS = 6;

/** Fills a store, then reads and overwrites it: does memory grow with the data, or with time? */
async function main(): Promise<void> {
  const { contender, directory, keys, seconds } = await receiveInput<SoakRun>();
  const map = await ownContenders[contender]?.(directory);
  if (map?.readThenPut === undefined) throw new Error(`no contender is called ${contender}`);
  const pairs = freshPairs(VALUE_BYTES);
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(process.memoryUsage().rss), SAMPLE_MS);
  const start = performance.now();
  await fillMap(map, { keys, valueBytes: VALUE_BYTES });
  const filledSeconds = (performance.now() - start) / 1000;
  const filledAt = resident.length;
  const filledBytes = bytesBelow(directory);
  const end = performance.now() + seconds * 1000;
  let overwritten = 0;
  const overwrite = async (): Promise<void> => {
    while (performance.now() < end) {
      await map.readThenPut?.(numberedKey(Math.floor(Math.random() * keys)), pairs().value);
      overwritten++;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, overwrite));
  clearInterval(sampling);
  const soaking = resident.slice(filledAt);
  const endBytes = bytesBelow(directory);
  await map.close();
  const parts = Array.from({ length: PARTS }, (_, part) => {
    const from = Math.floor((soaking.length * part) / PARTS);
    const to = Math.floor((soaking.length * (part + 1)) / PARTS);
    return [`resident MiB, most in part ${part + 1} of ${PARTS}`, most(soaking.slice(from, to))];
  });
  sendAnswer({
    "puts/s while filling": keys / filledSeconds,
    "GiB stored when full": filledBytes / 2 ** 30,
    "resident MiB, most": most(resident),
    "resident MiB, most while filling": most(resident.slice(0, filledAt)),
    ...Object.fromEntries(parts),
    "keys read and written again": overwritten,
    "GiB stored at the end": endBytes / 2 ** 30,
  });
}

function most(bytes: readonly number[]): number {
  return bytes.reduce((max, one) => Math.max(max, one), 0) / 2 ** 20;
}

void main();
