import { monthOf } from "@firn/core";
import { openClosedDirectory } from "../closed-directory.ts";
import type { DirectoryKeys } from "../closed-directory.ts";
import type { MonthsUsage } from "./cost-report.ts";

export interface UsageAsked {
  /** Least days by item. */
  readonly minimumDays: Readonly<Record<string, number>>;
  /** Default the running one. */
  readonly month: string | undefined;
}

/** What is kept in a directory that nobody has open. @throws CommandError 1, 2, 3. */
export async function directoryUsage(
  directory: string,
  asked: UsageAsked,
  keys: DirectoryKeys,
): Promise<MonthsUsage> {
  const firn = await openClosedDirectory(directory, keys, "look at");
  try {
    const month = asked.month ?? monthOf(firn.store.clock.now());
    const minimumDays = (item: string): number => asked.minimumDays[item] ?? 0;
    return { month, lines: await firn.usage({ minimumDays, month }) };
  } finally {
    await firn.close();
  }
}
