import { open, rm } from "node:fs/promises";
import { Latencies } from "./latencies.ts";

const SYNCS = 200;

/**
 * What the disk itself takes: 99 of 100 appends of `bytes` with an fdatasync are no slower, in
 * milliseconds. Nothing else should write meanwhile.
 */
export async function rawSyncP99Ms(directory: string, bytes: number): Promise<number> {
  // Beside it: what lies inside is its owner's.
  const path = `${directory}.raw-sync`;
  const file = await open(path, "wx");
  const latencies = new Latencies();
  const part = Buffer.alloc(Math.ceil(bytes), 1);
  for (let at = 0; at < SYNCS; at++) {
    const before = performance.now();
    await file.write(part);
    await file.datasync();
    latencies.add(performance.now() - before);
  }
  await file.close();
  await rm(path);
  return latencies.quantile(0.99);
}
