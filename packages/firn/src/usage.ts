import type { UsageLine, UsageOptions } from "@firn/core";
import type { AdminCommand } from "@firn/gateway";
import type { Engines } from "./engines.ts";
import { invalid } from "./command-body.ts";

/** What all engines keep, over all accounts and regions. O(entries): one walk over each. */
export async function usageOf(
  { objects, tables, volumes, archive }: Engines,
  options: UsageOptions,
): Promise<UsageLine[]> {
  const lines: UsageLine[] = [];
  for (const engine of [objects, tables, volumes, archive]) {
    lines.push(...(await engine.usage(options)));
  }
  return lines;
}

/** `POST /_firn/usage`: least times in days by item come with the request. */
export function usageCommands(engines: Engines): ReadonlyMap<string, AdminCommand> {
  return new Map<string, AdminCommand>([
    [
      "POST usage",
      async ({ minimumDays = {} }) => {
        const days = minimumDaysFrom(minimumDays);
        return { lines: await usageOf(engines, { minimumDays: (item) => days[item] ?? 0 }) };
      },
    ],
  ]);
}

function minimumDaysFrom(value: unknown): Readonly<Record<string, number>> {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  const isFine = (days: unknown): boolean =>
    typeof days === "number" && days >= 0 && Number.isFinite(days);
  if (isMap && Object.values(value).every(isFine)) return value as Record<string, number>;
  throw invalid("minimumDays", "an object of numbers of days");
}
