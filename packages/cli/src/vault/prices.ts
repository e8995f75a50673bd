import { readFile } from "node:fs/promises";
import { CommandError } from "../command-error.ts";

export const TIERS = ["Expedited", "Standard", "Bulk"] as const;
export type Tier = (typeof TIERS)[number];

export interface RetrievalPrice {
  readonly perGb: number;
  readonly perThousandRequests: number;
  /** Hours that a retrieval takes, at the least and at the most. */
  readonly hours: readonly [number, number];
}

/** US dollars; a GB is 2^30 bytes, as AWS bills it. */
export interface PriceTable {
  /** When the prices were read. */
  readonly date: string;
  readonly region: string;
  readonly storagePerGbMonth: number;
  /** Stored in addition per archive: its index and metadata, in bytes. */
  readonly overheadBytes: number;
  /** Deleted before so many days, it is billed for them all the same. */
  readonly minimumDays: number;
  readonly retrieval: Readonly<Record<Tier, RetrievalPrice>>;
}

/** S3 Glacier's list prices for vaults. */
const LIST_PRICES: PriceTable = {
  date: "2026-11-24",
  region: "us-east-1",
  storagePerGbMonth: 0.0036,
  overheadBytes: 32_768,
  minimumDays: 90,
  retrieval: {
    Expedited: { perGb: 0.03, perThousandRequests: 10, hours: [1 / 60, 5 / 60] },
    Standard: { perGb: 0.01, perThousandRequests: 0.05, hours: [3, 5] },
    Bulk: { perGb: 0, perThousandRequests: 0.025, hours: [5, 12] },
  },
};

const GB: number = 2 ** 30;

/** The list prices, with what a file of JSON says instead. @throws CommandError 2. */
export async function readPrices(file: string | undefined): Promise<PriceTable> {
  if (file === undefined) return LIST_PRICES;
  try {
    const own = JSON.parse(await readFile(file, "utf8")) as Partial<PriceTable>;
    const retrieval = { ...LIST_PRICES.retrieval, ...own.retrieval };
    return { ...LIST_PRICES, ...own, retrieval };
  } catch (error) {
    throw new CommandError(2, `No prices can be read from ${file}: ${(error as Error).message}`);
  }
}

export function retrievalCost(prices: PriceTable, tier: Tier, bytes: number): number {
  const { perGb, perThousandRequests } = prices.retrieval[tier];
  return (bytes / GB) * perGb + perThousandRequests / 1000;
}

export function monthlyCost(prices: PriceTable, bytes: number, archives: number): number {
  return ((bytes + archives * prices.overheadBytes) / GB) * prices.storagePerGbMonth;
}

/** `$0.0001`; no price is rounded to nothing. */
export function dollars(amount: number): string {
  return `$${amount >= 1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2)}`;
}

/** `3 to 5 hours`, `1 to 5 minutes`. */
export function windowText([from, to]: readonly [number, number]): string {
  return to < 1
    ? `${Math.round(from * 60)} to ${Math.round(to * 60)} minutes`
    : `${from} to ${to} hours`;
}

/** @throws CommandError 2. */
export function tierFrom(text: string): Tier {
  const tier = TIERS.find((one) => one.toLowerCase() === text.toLowerCase());
  if (tier !== undefined) return tier;
  throw new CommandError(2, `--tier is one of ${TIERS.join(", ")}, not "${text}".`);
}
