import { expect, test } from "vitest";
import {
  formatRange,
  parseOutputRange,
  parsePartRange,
  parseRetrievalRange,
} from "./byte-range.ts";

const mib = 1024 * 1024;

test("a retrieval range is whole MiB, or ends with the archive", () => {
  const size = 3 * mib + 100;
  expect(parseRetrievalRange(undefined, size)).toEqual({ start: 0, end: size });
  expect(parseRetrievalRange("0-1048575", size)).toEqual({ start: 0, end: mib });
  expect(parseRetrievalRange(`${3 * mib}-${size - 1}`, size)).toEqual({
    start: 3 * mib,
    end: size,
  });
  for (const bad of [
    "0-1048574",
    "1-1048575",
    `0-${size}`,
    "5-4",
    "0",
    "a-b",
    "-1-5",
    "",
    "0-1e3",
  ]) {
    expect(() => parseRetrievalRange(bad, size), bad).toThrow(/RetrievalByteRange/);
  }
});

test("an output range may be open on either side and is cut at the output's end", () => {
  expect(parseOutputRange(undefined, 10)).toEqual({ start: 0, end: 10 });
  expect(parseOutputRange("bytes=2-3", 10)).toEqual({ start: 2, end: 4 });
  expect(parseOutputRange("bytes=2-", 10)).toEqual({ start: 2, end: 10 });
  expect(parseOutputRange("bytes=-3", 10)).toEqual({ start: 7, end: 10 });
  expect(parseOutputRange("bytes=0-99", 10)).toEqual({ start: 0, end: 10 });
  for (const bad of ["bytes=10-", "bytes=5-4", "bytes=-", "bytes=-0", "0-3", "bytes=0-1,3-4"]) {
    expect(() => parseOutputRange(bad, 10), bad).toThrow(/Invalid Range/);
  }
});

test("a part begins at a multiple of the part size and is no longer than it", () => {
  expect(parsePartRange("bytes 1048576-2097151/*", mib)).toEqual({ start: mib, end: 2 * mib });
  expect(parsePartRange("bytes 0-10/*", mib)).toEqual({ start: 0, end: 11 });
  for (const bad of ["bytes 5-10/*", "bytes 0-1048576/*", "bytes */5", "bytes 9-3/*", "x"]) {
    expect(() => parsePartRange(bad, mib), bad).toThrow(/Content-Range/);
  }
  expect(formatRange({ start: mib, end: 2 * mib })).toBe("1048576-2097151");
});
