import { expect, test } from "vitest";
import { addUse, monthOf, usedIn } from "./monthly-use.ts";
import type { MonthlyUse } from "./monthly-use.ts";

const november = Date.UTC(2026, 10, 30, 23, 59);

test("what is used adds up within a calendar month, item by item", () => {
  let use = addUse(undefined, november, { a: { count: 1, bytes: 5 } });
  use = addUse(use, november, { a: { count: 2 }, b: { owedByteDays: 7 } });
  use = addUse(use, november + 60_000, { a: { count: 1 } });
  expect(usedIn(use, "2026-11")).toEqual([
    ["a", { count: 3, bytes: 5, owedByteDays: 0 }],
    ["b", { count: 0, bytes: 0, owedByteDays: 7 }],
  ]);
  expect(usedIn(use, "2026-12")).toEqual([["a", { count: 1, bytes: 0, owedByteDays: 0 }]]);
  expect(usedIn(undefined, "2026-12")).toEqual([]);
});

test("a year and the month that runs are kept, however long it goes on", () => {
  let use: MonthlyUse | undefined;
  for (let month = 0; month < 40; month++) {
    use = addUse(use, Date.UTC(2026, month, 1), { a: { count: 1 } });
  }
  expect(Object.keys(use ?? {})).toHaveLength(13);
  expect(usedIn(use, monthOf(Date.UTC(2026, 39, 1)))).toHaveLength(1);
});
