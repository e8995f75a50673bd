import { ManualClock } from "@firn/core";
import { expect, test } from "vitest";
import type { TableRecord } from "../catalog/table-record.ts";
import { Throttle } from "./throttle.ts";

const table = {
  id: "t",
  arn: "arn:aws:dynamodb:us-east-1:000000000000:table/wide",
  billingMode: "PROVISIONED",
  throughput: { read: 10_000, write: 10_000 },
  globalIndexes: [],
} as unknown as TableRecord;

const owner = (hash: number): { table: TableRecord; key: Uint8Array } => ({
  table,
  key: Uint8Array.of(0, 0, 0, hash, 7),
});

function reasonOf(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    const { detail } = error as { detail: { throttlingReasons: { reason: string }[] } };
    return detail.throttlingReasons[0]?.reason;
  }
}

test.each([
  ["write", 1000, "TableWriteKeyRangeThroughputExceeded"],
  ["read", 3000, "TableReadKeyRangeThroughputExceeded"],
] as const)("a partition has a %s ceiling of %i units a second", (kind, ceiling, reason) => {
  const clock = new ManualClock(1000);
  const throttle = new Throttle(clock, true);
  throttle.admit(kind, 1, owner(1)).settle(ceiling);
  expect(reasonOf(() => throttle.admit(kind, 1, owner(1)))).toBe(reason);
  // Its neighbours, and what is in no one partition, go on.
  throttle.admit(kind, 1, owner(2));
  throttle.admit(kind, 1, { table });
  clock.advance(500);
  throttle.admit(kind, ceiling / 2, owner(1));
  expect(reasonOf(() => throttle.admit(kind, 1, owner(1)))).toBe(reason);
  // A second is all that is kept, and what was refused cost nothing.
  clock.advance(60_000);
  throttle.admit(kind, ceiling, owner(1));
  expect(reasonOf(() => throttle.admit(kind, 1, owner(1)))).toBe(reason);
});

test("a table that is used up is told before its partitions are asked", () => {
  const throttle = new Throttle(new ManualClock(1000), true);
  throttle.admit("write", 1, { table }).settle(3_000_000);
  expect(reasonOf(() => throttle.admit("write", 1, owner(1)))).toBe(
    "TableWriteProvisionedThroughputExceeded",
  );
});

const onDemand = (settings: Partial<TableRecord> = {}): TableRecord => ({
  ...table,
  billingMode: "PAY_PER_REQUEST",
  throughput: { read: 0, write: 0, decreasesToday: 0 },
  ...settings,
});

/** Writes in one second until there is no more; then the second is over. */
function fill(throttle: Throttle, clock: ManualClock, of: TableRecord): number {
  let units = 0;
  try {
    for (;;) {
      throttle.admit("write", 100, { table: of });
      units += 100;
    }
  } catch {
    clock.advance(1000);
    return units;
  }
}

test("an on-demand table takes 4,000 writes a second, and twice its peak half an hour later", () => {
  const clock = new ManualClock(1000);
  const throttle = new Throttle(clock, true);
  expect(fill(throttle, clock, onDemand())).toBe(4000);
  expect(fill(throttle, clock, onDemand())).toBe(4000);
  clock.advance(30 * 60 * 1000);
  fill(throttle, clock, onDemand());
  expect(fill(throttle, clock, onDemand())).toBe(8000);
  clock.advance(30 * 60 * 1000);
  fill(throttle, clock, onDemand());
  expect(fill(throttle, clock, onDemand())).toBe(16_000);
  // A quiet half hour forgets nothing.
  clock.advance(2 * 60 * 60 * 1000);
  expect(fill(throttle, clock, onDemand())).toBe(16_000);
  const met = { code: "FIRN_TABLE_THROTTLED" };
  throttle.admit("write", 64_000, { table: onDemand() });
  expect(() => throttle.admit("write", 1, { table: onDemand() })).toThrow(
    expect.objectContaining(met) as Error,
  );
});

test("a warm table takes more at once, and no table more than its maximum", () => {
  const clock = new ManualClock(1000);
  const throttle = new Throttle(clock, true);
  expect(fill(throttle, clock, onDemand({ warm: { write: 20_000 } }))).toBe(20_000);
  const limited = onDemand({ id: "limited", onDemandMax: { write: 300 } });
  expect(fill(throttle, clock, limited)).toBe(300);
  throttle.admit("write", 300, { table: limited });
  expect(reasonOf(() => throttle.admit("write", 1, { table: limited }))).toBe(
    "TableWriteMaxOnDemandThroughputExceeded",
  );
  clock.advance(1000);
  throttle.admit("write", 300, { table: limited });
  clock.advance(1000);
  expect(fill(throttle, clock, onDemand({ id: "limited" }))).toBe(4000);
});
