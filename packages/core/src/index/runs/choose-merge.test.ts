import { expect, test } from "vitest";
import { chooseMerge } from "./choose-merge.ts";

const MILLION = 1e6;
const idle = (): boolean => false;
const runs = (...millions: number[]): { keys: number }[] =>
  millions.map((keys) => ({ keys: keys * MILLION }));

test("eight runs of a level become one of the next, and deletions end at the lowest level", () => {
  const eight = runs(1, 1, 1, 1, 1, 1, 1, 1);
  expect(chooseMerge([eight], idle)).toEqual({ level: 0, into: 1, last: true });
  expect(chooseMerge([eight, runs(1)], idle)).toEqual({ level: 0, into: 1, last: false });
  expect(chooseMerge([eight.slice(1), runs(1)], idle)).toBeUndefined();
});

test("a level that is being merged is left alone, and holds up no other one", () => {
  const eight = runs(1, 1, 1, 1, 1, 1, 1, 1);
  expect(chooseMerge([eight], (level) => level === 0)).toBeUndefined();
  const next = chooseMerge([eight, eight], (level) => level === 1);
  expect(next).toEqual({ level: 0, into: 1, last: false });
});

test("the lowest level is merged in itself once most of it has been written again", () => {
  expect(chooseMerge([runs(1), runs(8, 8, 8)], idle)).toEqual({ level: 1, into: 1, last: true });
  expect(chooseMerge([runs(1), runs(8, 8, 10)], idle)).toBeUndefined();
  // So little is not worth the writing.
  expect(chooseMerge([runs(1), runs(1, 1, 1)], idle)).toBeUndefined();
  expect(chooseMerge([runs(1), runs(8, 8, 8), []], idle)).toMatchObject({ level: 1, into: 1 });
  expect(chooseMerge([runs(8, 8, 8)], idle)).toBeUndefined();
});
