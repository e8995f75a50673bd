import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

const SECTOR_BYTES = 512;
/** Of the kernel's statistics of a block device: sectors written since it started. */
const SECTORS_WRITTEN = 6;

/**
 * Bytes that the directory's disk has taken so far, after everything that was written has gone
 * there; of all processes, so only a quiet machine tells something. What the kernel counts for a
 * process is no measure: one page changed counts as all pages of its folio. Not a number where the
 * kernel does not say.
 */
export function deviceBytesWritten(directory: string): number {
  try {
    execFileSync("sync");
    const { dev } = statSync(directory);
    const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
    const fields = readFileSync(`/sys/dev/block/${major}:${minor}/stat`, "utf8")
      .trim()
      .split(/\s+/);
    return Number(fields[SECTORS_WRITTEN]) * SECTOR_BYTES;
  } catch {
    return Number.NaN;
  }
}
