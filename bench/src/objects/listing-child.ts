import { openStore } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { receiveInput, sendAnswer } from "../harness/child.ts";

export interface ListingRun {
  readonly directory: string;
  /** In 100 folders. */
  readonly keys: number;
}

const bucket = "listing";
const FOLDERS = 100;
const WRITERS = 256;
const REPEATS = 20;
const MIB = 1024 * 1024;

/** Pages of a bucket of many keys, by the time that one takes, and the memory meanwhile. */
async function main(): Promise<void> {
  const { directory, keys } = await receiveInput<ListingRun>();
  const store = await openStore({ directory });
  const objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket });
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < keys) {
      const key = keyOf(next++, keys);
      await objects.putObject({ bucket, key, body: Buffer.from(key) });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const afterWriting = process.memoryUsage.rss();
  const pageMs = async (request: object): Promise<number> => {
    const began = performance.now();
    for await (const page of objects.listObjectsV2({ bucket, ...request }).pages()) {
      if (page.contents.length + page.commonPrefixes.length === 0) throw new Error("no page");
      break;
    }
    return performance.now() - began;
  };
  const pageKeys = Math.min(1000, keys >> 1);
  const startAfter = keyOf(keys - pageKeys - 1, keys);
  const pages = {
    "ms, first page": { maxKeys: pageKeys },
    "ms, last page": { maxKeys: pageKeys, startAfter },
    "ms, 100 prefixes": { delimiter: "/" },
  };
  // In turns: what else goes on (flushes, merges of what was written) meets all of them alike.
  const times: Record<string, number[]> = {};
  for (let at = 0; at < REPEATS; at++) {
    for (const [name, request] of Object.entries(pages)) {
      (times[name] ??= []).push(await pageMs(request));
    }
  }
  const median = (of: number[]): number => of.sort((a, b) => a - b)[of.length >> 1] as number;
  const medians = Object.entries(times).map(([name, of]) => [name, median(of)] as const);
  const sample = {
    ...Object.fromEntries(medians),
    "MiB resident, written": afterWriting / MIB,
    "MiB resident, listed": process.memoryUsage.rss() / MIB,
  };
  await store.close();
  sendAnswer(sample);
}

function keyOf(n: number, keys: number): string {
  const perFolder = Math.ceil(keys / FOLDERS);
  const folder = String(Math.floor(n / perFolder)).padStart(3, "0");
  return `folder-${folder}/${String(n % perFolder).padStart(7, "0")}`;
}

void main();
