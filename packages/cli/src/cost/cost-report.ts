import type { UsageLine } from "@firn/core";
import { bytesText } from "../progress.ts";
import { dollars } from "../vault/prices.ts";
import type { ItemPrice, ItemPrices } from "./price-table.ts";

const GB: number = 2 ** 30;
/** AWS bills a gigabyte-month as one of 30 days when it counts days. */
const MONTH_DAYS = 30;

/** What is kept, and what was used and owed in the month. */
export interface MonthsUsage {
  readonly month: string;
  readonly lines: readonly UsageLine[];
}

export interface CostLine extends UsageLine {
  /** A month of what is there now, with the bytes that the service adds. */
  readonly perMonth: number;
  /** Requests and retrievals of the month so far. */
  readonly used: number;
  /** For what was deleted too early in this calendar month. */
  readonly earlyDeletion: number;
  /** What deleting all of it now would cost. */
  readonly ifDeletedNow: number;
}

export interface CostReport {
  /** Whose requests, retrievals and early deletions are counted: `2026-11`, UTC. */
  readonly month: string;
  readonly pricesOf: string;
  readonly source: string;
  readonly region: string;
  readonly currency: string;
  readonly lines: readonly CostLine[];
  readonly perMonth: number;
  readonly used: number;
  readonly earlyDeletion: number;
  /** All three: the month's bill, if nothing changes until its end. */
  readonly total: number;
  readonly ifDeletedNow: number;
  /** Items that the table has no price of. */
  readonly unpriced: readonly string[];
}

/** Least days by item, as engines take them. */
export function minimumDaysOf({ items }: ItemPrices): Record<string, number> {
  return Object.fromEntries(
    Object.entries(items).map(([name, price]) => {
      const item = name.slice(name.indexOf(" ") + 1);
      return [item, price.minimumDays ?? 0];
    }),
  );
}

/** Puts prices on what is there and what was used. Transfers out are not part of it. */
export function costReport({ month, lines: usage }: MonthsUsage, prices: ItemPrices): CostReport {
  const { date: pricesOf, source, region, currency, items } = prices;
  const lines = usage.map((line) => costOf(line, items));
  const sum = (of: (line: CostLine) => number): number =>
    lines.reduce((total, line) => total + of(line), 0);
  const perMonth = sum((line) => line.perMonth);
  const used = sum((line) => line.used);
  const earlyDeletion = sum((line) => line.earlyDeletion);
  const unpriced = usage.map(nameOf).filter((name) => items[name] === undefined);
  return {
    month,
    pricesOf,
    source,
    region,
    currency,
    lines,
    perMonth,
    used,
    earlyDeletion,
    total: perMonth + used + earlyDeletion,
    ifDeletedNow: sum((line) => line.ifDeletedNow),
    unpriced: [...new Set(unpriced)],
  };
}

function costOf(line: UsageLine, items: ItemPrices["items"]): CostLine {
  const price: ItemPrice = items[nameOf(line)] ?? {};
  const { perGbMonth = 0, perUnitMonth = 0, overheadBytes = 0, warmOverheadBytes = 0 } = price;
  const { perGb = 0, perThousand = 0 } = price;
  const warm = items[price.warmItem ?? ""]?.perGbMonth ?? 0;
  const bytes = line.bytes + line.count * overheadBytes;
  const perMonth =
    (bytes / GB) * perGbMonth +
    ((line.count * warmOverheadBytes) / GB) * warm +
    line.units * perUnitMonth;
  const days = (byteDays: number): number => (byteDays / GB / MONTH_DAYS) * perGbMonth;
  const earlyDeletion = days(line.owedByteDays);
  const used = (line.bytes / GB) * perGb + (line.count / 1000) * perThousand;
  return { ...line, perMonth, used, earlyDeletion, ifDeletedNow: days(line.earlyByteDays) };
}

function nameOf({ service, item }: UsageLine): string {
  return `${service} ${item}`;
}

export function costLines(report: CostReport): string[] {
  const names = report.lines.map((line) => `${nameOf(line)}`);
  const width = Math.max(0, ...names.map(({ length }) => length));
  const lines = report.lines.map((line, at) => {
    const amount = line.units > 0 ? `${line.units} units` : bytesText(line.bytes);
    const early = line.earlyDeletion > 0 ? `  + ${dollars(line.earlyDeletion)} deleted early` : "";
    const place = `${line.accountId} ${line.region}`;
    const name = (names[at] as string).padEnd(width);
    const what = `${place}  ${name}  ${String(line.count).padStart(7)}  ${amount.padStart(9)}`;
    return `${what}  ${dollars(line.perMonth + line.used)}${early}`;
  });
  const { pricesOf, region, source, perMonth, used, earlyDeletion, total, ifDeletedNow } = report;
  return [
    ...lines,
    `keep           ${dollars(perMonth)} a month`,
    `used           ${dollars(used)} of requests and retrievals in ${report.month}`,
    `deleted early  ${dollars(earlyDeletion)} in ${report.month}`,
    `total          ${dollars(total)}`,
    `Deleting all of it now would cost ${dollars(ifDeletedNow)} for days that are lacking.`,
    `Prices of ${pricesOf}, ${region}: ${source}.`,
    "Transfers out of AWS are not counted, nor requests that a program makes without HTTP.",
    ...report.unpriced.map((name) => `No price for ${name}: add it to a file and give --prices.`),
  ];
}
