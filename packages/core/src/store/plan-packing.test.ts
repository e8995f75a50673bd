import { expect, test } from "vitest";
import { planPacking } from "./plan-packing.ts";
import type { SegmentUse } from "./plan-packing.ts";

const RULES = { minGarbage: 0.25, garbageAllowed: 0, segmentBytes: 1000, liveBytesMax: 10_000 };

function uses(
  ...pairs: readonly (readonly [usedBytes: number, liveBytes: number])[]
): SegmentUse[] {
  return pairs.map(([usedBytes, liveBytes], at) => ({
    entry: { id: at + 1, kind: "extent", salt: "00", base: at * 1000, capacity: 1000 },
    state: "sealed",
    usedBytes,
    liveBytes,
  }));
}

function plan(all: readonly SegmentUse[], rules = RULES): { dead: number[]; groups: number[][] } {
  const { dead, groups } = planPacking(all, rules);
  const ids = (some: readonly SegmentUse[]): number[] => some.map(({ entry }) => entry.id);
  return { dead: ids(dead), groups: groups.map(ids) };
}

test("what is wholly dead goes, but the last segment leaves its address range behind", () => {
  expect(plan(uses([900, 0], [900, 900], [900, 0]))).toEqual({ dead: [1], groups: [[3]] });
});

test("a segment is packed when a quarter of it is garbage, and not before", () => {
  expect(plan(uses([1000, 751], [1000, 999], [1000, 750], [1000, 999]))).toEqual({
    dead: [],
    groups: [[3]],
  });
});

test("neighbours with garbage become one file that is no larger than a segment", () => {
  const all = uses([1000, 400], [1000, 500], [1000, 300], [1000, 1000]);
  expect(plan(all).groups).toEqual([[3], [1, 2]]);
});

test("what is written to or damaged is not packed, and no file reaches over it", () => {
  for (const state of ["open", "damaged"] as const) {
    const all = uses([1000, 100], [1000, 100], [1000, 100], [1000, 1000]);
    all[1] = { ...(all[1] as SegmentUse), state };
    expect(plan(all).groups).toEqual([[1], [3]]);
    all[1] = { ...(all[1] as SegmentUse), liveBytes: 0 };
    const dead = state === "open" ? [] : [2];
    expect(plan(all).dead).toEqual(dead);
  }
});

test("four small neighbours become one, three do not", () => {
  expect(plan(uses([100, 100], [100, 100], [100, 100], [1000, 1000])).groups).toEqual([]);
  const four = uses([100, 100], [100, 100], [100, 100], [100, 100], [1000, 1000]);
  expect(plan(four).groups).toEqual([[1, 2, 3, 4]]);
});

test("the best bargain comes first, and a plan lists no more chunks than memory has room for", () => {
  const all = uses([1000, 700], [1000, 999], [1000, 100], [1000, 999], [1000, 500], [1000, 999]);
  expect(plan(all).groups).toEqual([[3], [5], [1]]);
  expect(plan(all, { ...RULES, liveBytesMax: 700 }).groups).toEqual([[3], [5]]);
  expect(plan(all, { ...RULES, liveBytesMax: 1 }).groups).toEqual([[3]]);
});

test("as long as little enough is garbage nothing is copied, and then no more than it takes", () => {
  const all = uses([1000, 200], [1000, 999], [1000, 400], [1000, 999], [1000, 999], [1000, 999]);
  expect(plan(all, { ...RULES, garbageAllowed: 0.25 }).groups).toEqual([]);
  expect(plan(all, { ...RULES, garbageAllowed: 0.2 }).groups).toEqual([[1]]);
  expect(plan(all, { ...RULES, garbageAllowed: 0.05 }).groups).toEqual([[1], [3]]);
});

test("nothing is packed that holds no garbage, whatever the threshold", () => {
  expect(plan(uses([1000, 1000], [500, 500]), { ...RULES, minGarbage: 0 }).groups).toEqual([]);
});
