import { randomFillSync } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { levelIndex, openStore } from "@firn/core";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { drive } from "../harness/drive.ts";

/** One run: what the parent asks for. */
export interface OverwriteRun {
  readonly directory: string;
  readonly compaction: "auto" | "off";
  readonly index: "level" | "runs";
  readonly writers: number;
  /** Written over and over: 96k are about 100 MB of values, many times within one run. */
  readonly keys: number;
  readonly seconds: number;
}

const VALUE_BYTES = 1024;
const KEY_PREFIX = "account/region/table/items/";
const POOL_BYTES = 16 * 1024 * 1024;

/** Durable 1 KiB puts over the same keys, in random order: every one makes garbage of another. */
async function main(): Promise<void> {
  const { directory, compaction, index, writers, keys, seconds } =
    await receiveInput<OverwriteRun>();
  const store = await openStore({
    directory,
    compaction,
    index: index === "level" ? levelIndex : undefined,
  });
  const space = await store.openKeySpace("bench");
  const pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
  const put = (number: number): Promise<void> => {
    const key = Buffer.from(KEY_PREFIX + String(number).padStart(32, "0"), "latin1");
    const place = Math.floor(Math.random() * (POOL_BYTES - VALUE_BYTES));
    const value = pool.subarray(place, place + VALUE_BYTES);
    return store.transact((tx) => tx.put(space, key, value));
  };
  let next = 0;
  const fill = async (): Promise<void> => {
    while (next < keys) await put(next++);
  };
  await Promise.all(Array.from({ length: 512 }, fill));
  const driven = await drive(writers, seconds, () => put(Math.floor(Math.random() * keys)));
  const diskBytes = await bytesBelow(join(directory, "log"));
  const headBytes = keys * (VALUE_BYTES + KEY_PREFIX.length + 32);
  await store.close();
  sendAnswer({
    "puts/s": driven.perSecond,
    "p50 ms": driven.p50Ms,
    "p99 ms": driven.p99Ms,
    "log / head": diskBytes / headBytes,
    "resident MiB": process.memoryUsage().rss / 2 ** 20,
  });
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) bytes += found.size;
  }
  return bytes;
}

void main();
