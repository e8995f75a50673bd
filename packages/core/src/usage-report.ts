import { usedIn } from "./monthly-use.ts";
import type { MonthlyUse } from "./monthly-use.ts";

/** What one engine keeps of one kind for one account and region, as a price list counts it. */
export interface UsageLine {
  readonly service: "s3" | "dynamodb" | "ebs" | "glacier";
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  /**
   * What it is and of which class: `storage STANDARD_IA`, `volume gp3`, `snapshot standard`; or
   * what was used in the month: `retrieval GLACIER Bulk`, `requests GET STANDARD`.
   */
  readonly item: string;
  /** Objects, tables, volumes, archives; requests and retrievals of the month. */
  readonly count: number;
  /** Bytes that are kept, without what a service adds to each object; of retrievals, fetched. */
  readonly bytes: number;
  /** Units beside bytes: capacity units, or operations per second. */
  readonly units: number;
  /**
   * Bytes times the days that they lack to the least time of their class: what would be billed all
   * the same if all of it were deleted now.
   */
  readonly earlyByteDays: number;
  /** The same of what was deleted too early in the month: it is billed. */
  readonly owedByteDays: number;
}

export interface UsageOptions {
  /** Days that something of an item has to stay, 0 where there is no such rule. */
  readonly minimumDays: (item: string) => number;
  /**
   * Month of what was used and owed, `2026-11` (UTC): one of the last 13. Default the running one.
   * What is kept is always as of now.
   */
  readonly month?: string | undefined;
}

/** An engine that tells what it keeps, over all accounts and regions. */
export interface UsageReport {
  /** Reads every entry once, a page at a time: O(entries) time, memory by kinds alone. */
  usage(options: UsageOptions): Promise<UsageLine[]>;
}

type Key = Pick<UsageLine, "service" | "accountId" | "region" | "item">;
type Amounts = Partial<Omit<UsageLine, keyof Key>>;

const NOTHING = { count: 0, bytes: 0, units: 0, earlyByteDays: 0, owedByteDays: 0 } as const;
const DAY_MS = 86_400_000;

/** Adds up lines of the same kind: there are few, however much is kept. */
export class UsageTally {
  readonly #lines = new Map<string, UsageLine>();

  add({ service, accountId, region, item }: Key, amounts: Amounts): void {
    const key = JSON.stringify([service, accountId, region, item]);
    const before = this.#lines.get(key) ?? { service, accountId, region, item, ...NOTHING };
    this.#lines.set(key, {
      ...before,
      count: before.count + (amounts.count ?? 0),
      bytes: before.bytes + (amounts.bytes ?? 0),
      units: before.units + (amounts.units ?? 0),
      earlyByteDays: before.earlyByteDays + (amounts.earlyByteDays ?? 0),
      owedByteDays: before.owedByteDays + (amounts.owedByteDays ?? 0),
    });
  }

  /** What was used in the month, of one account and region. */
  addUse(owner: Omit<Key, "item">, use: MonthlyUse | undefined, month: string): void {
    for (const [item, amounts] of usedIn(use, month)) this.add({ ...owner, item }, amounts);
  }

  /** By service, account, region and item. */
  lines(): UsageLine[] {
    return [...this.#lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  }
}

/** Days that something made at `createdMs` still has to stay; 0 when it has been long enough. */
export function daysLacking(minimumDays: number, createdMs: number, nowMs: number): number {
  return Math.max(0, minimumDays - Math.max(0, nowMs - createdMs) / DAY_MS);
}
