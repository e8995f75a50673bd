import { receiveInput, sendAnswer } from "../harness/child.ts";
import { ownContenders } from "./contenders.ts";
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

/** Fills a store, then reads and overwrites it: does memory grow with the data, or with time? */
async function main(): Promise<void> {
  const { contender, directory, keys, seconds } = await receiveInput<SoakRun>();
  const map = await ownContenders[contender]?.(directory);
  if (map?.readThenPut === undefined) throw new Error(`no contender is called ${contender}`);
  const pairs = freshPairs(VALUE_BYTES);
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(process.memoryUsage().rss), SAMPLE_MS);
  let next = 0;
  const fill = async (): Promise<void> => {
    while (next < keys) await map.put(numberedKey(next++), pairs().value);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, fill));
  const filledSeconds = (performance.now() - start) / 1000;
  const filledAt = resident.length;
  const end = performance.now() + seconds * 1000;
  const overwrite = async (): Promise<void> => {
    while (performance.now() < end) {
      await map.readThenPut?.(numberedKey(Math.floor(Math.random() * keys)), pairs().value);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, overwrite));
  clearInterval(sampling);
  const soaking = resident.slice(filledAt);
  const half = soaking.length >> 1;
  await map.close();
  sendAnswer({
    "puts/s while filling": keys / filledSeconds,
    "resident MiB, most": most(resident),
    "resident MiB, most while filling": most(resident.slice(0, filledAt)),
    "resident MiB, most in the soak's first half": most(soaking.slice(0, half)),
    "resident MiB, most in its second half": most(soaking.slice(half)),
  });
}

function most(bytes: readonly number[]): number {
  return bytes.reduce((max, one) => Math.max(max, one), 0) / 2 ** 20;
}

void main();
