import { expect, test } from "vitest";
import { parseRange } from "./byte-range.ts";

test.each([
  ["bytes=0-0", 0, 1],
  ["bytes=2-5", 2, 6],
  ["bytes=4-", 4, 10],
  ["bytes=-3", 7, 10],
  ["bytes=-300", 0, 10],
  ["bytes=5-300", 5, 10],
])("%s of 10 bytes is from %i to before %i", (header, start, end) => {
  expect(parseRange(header, 10)).toEqual({ start, end });
});

test.each([undefined, "bytes=0-1,3-4", "lines=1-2"])("%s asks for the whole object", (header) => {
  expect(parseRange(header, 10)).toBeUndefined();
});

test.each([
  "bytes=10-",
  "bytes=40-50",
  "bytes=5-2",
  "bytes=-0",
  "bytes=-",
  "bytes=-5--1",
  "bytes=a-b",
])("%s of 10 bytes cannot be satisfied", (header) => {
  expect(() => parseRange(header, 10)).toThrow(
    expect.objectContaining({ code: "FIRN_OBJECT_RANGE_INVALID" }),
  );
});

test("no range of an empty object can be satisfied", () => {
  expect(() => parseRange("bytes=0-0", 0)).toThrow("not satisfiable");
});
