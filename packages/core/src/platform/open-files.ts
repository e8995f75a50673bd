import { readFileSync } from "node:fs";

/**
 * Files and sockets that this process may have open; `undefined` where the system does not say
 * (anything but Linux).
 */
export function openFilesMax(): number | undefined {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return limit?.[1] === undefined ? undefined : Number(limit[1]);
  } catch {
    return undefined;
  }
}
