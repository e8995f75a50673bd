import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const IDLE_FRACTION = 0.03;
const LOOK_MS = 1000;
const IDLE_LOOKS = 3;
const LOOKS_MAX = 300;

/** CPU time of all threads of this process while `work` ran, in microseconds. */
export async function cpuMicroseconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Waits until what a store does in the background is done: for five minutes at the most. */
export async function untilIdle(): Promise<void> {
  for (let [looks, idle] = [0, 0]; looks < LOOKS_MAX && idle < IDLE_LOOKS; looks++) {
    const used = await cpuMicroseconds(() => new Promise((done) => setTimeout(done, LOOK_MS)));
    idle = used < LOOK_MS * 1000 * IDLE_FRACTION ? idle + 1 : 0;
  }
}

/**
 * Bytes that this process, all its threads, has handed to the kernel to be written: its own alone,
 * whatever else the machine does. What a write makes of a page that it covers in part is not in it.
 */
export function bytesWritten(): number {
  try {
    const [, bytes] = /^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "latin1")) ?? [];
    return Number(bytes ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}

/** Bytes of all files in a folder, as long as they say that they are. */
export function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    try {
      bytes += statSync(join(entry.parentPath, entry.name)).size;
    } catch {
      // Gone since it was listed.
    }
  }
  return bytes;
}
