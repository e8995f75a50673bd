import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { UsageLine } from "@firn/core";
import { Firn } from "@firn/firn";
import { CommandError } from "../command-error.ts";
import { directoryError } from "../directory-error.ts";

/** What is kept in a directory that nobody has open. @throws CommandError 3. */
export async function directoryUsage(
  directory: string,
  minimumDays: Readonly<Record<string, number>>,
): Promise<readonly UsageLine[]> {
  if (!existsSync(`${directory}/manifest`)) {
    throw new CommandError(3, `There is no store in ${directory}.`);
  }
  const firn = await Firn.open({ directory: resolve(directory) }).catch((error: unknown) => {
    throw directoryError(error, directory, "look at");
  });
  try {
    return await firn.usage({ minimumDays: (item) => minimumDays[item] ?? 0 });
  } finally {
    await firn.close();
  }
}
