import type { UsageLine } from "@firn/core";
import { openClosedDirectory } from "../closed-directory.ts";
import type { DirectoryKeys } from "../closed-directory.ts";

/** What is kept in a directory that nobody has open. @throws CommandError 1, 2, 3. */
export async function directoryUsage(
  directory: string,
  minimumDays: Readonly<Record<string, number>>,
  keys: DirectoryKeys,
): Promise<readonly UsageLine[]> {
  const firn = await openClosedDirectory(directory, keys, "look at");
  try {
    return await firn.usage({ minimumDays: (item) => minimumDays[item] ?? 0 });
  } finally {
    await firn.close();
  }
}
