/** Of one kind in one month: requests or retrievals, their bytes, what early deletions owe. */
export interface UsedAmounts {
  readonly count: number;
  readonly bytes: number;
  /** Bytes times the days that they lacked to the least time of their class. */
  readonly owedByteDays: number;
}

/**
 * What was used and owed by calendar month (UTC, `2026-11`) and item (`retrieval GLACIER Bulk`):
 * one small record for an account and region, kept in the transaction that it counts.
 */
export type MonthlyUse = Readonly<Record<string, Readonly<Record<string, UsedAmounts>>>>;

/** A year and the month that runs: what a bill can be compared with. */
const MONTHS_KEPT = 13;
const NOTHING: UsedAmounts = { count: 0, bytes: 0, owedByteDays: 0 };

/** `2026-11`, UTC. */
export function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

/** The record with more of an item in the month of `timeMs`; months of over a year ago go. */
export function addUse(
  before: MonthlyUse | undefined,
  timeMs: number,
  added: Readonly<Record<string, Partial<UsedAmounts>>>,
): MonthlyUse {
  const month = monthOf(timeMs);
  const items: Record<string, UsedAmounts> = { ...before?.[month] };
  for (const [item, more] of Object.entries(added)) {
    const { count, bytes, owedByteDays } = items[item] ?? NOTHING;
    items[item] = {
      count: count + (more.count ?? 0),
      bytes: bytes + (more.bytes ?? 0),
      owedByteDays: owedByteDays + (more.owedByteDays ?? 0),
    };
  }
  const all = Object.entries({ ...before, [month]: items });
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(-MONTHS_KEPT));
}

/** Item by item; without the month, nothing. */
export function usedIn(
  use: MonthlyUse | undefined,
  month: string,
): readonly (readonly [item: string, amounts: UsedAmounts])[] {
  return Object.entries(use?.[month] ?? {});
}
