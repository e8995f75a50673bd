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
