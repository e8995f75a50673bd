import { randomFillSync } from "node:crypto";
import { drive } from "../harness/drive.ts";
import type { Sample } from "../harness/row.ts";

/** Something with blocks: a volume, or a file that stands for what the disk allows. */
export interface Blocks {
  read(offset: number, into: Uint8Array): Promise<void>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export type OpenBlocks = (directory: string) => Promise<Blocks>;

const BLOCK_BYTES = 4096;
/** The region that is worked on: larger than caches of maps, small enough to be written first. */
export const REGION_BYTES: number = 256 * 1024 * 1024;
const FILL_BYTES: number = 1024 * 1024;
const DEPTH = 32;
/** A guest's file system flushes now and then. */
const WRITES_PER_FLUSH = 1024;

/** Random writes of 4 KiB, 32 in flight, with a flush after every 1,024. */
export async function randomWrites(
  open: OpenBlocks,
  directory: string,
  seconds: number,
): Promise<Sample> {
  const blocks = await open(directory);
  const pick = picker();
  let written = 0;
  const driven = await drive(DEPTH, seconds, async () => {
    await blocks.write(pick.offset(), pick.block());
    if (++written % WRITES_PER_FLUSH === 0) await blocks.flush();
  });
  await blocks.flush();
  await blocks.close();
  return { "writes/s": driven.perSecond, "p99 ms": driven.p99Ms };
}

/** Each write of 4 KiB is made durable before the next one. */
export async function syncedWrites(
  open: OpenBlocks,
  directory: string,
  seconds: number,
): Promise<Sample> {
  const blocks = await open(directory);
  const pick = picker();
  const driven = await drive(1, seconds, async () => {
    await blocks.write(pick.offset(), pick.block());
    await blocks.flush();
  });
  await blocks.close();
  return { "writes/s": driven.perSecond, "p99 ms": driven.p99Ms };
}

/** Random reads of 4 KiB, 32 in flight, of a region that was written. */
export async function randomReads(
  open: OpenBlocks,
  directory: string,
  seconds: number,
): Promise<Sample> {
  const blocks = await open(directory);
  const piece = randomFillSync(Buffer.allocUnsafe(FILL_BYTES));
  for (let at = 0; at < REGION_BYTES; at += FILL_BYTES) await blocks.write(at, piece);
  await blocks.flush();
  const pick = picker();
  const into = Array.from({ length: DEPTH }, () => Buffer.alloc(BLOCK_BYTES));
  const driven = await drive(DEPTH, seconds, (worker) =>
    blocks.read(pick.offset(), into[worker] as Buffer),
  );
  await blocks.close();
  return { "reads/s": driven.perSecond, "p99 ms": driven.p99Ms };
}

function picker(): { offset(): number; block(): Buffer } {
  const pool = randomFillSync(Buffer.allocUnsafe(FILL_BYTES + BLOCK_BYTES));
  return {
    offset: () => Math.floor(Math.random() * (REGION_BYTES / BLOCK_BYTES)) * BLOCK_BYTES,
    block: () => {
      const at = Math.floor(Math.random() * FILL_BYTES);
      return pool.subarray(at, at + BLOCK_BYTES);
    },
  };
}
