import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Sample } from "../harness/row.ts";
import { REGION_BYTES, randomReads, randomWrites, syncedWrites } from "./block-runs.ts";
import type { OpenBlocks } from "./block-runs.ts";

/**
 * A file of the same size, written in place: no checksums, no snapshots, no order after a crash.
 */
const openFile: OpenBlocks = async (directory) => {
  const file = await open(join(directory, "disk"), "wx+");
  const zeros = Buffer.alloc(4 * 1024 * 1024);
  for (let at = 0; at < REGION_BYTES; at += zeros.length) await file.write(zeros, 0, undefined, at);
  await file.sync();
  return {
    read: async (offset, into) => {
      await file.read(into, 0, into.length, offset);
    },
    write: async (offset, bytes) => {
      await file.write(bytes, 0, bytes.length, offset);
    },
    flush: () => file.datasync(),
    close: () => file.close(),
  };
};

export function fileWrites(directory: string, seconds: number): Promise<Sample> {
  return randomWrites(openFile, directory, seconds);
}

export function fileSyncedWrites(directory: string, seconds: number): Promise<Sample> {
  return syncedWrites(openFile, directory, seconds);
}

export function fileReads(directory: string, seconds: number): Promise<Sample> {
  return randomReads(openFile, directory, seconds);
}
