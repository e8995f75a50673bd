import { monthOf } from "@firn/core";
import type { UsageLine, UsageOptions } from "@firn/core";
import type { AdminCommand } from "@firn/gateway";
import type { Engines } from "./engines.ts";
import { invalid } from "./command-body.ts";

/**
 * What all engines keep, and what was used of them in the month, over all accounts and regions.
 * O(entries): one walk over each.
 */
export async function usageOf(
  { objects, tables, volumes, archive, meter, store }: Engines,
  options: UsageOptions,
): Promise<UsageLine[]> {
  const month = options.month ?? monthOf(store.clock.now());
  const lines = await meter.usage(month);
  for (const engine of [objects, tables, volumes, archive]) {
    lines.push(...(await engine.usage({ ...options, month })));
  }
  return lines;
}

/** `POST /_firn/usage`: least times in days by item come with the request. */
export function usageCommands(engines: Engines): ReadonlyMap<string, AdminCommand> {
  return new Map<string, AdminCommand>([
    [
      "POST usage",
      async ({ minimumDays = {}, month = monthOf(engines.store.clock.now()) }) => {
        const days = minimumDaysFrom(minimumDays);
        if (typeof month !== "string" || !/^\d{4}-\d{2}$/.test(month)) {
          throw invalid("month", "a year and month, as 2026-11");
        }
        const options = { minimumDays: (item: string): number => days[item] ?? 0, month };
        return { month, lines: await usageOf(engines, options) };
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
